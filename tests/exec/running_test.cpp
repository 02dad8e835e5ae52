// SPDX-License-Identifier: MIT
#include "exec/support.hpp"

#include <atomic>
#include <sstream>
#include <thread>

using namespace mahavishnu;
using namespace mahavishnu::test;

TEST_CASE("a process gives its output and its exit code") {
  auto exit = run(shell("echo hi; exit 3"));
  CHECK_FALSE(exit.failure);
  CHECK(exit.exit_code == 3);
  CHECK(exit.signal == 0);
  CHECK(exit.standard_output == "hi\n");
  CHECK(exit.standard_error.empty());
  CHECK_FALSE(exit.output_truncated);
}

TEST_CASE("standard error is kept apart from standard output") {
  auto exit = run(shell("echo out; echo err >&2"));
  CHECK(exit.standard_output == "out\n");
  CHECK(exit.standard_error == "err\n");
}

TEST_CASE("output is kept byte by byte, NUL and invalid UTF-8 too") {
  auto exit = run(shell("printf 'a\\000b\\377'"));
  CHECK(exit.standard_output == std::string("a\0b\xFF", 4));
}

TEST_CASE("a process reads its input and then the end of file") {
  process_spec spec;
  spec.argv = {"cat"};
  spec.stdin_text = "one\ntwo";
  CHECK(run(spec).standard_output == "one\ntwo");
}

TEST_CASE("a process without input reads the end of file at once") {
  process_spec spec;
  spec.argv = {"cat"};
  auto exit = run(spec);
  CHECK(exit.exit_code == 0);
  CHECK(exit.standard_output.empty());
}

TEST_CASE("input that is larger than a pipe arrives whole") {
  process_spec spec;
  spec.argv = {"cat"};
  spec.stdin_text.assign(4u << 20, 'x');
  spec.output_limit = 8u << 20;
  auto exit = run(spec);
  CHECK(exit.exit_code == 0);
  CHECK(exit.standard_output == spec.stdin_text);
}

TEST_CASE("a process that never reads its input does no harm") {
  auto spec = shell("exit 5");
  spec.stdin_text.assign(4u << 20, 'x');
  CHECK(run(spec).exit_code == 5);

  spec = shell("exec <&-; echo closed");
  spec.stdin_text.assign(4u << 20, 'x');
  CHECK(run(spec).standard_output == "closed\n");
}

TEST_CASE("the environment is added to the inherited one") {
  setenv("MAHAVISHNU_TEST_KEPT", "kept", 1);
  setenv("MAHAVISHNU_TEST_CHANGED", "old", 1);
  auto spec = shell("echo $MAHAVISHNU_TEST_KEPT $MAHAVISHNU_TEST_CHANGED $MAHAVISHNU_TEST_NEW");
  spec.environment = {{"MAHAVISHNU_TEST_CHANGED", "first"},
                      {"MAHAVISHNU_TEST_NEW", "a=b"},
                      {"MAHAVISHNU_TEST_CHANGED", "new"}};
  CHECK(run(spec).standard_output == "kept new a=b\n");
}

TEST_CASE("a process runs in its working directory") {
  scratch directory;
  auto spec = shell("pwd -P");
  spec.working_directory = directory.path();
  CHECK(run(spec).standard_output == std::filesystem::canonical(directory.path()).string() + "\n");
}

TEST_CASE("a program is searched in the PATH of the child") {
  scratch directory;
  write_program(directory, "own-tool", "#!/bin/sh\necho own\n");
  process_spec spec;
  spec.argv = {"own-tool"};
  spec.environment = {{"PATH", "/nowhere:" + directory.path().string()}};
  CHECK(run(spec).standard_output == "own\n");
}

TEST_CASE("a relative program is looked for in the working directory") {
  scratch directory;
  write_program(directory, "own-tool", "#!/bin/sh\necho own\n");
  process_spec spec;
  spec.argv = {"./own-tool"};
  spec.working_directory = directory.path();
  CHECK(run(spec).standard_output == "own\n");
}

TEST_CASE("a child inherits no descriptor but its three streams") {
  // On purpose without close-on-exec: as a careless library would open it.
  exec::unique_fd careless{::open("/dev/null", O_RDONLY)};
  auto exit = run(shell("ls /proc/self/fd | wc -l"));
  CHECK(exit.standard_output == "4\n"); // ls itself has the directory open
}

TEST_CASE("a child has no blocked and no ignored signals") {
  sigset_t usr1;
  sigset_t before;
  sigemptyset(&usr1);
  sigaddset(&usr1, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &usr1, &before);
  auto exit = run(shell("grep -E '^Sig(Blk|Ign)' /proc/self/status"));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);

  std::istringstream lines{exit.standard_output};
  std::uint64_t blocked = 1, ignored = 1;
  std::string name;
  lines >> std::hex >> name >> blocked >> name >> ignored;
  CHECK(blocked == 0);
  constexpr auto of_the_c_library = std::uint64_t{3} << 31; // 32 and 33, no program may use them
  CHECK((ignored & ~of_the_c_library) == 0);
}

TEST_CASE("a child leads its own session") {
  auto exit = run(shell("set -- $(cat /proc/self/stat); test \"$5\" = $$ && test \"$6\" = $$"));
  CHECK(exit.exit_code == 0);
}

TEST_CASE("a process that closes its streams and lives on is waited for") {
  message_pipe closed;
  message_pipe go;
  auto runner = open_runner();
  auto process = start(*runner, shell("exec <&- >&- 2>&-; echo closed > " + closed.path() +
                                      "; read line < " + go.path() + "; exit 9"));
  CHECK(closed.wait_for_line() == "closed");
  CHECK(process.end.wait_for(std::chrono::milliseconds{1}) == std::future_status::timeout);

  go.write_lines(1);
  CHECK(process.wait().exit_code == 9);
}

TEST_CASE("two hundred processes at once give each its own output") {
  message_pipe ready;
  message_pipe gate;
  auto runner = open_runner();
  std::vector<running_process> processes;
  for (int i = 0; i < 200; ++i) {
    auto spec = shell("read word; echo ready > " + ready.path() + "; read line < " + gate.path() +
                      "; echo " + std::to_string(i) + " $word; exit 4");
    spec.stdin_text = "in" + std::to_string(i) + "\n";
    processes.push_back(start(*runner, spec));
  }
  for (int i = 0; i < 200; ++i)
    REQUIRE(ready.wait_for_line() == "ready");

  gate.write_lines(200); // all 200 are running now
  for (int i = 0; i < 200; ++i) {
    auto exit = processes[static_cast<std::size_t>(i)].wait();
    CHECK(exit.standard_output == std::to_string(i) + " in" + std::to_string(i) + "\n");
    CHECK(exit.exit_code == 4);
  }
}

TEST_CASE("done comes from another thread, and what it throws is dropped") {
  auto runner = open_runner();
  std::promise<std::thread::id> thread;
  runner->start(shell("exit 0"), [&](process_exit) {
    thread.set_value(std::this_thread::get_id());
    throw std::runtime_error("faulty");
  });
  auto id = wait_for(thread.get_future());
  CHECK(id != std::this_thread::get_id());
  CHECK(start(*runner, shell("exit 6")).wait().exit_code == 6);
}

TEST_CASE("a done may start the next process") {
  auto runner = open_runner();
  std::promise<std::string> last;
  runner->start(shell("echo first"), [&](process_exit first) {
    runner->start(shell("echo second"), [&last, first](process_exit second) {
      last.set_value(first.standard_output + second.standard_output);
    });
  });
  auto output = wait_for(last.get_future());
  CHECK(output == "first\nsecond\n");
}

TEST_CASE("processes may be started and stopped from many threads") {
  auto runner = open_runner();
  std::atomic<int> finished = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 25; ++i)
        runner->stop(runner->start(shell("sleep 1000"), [&](process_exit) { ++finished; }));
    });
  for (auto& thread : threads)
    thread.join();
  runner.reset();
  CHECK(finished == 100);
}
