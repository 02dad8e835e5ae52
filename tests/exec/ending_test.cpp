// SPDX-License-Identifier: MIT
#include "exec/support.hpp"

#include <sys/prctl.h>
#include <sys/wait.h>

using namespace mahavishnu;
using namespace mahavishnu::test;
using namespace std::chrono_literals;

TEST_CASE("a signal that ends a process gives 128 and its number") {
  auto exit = run(shell("kill -SEGV $$"));
  CHECK_FALSE(exit.failure);
  CHECK(exit.signal == SIGSEGV);
  CHECK(exit.exit_code == 128 + SIGSEGV);
}

TEST_CASE("a stopped process ends by SIGTERM") {
  message_pipe ready;
  auto runner = open_runner();
  auto process = start(*runner, shell("echo ready > " + ready.path() + "; sleep 1000"));
  ready.wait_for_line();
  runner->stop(process.handle);
  CHECK(process.wait().signal == SIGTERM);
}

TEST_CASE("a stopped process may clean up and keep its output") {
  message_pipe ready;
  auto runner = open_runner();
  auto process = start(*runner, shell("trap 'echo cleaned; exit 7' TERM; echo ready > " +
                                      ready.path() + "; sleep 1000 & wait"));
  ready.wait_for_line();
  runner->stop(process.handle);
  auto exit = process.wait();
  CHECK(exit.exit_code == 7);
  CHECK(exit.standard_output == "cleaned\n");
}

TEST_CASE("a process that ignores SIGTERM is killed after its grace") {
  message_pipe ready;
  auto runner = open_runner();
  auto spec =
      shell("trap '' TERM; echo ready > " + ready.path() + "; while :; do sleep 1000; done");
  spec.grace = 200ms;
  auto process = start(*runner, spec);
  ready.wait_for_line();

  auto begin = std::chrono::steady_clock::now();
  runner->stop(process.handle);
  runner->stop(process.handle); // asking again does not give it more time
  auto exit = process.wait();
  CHECK(exit.signal == SIGKILL);
  CHECK(exit.exit_code == 137);
  CHECK(std::chrono::steady_clock::now() - begin >= 200ms);
}

TEST_CASE("a negative and an endless grace are no trouble") {
  auto runner = open_runner();
  auto spec = shell("sleep 1000");
  spec.grace = std::chrono::milliseconds::max();
  auto patient = start(*runner, spec);
  spec.grace = -1ms;
  auto hasty = start(*runner, spec);
  runner->stop(patient.handle);
  runner->stop(hasty.handle);
  CHECK(patient.wait().signal == SIGTERM);
  CHECK(hasty.wait().signal != 0);
}

TEST_CASE("a process held by SIGSTOP is ended by stop") {
  message_pipe ready;
  auto runner = open_runner();
  auto process = start(*runner, shell("echo $$ > " + ready.path() + "; kill -STOP $$; sleep 1000"));
  auto pid = std::stoi(ready.wait_for_line());
  siginfo_t info{};
  REQUIRE(waitid(P_PID, static_cast<id_t>(pid), &info, WSTOPPED | WNOWAIT) == 0);
  runner->stop(process.handle);
  CHECK(process.wait().signal == SIGTERM);
}

TEST_CASE("stop of an unknown or finished process is ignored") {
  auto runner = open_runner();
  runner->stop(12345);
  auto process = start(*runner, shell("exit 2"));
  CHECK(process.wait().exit_code == 2);
  runner->stop(process.handle);
  CHECK(start(*runner, shell("exit 3")).wait().exit_code == 3);
}

TEST_CASE("a grandchild in the background ends with the process") {
  auto exit = run(shell("sleep 1000 & echo $!"));
  CHECK(exit.exit_code == 0);
  auto pid = std::stoi(exit.standard_output);
  CHECK(ends(pid));
}

TEST_CASE("stop ends the grandchildren too, also those that ignore SIGTERM") {
  message_pipe ready;
  auto runner = open_runner();
  auto process = start(*runner, shell("(trap '' TERM; echo ready > " + ready.path() +
                                      "; while :; do sleep 1000; done) & echo $!; echo ready > " +
                                      ready.path() + "; wait"));
  ready.wait_for_line();
  ready.wait_for_line();
  runner->stop(process.handle);
  auto exit = process.wait();
  CHECK(exit.signal == SIGTERM);
  CHECK(ends(std::stoi(exit.standard_output)));
}

TEST_CASE("an escaped grandchild that holds the pipes is ended with its task") {
  message_pipe ready;
  auto exit =
      run(shell("setsid sh -c 'echo $$ > " + ready.path() + "; exec sleep 1000' & read pid < " +
                ready.path() + "; echo $pid > " + ready.path() + "; echo before"));
  CHECK(exit.exit_code == 0);
  CHECK(exit.standard_output == "before\n");
  auto escaped = std::stoi(ready.wait_for_line());
  CHECK(ends(escaped));
}

TEST_CASE("a runner that goes away ends its processes and calls every done") {
  message_pipe ready;
  auto runner = open_runner();
  auto deaf =
      shell("trap '' TERM; echo ready > " + ready.path() + "; while :; do sleep 1000; done");
  deaf.grace = 100ms;
  auto ends_by_kill = start(*runner, deaf);
  auto ends_by_term = start(*runner, shell("echo $$ > " + ready.path() + "; exec sleep 1000"));
  auto first = ready.wait_for_line();
  auto second = ready.wait_for_line();
  runner.reset();

  CHECK(ends_by_kill.wait().signal == SIGKILL);
  CHECK(ends_by_term.wait().signal == SIGTERM);
  CHECK(ends(std::stoi(first == "ready" ? second : first)));
}

TEST_CASE("a process that is started while the runner goes away is told so") {
  auto runner = open_runner();
  std::promise<process_exit> late;
  auto address = runner.get();
  runner->start(shell("sleep 1000"), [&, address](process_exit) {
    address->start(shell("exit 0"), [&](process_exit exit) { late.set_value(std::move(exit)); });
  });
  runner.reset();
  auto exit = late.get_future().get();
  REQUIRE(exit.failure);
  CHECK(exit.failure->code == errc::shutting_down);
}

TEST_CASE("no process stays behind as a zombie") {
  {
    auto runner = open_runner();
    for (int i = 0; i < 20; ++i)
      start(*runner, shell(i % 2 ? "exit 1" : "kill -9 $$")).wait();
    runner->start(shell("sleep 1000"), {});
  }
  CHECK(waitpid(-1, nullptr, WNOHANG) == -1);
  CHECK(errno == ECHILD);
}

namespace {

/// Leaves a process of its own session whose parent has ended, which holds nothing of ours and has
/// told its number.
process_spec leaving_a_daemon(const message_pipe& ready, const std::string& environment = "") {
  return shell("(" + environment + " setsid sh -c 'exec <&- >&- 2>&-; echo $$ > " + ready.path() +
               "; exec sleep 1000' &) ; until [ -s " + ready.path() +
               ".done ]; do sleep 0.01; done");
}

} // namespace

TEST_CASE("a daemon that a task has left is ended soon after it, and that of another goes on") {
  auto runner = open_runner();
  message_pipe first_ready;
  message_pipe second_ready;
  auto second = start(*runner, leaving_a_daemon(second_ready));
  auto second_daemon = std::stoi(second_ready.wait_for_line());
  auto first = start(*runner, leaving_a_daemon(first_ready));
  auto first_daemon = std::stoi(first_ready.wait_for_line());
  std::ofstream{first_ready.path() + ".done"} << "done";
  CHECK(first.wait().exit_code == 0);
  CHECK(ends(first_daemon));
  CHECK(::kill(second_daemon, 0) == 0);
  std::ofstream{second_ready.path() + ".done"} << "done";
  CHECK(second.wait().exit_code == 0);
  runner.reset();
  CHECK(ends(second_daemon));
}

TEST_CASE("a daemon that a stopped task has left is ended with it, whoever takes orphans") {
  auto runner = open_runner();
  message_pipe ready;
  auto process = start(*runner, leaving_a_daemon(ready));
  auto daemon = std::stoi(ready.wait_for_line());
  runner->stop(process.handle);
  process.wait();
  CHECK(ends(daemon));
}

TEST_CASE("a daemon with another environment is not found without a cgroup") {
  auto runner = open_runner();
  message_pipe ready;
  auto process = start(*runner, leaving_a_daemon(ready, "env -i"));
  auto daemon = std::stoi(ready.wait_for_line());
  std::ofstream{ready.path() + ".done"} << "done";
  process.wait();
  runner.reset();
  CHECK(::kill(daemon, 0) == 0);
  test::send_signal(daemon, SIGKILL);
  CHECK(ends(daemon));
}
