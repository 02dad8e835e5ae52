// SPDX-License-Identifier: MIT
#include "patterns/support.hpp"

#include <thread>

using namespace mahavishnu;
using namespace mahavishnu::test;
using namespace std::chrono_literals;

namespace {

/// Scripts, and an orchestrator whose interpreters they share.
struct pooled_scripts {
  scratch place;
  task_orchestrator orchestrator;

  std::string script(const std::string& name, const std::string& text) const {
    place.write(name, text);
    return (place / name).string();
  }
  std::vector<module_result> run(const concurrent_options& how) {
    auto all = orchestrator.pooled(how);
    REQUIRE(all.has_value());
    return *all;
  }
};

} // namespace

TEST_CASE("pooled scripts give their results in the order of the tasks") {
  pooled_scripts s;
  auto script = s.script("echo.py", "import sys, time\n"
                                    "time.sleep(float(sys.argv[2]))\n"
                                    "print(sys.argv[1])\n"
                                    "print('to', sys.argv[1], file=sys.stderr)\n");
  concurrent_options how;
  how.max_concurrent = 3;
  for (int i = 0; i < 20; ++i)
    how.tasks.push_back({script, {std::to_string(i), i == 0 ? "0.3" : "0"}});
  auto all = s.run(how);
  REQUIRE(all.size() == 20);
  for (std::size_t i = 0; i < all.size(); ++i) {
    CHECK(all[i].index == i);
    CHECK(all[i].module_id == "echo");
    CHECK(all[i].success);
    CHECK(all[i].standard_output == std::to_string(i) + "\n");
    CHECK(all[i].standard_error == "to " + std::to_string(i) + "\n");
  }
}

TEST_CASE("what one pooled script leaves behind no other one sees") {
  pooled_scripts s;
  auto script = s.script("leave.py", "import builtins, os\n"
                                     "print(hasattr(builtins, 'left'), os.environ.get('LEFT'))\n"
                                     "builtins.left = 1\n"
                                     "os.environ['LEFT'] = 'yes'\n");
  concurrent_options how;
  how.max_concurrent = 1;
  how.tasks.assign(3, {script, {}});
  for (const auto& each : s.run(how))
    CHECK(each.standard_output == "False None\n");
}

TEST_CASE("a pooled script that fails, is missing or is none of Python stops no other") {
  pooled_scripts s;
  concurrent_options how;
  how.tasks = {{s.script("bad.py", "raise SystemExit(3)"), {}},
               {(s.place / "missing.py").string(), {}},
               {s.script("shell.sh", "true"), {}},
               {s.script("good.py", "print('good')"), {}}};
  auto all = s.run(how);
  CHECK(all[0].exit_code == 3);
  CHECK_FALSE(all[0].success);
  CHECK(all[1].exit_code == -1);
  CHECK_THAT(all[1].error, ContainsSubstring("missing.py"));
  CHECK_THAT(all[2].error, ContainsSubstring("Python"));
  CHECK(all[3].standard_output == "good\n");
}

TEST_CASE("pooled scripts are ended by their time-out and by whoever cancels them") {
  pooled_scripts s;
  auto begun = s.place / "begun";
  auto endless = s.script("endless.py", "import time\nopen('begun', 'w').close()\n"
                                        "time.sleep(1000)\n");
  concurrent_options how;
  how.timeout = 300ms;
  how.tasks = {{endless, {}}};
  auto late = s.run(how);
  CHECK_THAT(late[0].error, ContainsSubstring("timed out"));

  std::filesystem::remove(begun);
  std::stop_source stop;
  how.timeout = 0ms;
  how.cancel = stop.get_token();
  how.max_concurrent = 2;
  how.tasks.assign(5, {endless, {}});
  std::jthread canceller{[&] {
    comes_true([&] { return std::filesystem::exists(begun); });
    stop.request_stop();
  }};
  for (const auto& each : s.run(how)) {
    CHECK_FALSE(each.success);
    CHECK_THAT(each.error, ContainsSubstring("cancelled"));
  }
  how.cancel = {};
  how.tasks = {{s.script("good.py", "print('good')"), {}}};
  CHECK(s.run(how)[0].success); // the interpreters go on
}

TEST_CASE("execute takes pooled scripts as well, and says who runs periodic ones") {
  pooled_scripts s;
  execute_options how;
  how.use_pool = true;
  script_call call{s.script("good.py", "print('good')"), {}};
  auto done = s.orchestrator.execute(call, how);
  REQUIRE(done.has_value());
  CHECK(std::get<std::vector<module_result>>(*done).at(0).standard_output == "good\n");
  how.periodic = true;
  auto refused = s.orchestrator.execute(call, how);
  REQUIRE(refused.has_error());
  CHECK_THAT(refused.error().message, ContainsSubstring("periodic add"));
}
