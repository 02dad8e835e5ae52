// SPDX-License-Identifier: MIT
/// What a process may do to the keeper that runs it.
#include "exec/keeper_support.hpp"
#include "exec/run_log.hpp"

#include <sys/resource.h>
#include <sys/wait.h>

using namespace mahavishnu;
using namespace mahavishnu::test;
using namespace std::chrono_literals;

namespace {

/// Sanitizers take memory of their own.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

/// Memory of another process that it shares with nobody, in bytes.
std::size_t private_memory(pid_t pid) {
  std::ifstream file{"/proc/" + std::to_string(pid) + "/smaps_rollup"};
  std::size_t sum = 0;
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("Private_"))
      sum += std::stoul(line.substr(line.find(':') + 1)) * 1024;
  return sum;
}

/// The most memory a process has ever had, in bytes.
std::size_t peak_memory(const std::string& process) {
  std::ifstream status("/proc/" + process + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:"))
      return std::stoul(line.substr(6)) * 1024;
  return 0;
}

/// User and system time that a process has used, in clock ticks.
long cpu_ticks(pid_t pid) {
  auto text = content_of("/proc/" + std::to_string(pid) + "/stat");
  std::istringstream fields{text.substr(text.rfind(')') + 2)};
  std::string skipped;
  for (int i = 0; i < 11; ++i)
    fields >> skipped;
  long user = 0, system = 0;
  fields >> user >> system;
  return user + system;
}

error failure_of(keeper_runner& runner, process_spec spec) {
  auto exit = start(runner, std::move(spec)).wait();
  REQUIRE(exit.failure);
  return *exit.failure;
}

} // namespace

TEST_CASE("a keeper runs a process and gives its output and its exit code") {
  keeper_place place;
  auto runner = place.open();
  auto exit = start(*runner, shell("echo out; echo err >&2; exit 3")).wait();
  CHECK_FALSE(exit.failure);
  CHECK(exit.exit_code == 3);
  CHECK(exit.standard_output == "out\n");
  CHECK(exit.standard_error == "err\n");
  CHECK(exit.output_bytes == 4);
  CHECK_FALSE(exit.output_truncated);
}

TEST_CASE("a process in a keeper has the directory and the environment of the server") {
  setenv("MAHAVISHNU_TEST_SERVER", "of the server", 1);
  keeper_place place;
  auto runner = place.open();
  auto exit = start(*runner, shell("pwd -P; echo $MAHAVISHNU_TEST_SERVER")).wait();
  unsetenv("MAHAVISHNU_TEST_SERVER");
  CHECK(exit.standard_output == std::filesystem::current_path().string() + "\nof the server\n");
}

TEST_CASE("a process in a keeper is no child of ours and leads its own session") {
  keeper_place place;
  auto runner = place.open();
  auto exit = start(*runner, shell("set -- $(cat /proc/self/stat); test $5 = $$ && test $6 = $$ && "
                                   "echo $PPID"))
                  .wait();
  CHECK(exit.exit_code == 0);
  CHECK(exit.standard_output == std::to_string(pid_of(*runner)) + "\n");
}

TEST_CASE("a process in a keeper that ignores SIGTERM is killed after its grace") {
  keeper_place place;
  message_pipe ready;
  auto runner = place.open();
  auto spec =
      shell("trap '' TERM; echo ready > " + ready.path() + "; while :; do sleep 1000; done");
  spec.grace = 200ms;
  auto process = start(*runner, spec);
  ready.wait_for_line();
  auto begin = std::chrono::steady_clock::now();
  runner->stop(process.handle);
  CHECK(process.wait().signal == SIGKILL);
  CHECK(std::chrono::steady_clock::now() - begin >= 200ms);
}

TEST_CASE("a process in a keeper that is held by SIGSTOP is ended by stop") {
  keeper_place place;
  message_pipe ready;
  auto runner = place.open();
  auto process = start(*runner, shell("echo $$ > " + ready.path() + "; kill -STOP $$; sleep 1000"));
  auto pid = ready.wait_for_line();
  REQUIRE(comes_true(
      [&] { return content_of("/proc/" + pid + "/stat").find(") T ") != std::string::npos; }));
  runner->stop(process.handle);
  CHECK(process.wait().signal == SIGTERM);
}

TEST_CASE("two hundred processes at once in a keeper give each its own output") {
  keeper_place place;
  message_pipe ready;
  message_pipe gate;
  auto runner = place.open();
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

TEST_CASE("a process in a keeper that closes its streams and lives on is waited for") {
  keeper_place place;
  message_pipe closed;
  message_pipe go;
  auto runner = place.open();
  auto process = start(*runner, shell("exec <&- >&- 2>&-; echo closed > " + closed.path() +
                                      "; read line < " + go.path() + "; exit 9"));
  CHECK(closed.wait_for_line() == "closed");
  CHECK(process.end.wait_for(1ms) == std::future_status::timeout);
  go.write_lines(1);
  CHECK(process.wait().exit_code == 9);
}

TEST_CASE("a process in a keeper that never reads its input does no harm") {
  keeper_place place;
  auto runner = place.open();
  for (std::size_t size : {std::size_t{1} << 20, std::size_t{5} << 20}) {
    auto spec = shell("exit 5");
    spec.stdin_text.assign(size, 'x');
    CHECK(start(*runner, spec).wait().exit_code == 5);
  }
  auto spec = shell("sleep 1000");
  spec.stdin_text.assign(1u << 20, 'x');
  auto deaf = start(*runner, spec);
  CHECK(start(*runner, shell("exit 6")).wait().exit_code == 6);
  runner->stop(deaf.handle);
  CHECK(deaf.wait().signal == SIGTERM);
}

TEST_CASE("input that is larger than a frame arrives whole") {
  keeper_place place;
  auto runner = place.open();
  process_spec spec;
  spec.argv = {"cat"};
  for (std::size_t i = 0; i < 1'500'000; ++i)
    spec.stdin_text += std::to_string(i % 7919) + " ";
  REQUIRE(spec.stdin_text.size() > exec::keeper_wire::largest_frame);
  spec.output_limit = spec.stdin_text.size();
  auto exit = start(*runner, spec).wait();
  CHECK(exit.exit_code == 0);
  CHECK(exit.standard_output == spec.stdin_text);
}

TEST_CASE("a gigabyte of output is read on, kept within the limit and needs little memory") {
  keeper_place place;
  auto runner = place.open();
  auto spec = named("much", shell("printf first; head -c 1073741824 /dev/zero; printf last"));
  spec.output_limit = 64 * 1024;
  spec.file_limit = 1u << 20;
  auto exit = start(*runner, spec).wait();
  CHECK(exit.exit_code == 0);
  CHECK(exit.output_bytes == 1073741824 + 9);
  CHECK(exit.output_truncated);
  CHECK(exit.standard_output.starts_with(std::string("first\0\0", 7)));
  CHECK(exit.standard_output.ends_with(std::string("\0\0last", 6)));
  auto left_out = 1073741824 + 9 - 65536;
  CHECK(exit.standard_output.find("\n[... " + std::to_string(left_out) +
                                  " bytes left out ...]\n") == 32768);
  CHECK(peak_memory(std::to_string(pid_of(*runner))) < (sanitized ? 128u << 20 : 64u << 20));
  if (!sanitized)
    CHECK(peak_memory("self") < (64u << 20));
}

TEST_CASE("a keeper says why a program does not run") {
  keeper_place place;
  auto runner = place.open();
  auto missing = shell("");
  missing.argv = {"/nowhere/tool"};
  CHECK(failure_of(*runner, missing).code == errc::not_found);
  CHECK_THAT(failure_of(*runner, missing).message,
             ContainsSubstring("program '/nowhere/tool' does not exist"));

  auto homeless = shell("exit 0");
  homeless.working_directory = "/nowhere/at/all";
  CHECK_THAT(failure_of(*runner, homeless).message,
             ContainsSubstring("working directory '/nowhere/at/all' does not exist"));

  std::ofstream(place / "script") << "#!/bin/sh\n";
  auto forbidden = shell("");
  forbidden.argv = {place / "script"};
  CHECK_THAT(failure_of(*runner, forbidden).message,
             ContainsSubstring("permission denied") && ContainsSubstring("chmod +x"));

  for (std::size_t size : {std::size_t{3} << 20, std::size_t{6} << 20}) {
    auto long_one = shell("exit 0");
    long_one.argv.emplace_back(size, 'x');
    auto refused = failure_of(*runner, long_one);
    CHECK(refused.code == errc::invalid_argument);
    CHECK_THAT(refused.message, ContainsSubstring("too long") && ContainsSubstring("by stdin"));
  }
  CHECK(failure_of(*runner, {}).code == errc::invalid_argument);
  CHECK(failure_of(*runner, named("../escape", shell("exit 0"))).code == errc::invalid_argument);
  CHECK(start(*runner, shell("exit 7")).wait().exit_code == 7);
}

TEST_CASE("a keeper has all the descriptors it may have, and its processes as many as we") {
  rlimit ours{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &ours) == 0);
  auto lower = ours;
  lower.rlim_cur = 300;
  REQUIRE(setrlimit(RLIMIT_NOFILE, &lower) == 0);
  keeper_place place;
  auto runner = place.open();
  REQUIRE(setrlimit(RLIMIT_NOFILE, &ours) == 0);
  rlimit of_keeper{};
  REQUIRE(prlimit(pid_of(*runner), RLIMIT_NOFILE, nullptr, &of_keeper) == 0);
  CHECK(of_keeper.rlim_cur == ours.rlim_max);
  CHECK(start(*runner, shell("ulimit -n")).wait().standard_output == "300\n");
}

TEST_CASE("a keeper without free descriptors says so and goes on") {
  keeper_place place;
  auto runner = place.open();
  auto of_keeper = [&](rlim_t descriptors) {
    rlimit limit{};
    REQUIRE(prlimit(pid_of(*runner), RLIMIT_NOFILE, nullptr, &limit) == 0);
    limit.rlim_cur = descriptors;
    REQUIRE(prlimit(pid_of(*runner), RLIMIT_NOFILE, &limit, nullptr) == 0);
  };
  of_keeper(40);
  std::vector<running_process> processes;
  for (int i = 0; i < 50; ++i)
    processes.push_back(start(*runner, shell("sleep 1000")));
  for (auto& process : processes)
    runner->stop(process.handle);
  int failed = 0;
  for (auto& process : processes) {
    auto exit = process.wait();
    failed += exit.failure ? 1 : 0;
    if (exit.failure)
      CHECK_THAT(exit.failure->message, ContainsSubstring("ulimit -n"));
    else
      CHECK(exit.signal == SIGTERM);
  }
  CHECK(failed > 0);
  CHECK(failed < 50);
  of_keeper(1024);
  CHECK(start(*runner, shell("exit 4")).wait().exit_code == 4);
}

TEST_CASE("input can be given while a process runs, and waits for room") {
  keeper_place place;
  auto runner = place.open();
  auto spec = shell("read first; echo got $first; cat | wc -c");
  spec.input_stays_open = true;
  auto process = start(*runner, spec);
  auto give = [&](std::string bytes, bool last) {
    auto taken = std::make_shared<std::promise<result<void>>>();
    auto answer = taken->get_future();
    runner->write_input(process.handle, std::move(bytes), last,
                        [taken](result<void> how) { taken->set_value(how); });
    REQUIRE(answer.wait_for(deadline) == std::future_status::ready);
    return answer.get();
  };
  CHECK(give("hello\n", false));
  for (int i = 0; i < 5; ++i)
    CHECK(give(std::string(1'000'000, 'x'), false));
  CHECK(give(std::string(exec::input_bound + 1, 'x'), false).has_error());
  CHECK(give("", true));
  auto exit = process.wait();
  CHECK(exit.standard_output == "got hello\n5000000\n");
  CHECK(give("late", true).has_error());
}

TEST_CASE("who follows an output hears how long its file is, and can read it") {
  keeper_place place;
  message_pipe go;
  auto runner = place.open();
  auto process = start(*runner, shell("for i in 1 2 3; do echo line $i; read x < " + go.path() +
                                      "; done; echo bad >&2; read x < " + go.path()));
  std::mutex mutex;
  std::map<exec::output_growth::stream, exec::output_growth> seen;
  runner->follow(process.handle, [&](const exec::output_growth& growth) {
    std::lock_guard guard{mutex};
    seen[growth.which] = growth;
  });
  auto sees = [&](exec::output_growth::stream which, const std::string& text) {
    return comes_true([&] {
      std::lock_guard guard{mutex};
      auto found = seen.find(which);
      return found != seen.end() && found->second.bytes == text.size() &&
             content_of(found->second.path) == text;
    });
  };
  CHECK(sees(exec::output_growth::stream::output, "line 1\n"));
  go.write_lines(1);
  CHECK(sees(exec::output_growth::stream::output, "line 1\nline 2\n"));
  go.write_lines(1);
  CHECK(sees(exec::output_growth::stream::output, "line 1\nline 2\nline 3\n"));
  go.write_lines(1);
  CHECK(sees(exec::output_growth::stream::error, "bad\n"));
  go.write_lines(1);
  CHECK(process.wait().standard_output == "line 1\nline 2\nline 3\n");
}

TEST_CASE("a process in a keeper can be measured") {
  keeper_place place;
  message_pipe ready;
  auto runner = place.open();
  auto process = start(*runner, shell("echo ready > " + ready.path() + "; sleep 1000"));
  ready.wait_for_line();
  auto measure = [&](process_handle handle) {
    std::promise<std::uint64_t> bytes;
    runner->measure(handle, [&](std::uint64_t found) { bytes.set_value(found); });
    return bytes.get_future().get();
  };
  CHECK(measure(process.handle) > 100'000);
  runner->stop(process.handle);
  process.wait();
  CHECK(measure(process.handle) == 0);
}

TEST_CASE("a run has a name once") {
  keeper_place place;
  auto runner = place.open();
  auto first = start(*runner, named("same", shell("sleep 1000")));
  auto second = start(*runner, named("same", shell("exit 0"))).wait();
  REQUIRE(second.failure);
  CHECK(second.failure->code == errc::already_exists);
  runner->stop(first.handle);
  CHECK(first.wait().signal == SIGTERM);
}

TEST_CASE("a run without output makes no file, and files go with what was heard") {
  keeper_place place;
  auto how = place.options();
  how.hears_at_once = false;
  auto runner = place.open(how);
  start(*runner, named("silent", shell("exit 0"))).wait();
  start(*runner, named("loud", shell("echo hi"))).wait();
  auto files = [&] {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(place.path() + "/out"))
      names.push_back(entry.path().filename());
    return names;
  };
  CHECK(files() == std::vector<std::string>{"loud.out"});
  runner->forget("loud");
  runner->heard("loud");
  runner->heard("silent");
  CHECK(comes_true([&] { return files().empty(); }));
}

TEST_CASE("a keeper at rest takes no time and little memory") {
  keeper_place place;
  auto runner = place.open();
  start(*runner, shell("exit 0")).wait();
  auto keeper = pid_of(*runner);
  if (!sanitized)
    CHECK(private_memory(keeper) < (2u << 20));
  auto switches = [&] {
    auto text = content_of("/proc/" + std::to_string(keeper) + "/status");
    return text.substr(text.find("voluntary_ctxt_switches"));
  };
  // It sleeps until something happens, so it is not even woken: as soon as what the last run has
  // left to be done is over.
  CHECK(comes_true([&] {
    auto before = switches();
    auto ticks = cpu_ticks(keeper);
    std::this_thread::sleep_for(500ms); // the time for which it is watched
    return switches() == before && cpu_ticks(keeper) == ticks;
  }));
}

TEST_CASE("a keeper that nobody needs ends itself") {
  keeper_place place;
  auto how = place.options();
  how.idle_time = 100ms;
  auto runner = place.open(how);
  auto keeper = pid_of(*runner);
  start(*runner, shell("exit 0")).wait();
  runner.reset();
  CHECK(ends(keeper));
  CHECK_FALSE(std::filesystem::exists(place.path() + "/socket"));
}

TEST_CASE("a keeper with a running process stays, and another server finds it") {
  keeper_place place;
  message_pipe go;
  auto how = place.options();
  how.idle_time = 0ms;
  auto runner = place.open(how);
  auto keeper = pid_of(*runner);
  auto left =
      start(*runner,
            named("stays", shell("echo before; read x < " + go.path() + "; echo after; exit 8")));
  CHECK(comes_true([&] { return content_of(place.path() + "/out/stays.out") == "before\n"; }));
  runner.reset();
  auto exit = left.wait();
  REQUIRE(exit.failure);
  CHECK(exit.failure->code == errc::shutting_down);

  runner = place.open(2);
  CHECK(pid_of(*runner) == keeper);
  REQUIRE(runner->adopted().size() == 1);
  CHECK(runner->adopted().front().run == "stays");
  CHECK_FALSE(runner->adopted().front().has_ended());
  auto again = attach(*runner, "stays");
  go.write_lines(1);
  exit = again.wait();
  CHECK(exit.exit_code == 8);
  CHECK(exit.standard_output == "before\nafter\n");
}

TEST_CASE("an end that nobody has heard waits for the next server") {
  keeper_place place;
  message_pipe go;
  message_pipe over;
  auto runner = place.open();
  auto left = start(
      *runner, named("unheard", shell("trap 'echo over > " + over.path() + "' EXIT; read x < " +
                                      go.path() + "; echo all of it; exit 11")));
  runner.reset();
  REQUIRE(left.wait().failure); // from now on it hears of no end
  go.write_lines(1);
  CHECK(over.wait_for_line() == "over");
  {
    auto second = place.open(2); // hears of it and does nothing about it
    REQUIRE(second->adopted().size() == 1);
  }
  runner = place.open(3);
  REQUIRE(runner->adopted().size() == 1);
  auto exit = attach(*runner, "unheard").wait();
  CHECK(exit.exit_code == 11);
  CHECK(exit.standard_output == "all of it\n");
  CHECK(comes_true([&] { return !std::filesystem::exists(place.path() + "/out/unheard.out"); }));
  runner.reset();
  CHECK(place.open(4)->adopted().empty());
}

TEST_CASE("a keeper that leaves when done stays with its run, writes the end down and leaves") {
  keeper_place place;
  message_pipe go;
  auto how = place.options();
  how.idle_time = 0ms;
  how.leaves_when_done = true;
  how.hears_at_once = false;
  auto runner = place.open(how);
  auto keeper = pid_of(*runner);
  start(*runner, named("goes", shell("read x < " + go.path() + "; echo said; exit 5")));
  REQUIRE(comes_true(
      [&] { return content_of(place.path() + "/runs").find("goes") != std::string::npos; }));
  runner.reset();
  go.write_lines(1);
  CHECK(ends(keeper));

  auto log = exec::read_run_log(content_of(place.path() + "/runs"));
  CHECK(log.warnings.empty());
  REQUIRE(log.runs.count("goes") == 1);
  CHECK(log.runs.at("goes").has_ended());
  CHECK(log.runs.at("goes").exit_code == 5);
  CHECK(content_of(place.path() + "/out/goes.out") == "said\n");
  // The next keeper still tells the end.
  runner = place.open(2);
  CHECK(attach(*runner, "goes").wait().exit_code == 5);
}

TEST_CASE("a keeper that leaves when done does not leave a server that is connected") {
  keeper_place place;
  auto how = place.options();
  how.idle_time = 0ms;
  how.leaves_when_done = true;
  how.hears_at_once = false;
  auto runner = place.open(how);
  auto keeper = pid_of(*runner);
  CHECK(start(*runner, named("first", shell("exit 1"))).wait().exit_code == 1);
  CHECK(start(*runner, named("second", shell("exit 2"))).wait().exit_code == 2);
  CHECK(pid_of(*runner) == keeper);
  runner.reset();
  CHECK(ends(keeper));
}

TEST_CASE("the server with the greater epoch is obeyed, and the other one is told") {
  keeper_place place;
  auto old = place.open(5);
  auto kept = start(*old, named("kept", shell("sleep 1000")));
  auto fresh = place.open(6);
  auto exit = kept.wait();
  REQUIRE(exit.failure);
  CHECK_THAT(exit.failure->message, ContainsSubstring("another server, with epoch 6"));
  CHECK_THAT(start(*old, shell("exit 0")).wait().failure->message,
             ContainsSubstring("has taken over"));

  for (std::uint64_t epoch : {6, 5}) {
    auto refused = place.try_to_open(epoch);
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == errc::already_exists);
    CHECK_THAT(refused.error().message, ContainsSubstring("obeys a server with epoch 6"));
  }
  REQUIRE(fresh->adopted().size() == 1);
  auto adopted = attach(*fresh, "kept");
  fresh->stop(adopted.handle);
  CHECK(adopted.wait().signal == SIGTERM);
}

TEST_CASE("the epoch is remembered when the keeper is another one") {
  keeper_place place;
  auto how = place.options(9);
  how.idle_time = 0ms;
  auto runner = place.open(how);
  auto keeper = pid_of(*runner);
  runner.reset();
  CHECK(ends(keeper));
  CHECK(place.try_to_open(8).has_error());
}

TEST_CASE("closing ends every process and the keeper") {
  keeper_place place;
  auto runner = place.open();
  auto keeper = pid_of(*runner);
  auto deaf = start(*runner, shell("trap '' TERM; while :; do sleep 1000; done"));
  auto kind = start(*runner, shell("sleep 1000"));
  REQUIRE(comes_true([&] { return marked_processes(place.mark()).size() >= 3; }));
  std::promise<void> closed;
  runner->close(100ms, [&] { closed.set_value(); });
  CHECK(deaf.wait().signal == SIGKILL);
  CHECK(kind.wait().signal == SIGTERM);
  closed.get_future().wait();
  CHECK(ends(keeper));
  CHECK(marked_processes(place.mark()).empty());
  CHECK(start(*runner, shell("exit 0")).wait().failure->code == errc::shutting_down);
}

TEST_CASE("a keeper whose directory goes ends its processes and itself") {
  keeper_place place;
  auto runner = place.open();
  auto keeper = pid_of(*runner);
  auto mark = place.mark();
  start(*runner, shell("sleep 1000"));
  REQUIRE(comes_true([&] { return !marked_processes(mark).empty(); }));
  SECTION("because it is removed") {
    std::filesystem::remove_all(place.path());
  }
  SECTION("because it is moved") {
    std::filesystem::rename(place.path(), place / "elsewhere");
  }
  CHECK(ends(keeper));
  CHECK(comes_true([&] { return marked_processes(mark).empty(); }));
}

TEST_CASE("SIGTERM makes a keeper end its processes with their grace and leave word") {
  keeper_place place;
  message_pipe ready;
  auto runner = place.open();
  auto keeper = pid_of(*runner);
  auto left = start(*runner, named("tidy", shell("trap 'echo tidied; exit 12' TERM; echo ready > " +
                                                 ready.path() + "; sleep 1000 & wait")));
  ready.wait_for_line();
  runner.reset();
  REQUIRE(left.wait().failure); // from now on it hears of no end
  send_signal(keeper, SIGTERM);
  CHECK(ends(keeper));
  runner = place.open(2);
  CHECK(pid_of(*runner) != keeper);
  REQUIRE(runner->adopted().size() == 1);
  auto exit = attach(*runner, "tidy").wait();
  CHECK(exit.exit_code == 12);
  CHECK(exit.standard_output == "tidied\n");
}

TEST_CASE("a keeper that is killed takes its processes along, and the next run gets another one") {
  keeper_place place;
  message_pipe ready;
  auto runner = place.open();
  auto keeper = pid_of(*runner);
  auto mark = place.mark();
  // The second one has left its parent and would not notice the end of the keeper.
  auto lost = start(*runner, named("lost", shell("echo partial; setsid sh -c 'echo ready > " +
                                                 ready.path() + "; exec sleep 1000' & wait")));
  ready.wait_for_line();
  REQUIRE(comes_true([&] { return content_of(place.path() + "/out/lost.out") == "partial\n"; }));
  send_signal(keeper, SIGKILL);
  auto exit = lost.wait();
  REQUIRE(exit.failure);
  CHECK_THAT(exit.failure->message, ContainsSubstring("'lost' is lost"));
  CHECK(exit.standard_output == "partial\n");
  CHECK(comes_true([&] { return marked_processes(mark).empty(); }));

  auto next = start(*runner, shell("exit 5")).wait();
  CHECK(next.exit_code == 5);
  CHECK(pid_of(*runner) != keeper);
}

TEST_CASE("a keeper that is killed while nothing runs is replaced for the next run") {
  keeper_place place;
  auto runner = place.open();
  auto keeper = pid_of(*runner);
  send_signal(keeper, SIGKILL);
  REQUIRE(ends(keeper));
  CHECK(start(*runner, shell("exit 5")).wait().exit_code == 5);
}

TEST_CASE("a keeper that cannot be started says why") {
  keeper_place place;
  auto how = place.options();
  how.keeper_program = "/nowhere/mahavishnu-keeper";
  auto thread = keeper_thread::open();
  REQUIRE(thread);
  auto refused = keeper_runner::open(*thread, how);
  REQUIRE(refused.has_error());
  CHECK_THAT(refused.error().message, ContainsSubstring("/nowhere/mahavishnu-keeper"));

  how = place.options();
  how.directory = "/proc/nowhere/at/all";
  refused = keeper_runner::open(*thread, how);
  REQUIRE(refused.has_error());
  CHECK_THAT(refused.error().message, ContainsSubstring("'/proc/nowhere'"));

  std::filesystem::create_directory(place.path());
  std::filesystem::permissions(place.path(), std::filesystem::perms::all);
  refused = keeper_runner::open(*thread, place.options());
  REQUIRE(refused.has_error());
  CHECK_THAT(refused.error().message, ContainsSubstring("chmod 700"));
}

TEST_CASE("a keeper that is stopped is not waited for without end") {
  keeper_place place;
  auto runner = place.open();
  auto keeper = pid_of(*runner);
  runner.reset();
  send_signal(keeper, SIGSTOP);
  auto how = place.options(2);
  how.patience = 200ms;
  auto thread = keeper_thread::open();
  REQUIRE(thread);
  auto silent = keeper_runner::open(*thread, how);
  send_signal(keeper, SIGCONT);
  REQUIRE(silent.has_error());
  CHECK(silent.error().code == errc::unreachable);
}

// -- whole trees ---------------------------------------------------------------------------------

namespace {

/// A script that leaves a daemon: a process of its own session, whose parent has ended, which holds
/// nothing of ours and tells its number.
std::string daemonize(const message_pipe& ready) {
  auto file = ready.path() + ".pid";
  return "(setsid sh -c 'exec <&- >&- 2>&-; echo $$ > " + file +
         "; exec sleep 1000' &) ; until [ -s " + file + " ]; do sleep 0.01; done; cat " + file +
         " > " + ready.path() + "; ";
}

} // namespace

TEST_CASE("a daemon ends with the run that has left it, and that run keeps its exit code") {
  keeper_place place;
  message_pipe ready;
  auto runner = place.open();
  auto exit = start(*runner, shell(daemonize(ready) + "exit 3")).wait();
  CHECK(exit.exit_code == 3);
  CHECK(ends(std::stoi(ready.wait_for_line())));
}

TEST_CASE("stopping a run ends its daemon too, and leaves that of another run alone") {
  keeper_place place;
  message_pipe ready;
  message_pipe other_ready;
  auto runner = place.open();
  auto stopped = start(*runner, shell(daemonize(ready) + "sleep 1000"));
  auto other = start(*runner, shell(daemonize(other_ready) + "sleep 1000"));
  auto daemon = std::stoi(ready.wait_for_line());
  auto other_daemon = std::stoi(other_ready.wait_for_line());
  runner->stop(stopped.handle);
  CHECK(stopped.wait().signal == SIGTERM);
  CHECK(ends(daemon));
  CHECK(start(*runner, shell("exit 0")).wait().exit_code == 0);
  CHECK(::kill(other_daemon, 0) == 0);
  runner->stop(other.handle);
  CHECK(other.wait().signal == SIGTERM);
  CHECK(ends(other_daemon));
}

TEST_CASE("a tree that ignores SIGTERM and forks all the time ends after its grace") {
  keeper_place place;
  message_pipe ready;
  auto runner = place.open();
  auto spec = shell("trap '' TERM; echo ready > " + ready.path() +
                    "; while :; do (setsid sh -c 'sleep 0.2; sleep 1000' &); sleep 0.01; done");
  spec.grace = 100ms;
  auto process = start(*runner, spec);
  ready.wait_for_line();
  runner->stop(process.handle);
  CHECK(process.wait().signal == SIGKILL);
  CHECK(marked_processes(place.mark()).empty());
}

TEST_CASE("a process can have a terminal, which is resized, typed on and shows both streams") {
  keeper_place place;
  auto runner = place.open();
  auto spec = shell("stty -echo; stty size; echo bad >&2; read line; echo got $line; stty size; "
                    "cat; echo over");
  spec.terminal = exec::terminal_size{.rows = 30, .columns = 90};
  spec.input_stays_open = true;
  auto process = start(*runner, named("terminal", spec));
  auto shows = [&](const std::string& text) {
    return comes_true([&] {
      return content_of(place.path() + "/out/terminal.out").find(text) != std::string::npos;
    });
  };
  CHECK(shows("30 90\r\nbad\r\n"));
  runner->resize(process.handle, {.rows = 40, .columns = 100});
  runner->write_input(process.handle, "hello\n", false, {});
  CHECK(shows("got hello\r\n40 100\r\n"));
  runner->write_input(process.handle, "", true, {});
  auto exit = process.wait();
  CHECK(exit.exit_code == 0);
  CHECK(exit.standard_output.ends_with("over\r\n"));
  CHECK(exit.standard_error.empty());
}

TEST_CASE("a terminal without input reads the end of file, and shows all that was written last") {
  for (int i = 0; i < 20; ++i) {
    auto spec = shell("cat; head -c 20000 /dev/zero | tr '\\0' x; echo; echo last");
    spec.terminal.emplace();
    auto exit = run(spec);
    CHECK(exit.exit_code == 0);
    CHECK(exit.standard_output.ends_with("x\r\nlast\r\n"));
  }
}

TEST_CASE("a process has the limits, the nice value and the umask that it is to have") {
  keeper_place place;
  auto runner = place.open();
  auto spec = shell("ulimit -n; nice; umask");
  spec.limits = {{"nofile", 77, 77}};
  spec.nice = 5;
  spec.umask = 027;
  CHECK(start(*runner, spec).wait().standard_output == "77\n5\n0027\n");
  spec.limits = {{"nofiles", 1, 1}};
  CHECK(failure_of(*runner, spec).code == errc::invalid_argument);
}
