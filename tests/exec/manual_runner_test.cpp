// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/manual_runner.hpp"

using namespace mahavishnu;

TEST_CASE("a process of the manual runner ends when the test says so") {
  test::manual_runner runner;
  std::vector<int> codes;
  exec::process_spec spec;
  spec.argv = {"make"};
  auto handle =
      runner.start(spec, [&](exec::process_exit exit) { codes.push_back(exit.exit_code); });
  CHECK(codes.empty());
  CHECK(runner.is_running(handle));
  CHECK(runner.started().at(0).spec.argv.at(0) == "make");

  exec::process_exit exit;
  exit.exit_code = 7;
  CHECK(runner.finish(handle, exit));
  CHECK_FALSE(runner.finish(handle, exit));
  CHECK(codes == std::vector<int>{7});
}

TEST_CASE("the manual runner notes what was stopped") {
  test::manual_runner runner;
  auto handle = runner.start({}, {});
  runner.stop(handle);
  runner.stop(99);
  CHECK(runner.stopped() == std::vector<exec::process_handle>{handle, 99});
  CHECK(runner.is_running(handle));
}
