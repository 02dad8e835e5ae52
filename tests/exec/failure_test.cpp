// SPDX-License-Identifier: MIT
#include "exec/support.hpp"

#include <sys/resource.h>

using namespace mahavishnu;
using namespace mahavishnu::test;

namespace {

process_spec program(std::string name) {
  process_spec spec;
  spec.argv = {std::move(name)};
  return spec;
}

/// The failure of a process that must not run.
error failure_of(process_spec spec) {
  auto exit = run(std::move(spec));
  REQUIRE(exit.failure);
  return *exit.failure;
}

/// Sets a limit of this process and puts the old one back.
class lowered_limit {
public:
  lowered_limit(__rlimit_resource what, rlim_t value) : what_(what) {
    REQUIRE(getrlimit(what, &before_) == 0);
    auto lower = before_;
    lower.rlim_cur = value;
    REQUIRE(setrlimit(what, &lower) == 0);
  }
  lowered_limit(const lowered_limit&) = delete;
  ~lowered_limit() { setrlimit(what_, &before_); }

private:
  __rlimit_resource what_;
  rlimit before_{};
};

/// With this as the limit no further descriptor can be opened.
rlim_t next_descriptor() {
  exec::unique_fd next{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  return static_cast<rlim_t>(next.get());
}

} // namespace

TEST_CASE("a missing program is named") {
  auto missing = failure_of(program("/nowhere/tool"));
  CHECK(missing.code == errc::not_found);
  CHECK_THAT(missing.message, ContainsSubstring("program '/nowhere/tool' does not exist"));

  missing = failure_of(program("no-such-tool-anywhere"));
  CHECK(missing.code == errc::not_found);
  CHECK_THAT(missing.message,
             ContainsSubstring("'no-such-tool-anywhere' is in no directory of PATH"));
}

TEST_CASE("a missing working directory is named, not the program") {
  auto spec = shell("exit 0");
  spec.working_directory = "/nowhere/at/all";
  auto missing = failure_of(spec);
  CHECK(missing.code == errc::not_found);
  CHECK_THAT(missing.message,
             ContainsSubstring("working directory '/nowhere/at/all' does not exist"));
}

TEST_CASE("a file as working directory is refused") {
  auto spec = shell("exit 0");
  spec.working_directory = "/etc/passwd";
  auto refused = failure_of(spec);
  CHECK(refused.code == errc::invalid_argument);
  CHECK_THAT(refused.message, ContainsSubstring("'/etc/passwd' is not a directory"));
}

TEST_CASE("a missing interpreter is told from a missing program") {
  scratch directory;
  write_program(directory, "script", "#!/nowhere/interpreter\n");
  auto missing = failure_of(program(directory / "script"));
  CHECK(missing.code == errc::not_found);
  CHECK_THAT(missing.message, ContainsSubstring("needs an interpreter that does not exist"));
}

TEST_CASE("a file that may not be executed says what to change") {
  scratch directory;
  directory.write("script", "#!/bin/sh\n");
  auto refused = failure_of(program(directory / "script"));
  CHECK(refused.code == errc::process_failed);
  CHECK_THAT(refused.message,
             ContainsSubstring("permission denied") && ContainsSubstring("chmod +x"));

  auto by_path = program("script");
  by_path.environment = {{"PATH", directory.path()}};
  CHECK_THAT(failure_of(by_path).message, ContainsSubstring("permission denied"));
}

TEST_CASE("a directory is no program") {
  auto refused = failure_of(program("/tmp"));
  CHECK(refused.code == errc::invalid_argument);
  CHECK_THAT(refused.message, ContainsSubstring("'/tmp' is a directory"));
}

TEST_CASE("a script without a first line is no program") {
  scratch directory;
  write_program(directory, "script", "echo hi\n");
  CHECK_THAT(failure_of(program(directory / "script")).message, ContainsSubstring("#!/bin/sh"));
}

TEST_CASE("arguments that are too long for the system are refused") {
  auto spec = program("/bin/echo");
  spec.argv.emplace_back(4u << 20, 'x');
  auto refused = failure_of(spec);
  CHECK(refused.code == errc::invalid_argument);
  CHECK_THAT(refused.message, ContainsSubstring("too long") && ContainsSubstring("by stdin"));
}

TEST_CASE("no program at all is refused") {
  CHECK(failure_of({}).code == errc::invalid_argument);
  CHECK(failure_of(program("")).code == errc::invalid_argument);
}

TEST_CASE("a NUL byte in an argument or in the environment is refused") {
  using namespace std::string_literals;
  CHECK(failure_of(program("echo\0x"s)).code == errc::invalid_argument);
  auto spec = shell("exit 0");
  spec.argv.push_back("a\0b"s);
  CHECK_THAT(failure_of(spec).message, ContainsSubstring("argument 3 contains a NUL byte"));

  spec = shell("exit 0");
  spec.environment = {{"NAME", "a\0b"s}};
  CHECK_THAT(failure_of(spec).message, ContainsSubstring("'NAME' contains a NUL byte"));

  spec = shell("exit 0");
  spec.working_directory = "/tmp\0x"s;
  CHECK(failure_of(spec).code == errc::invalid_argument);
}

TEST_CASE("impossible names of variables are refused") {
  for (std::string name : {"", "a=b", "="}) {
    auto spec = shell("exit 0");
    spec.environment = {{name, "value"}};
    CHECK(failure_of(spec).code == errc::invalid_argument);
  }
}

TEST_CASE("when descriptors run out the failure says so, and the runner goes on") {
  auto runner = open_runner();
  auto before = start(*runner, shell("exit 0")).wait();
  {
    lowered_limit limit{RLIMIT_NOFILE, next_descriptor()};
    auto exit = start(*runner, shell("exit 0")).wait();
    REQUIRE(exit.failure);
    CHECK(exit.failure->code == errc::process_failed);
    CHECK_THAT(exit.failure->message, ContainsSubstring("ulimit -n"));
  }
  CHECK(start(*runner, shell("exit 4")).wait().exit_code == 4);
}

TEST_CASE("many processes under a low limit on descriptors fail or run, and none is lost") {
  auto before = open_descriptors();
  {
    auto runner = open_runner();
    lowered_limit limit{RLIMIT_NOFILE, next_descriptor() + 40};
    std::vector<running_process> processes;
    for (int i = 0; i < 100; ++i)
      processes.push_back(start(*runner, shell("sleep 1000")));
    int failed = 0;
    for (auto& process : processes)
      runner->stop(process.handle);
    for (auto& process : processes) {
      auto exit = process.wait();
      failed += exit.failure ? 1 : 0;
      CHECK((exit.failure || exit.signal == SIGTERM));
    }
    CHECK(failed > 0);
    CHECK(failed < 100);
  }
  CHECK(open_descriptors() == before);
}

TEST_CASE("a runner that gets no descriptors is not opened") {
  lowered_limit limit{RLIMIT_NOFILE, next_descriptor()};
  auto runner = local_runner::open();
  REQUIRE(runner.has_error());
  CHECK_THAT(runner.error().message, ContainsSubstring("ulimit -n"));
}
