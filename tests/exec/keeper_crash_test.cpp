// SPDX-License-Identifier: MIT
/// Servers and keepers that are killed at any moment.
#include "exec/keeper_support.hpp"

#include <sys/wait.h>

#include <random>
#include <set>
#include <sstream>

using namespace mahavishnu;
using namespace mahavishnu::test;
using namespace std::chrono_literals;

namespace {

/// What a server has written down of one run.
struct heard_end {
  int code = 0;
  std::uint64_t bytes = 0;
  std::string output;

  friend bool operator==(const heard_end&, const heard_end&) = default;
};

std::map<std::string, std::vector<heard_end>> read_journal(const std::string& path) {
  std::map<std::string, std::vector<heard_end>> ends;
  std::ifstream file{path};
  for (std::string line; std::getline(file, line);) {
    if (!line.ends_with("END"))
      continue; // torn, so the server that wrote it did not say that it has heard
    line.resize(line.size() - 3);
    std::istringstream fields{line};
    std::string run;
    heard_end end;
    fields >> run >> end.code >> end.bytes;
    fields.get();
    std::getline(fields, end.output);
    ends[run].push_back(end);
  }
  return ends;
}

std::vector<std::string> lines_of(const std::string& path) {
  std::vector<std::string> lines;
  std::ifstream file{path};
  for (std::string line; std::getline(file, line);)
    lines.push_back(line);
  return lines;
}

class killable_server {
public:
  killable_server(const keeper_place& place, int epoch, const std::string& what) {
    process_spec spec;
    spec.argv = {MAHAVISHNU_CRASH_SERVER, place.path(), MAHAVISHNU_KEEPER,
                 std::to_string(epoch),   place / ".",  what};
    std::vector<std::string> environment;
    for (auto line = environ; *line != nullptr; ++line)
      environment.emplace_back(*line);
    auto spawned = exec::spawn(spec, environment);
    REQUIRE(spawned.has_value());
    process_ = std::move(*spawned);
  }

  void kill() { send_signal(process_.pid, SIGKILL); }

  /// Its exit code, or the negative number of the signal that ended it.
  int wait() {
    pollfd watched{process_.exit.get(), POLLIN, 0};
    REQUIRE(poll(&watched, 1, std::chrono::milliseconds(deadline).count()) == 1);
    int status = 0;
    REQUIRE(waitpid(process_.pid, &status, 0) == process_.pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

  bool ends_within(std::chrono::microseconds time) {
    pollfd watched{process_.exit.get(), POLLIN, 0};
    timespec limit{0, std::chrono::nanoseconds{time}.count()};
    return ppoll(&watched, 1, &limit, nullptr) == 1;
  }

private:
  exec::spawned_process process_;
};

/// What the process of that name must have written, as the journal has it.
heard_end expected(const std::string& run) {
  auto number = std::stoi(run.substr(run.find('-') + 1));
  heard_end end;
  end.code = number % 5;
  end.output = "first " + run + " ";
  if (number % 3 == 0)
    end.output += std::string(40000, 'x');
  end.output += "last " + run + " ";
  end.bytes = end.output.size();
  return end;
}

} // namespace

TEST_CASE("a server that is killed a hundred times loses no end, no output and no process") {
  keeper_place place;
  std::mt19937 random{seed()};
  int epoch = 0;
  for (int i = 0; i < 100; ++i) {
    auto ran_before = lines_of(place / "ran").size();
    killable_server server{place, ++epoch, "go-on"};
    // Half of them get to run something first, however slow the machine is. Besides, no moment is
    // better than another, so this is chance and no waiting for something.
    if (i % 2 == 0)
      REQUIRE(comes_true([&] { return lines_of(place / "ran").size() > ran_before; }));
    auto ended_early = server.ends_within(std::chrono::microseconds{random() % 60'000});
    if (!ended_early)
      server.kill();
    CHECK(server.wait() == -SIGKILL);
  }
  auto mark = place.mark();
  killable_server last{place, ++epoch, "finish"};
  CHECK(last.wait() == 0);

  CHECK(marked_processes(mark).empty());
  auto ran = lines_of(place / "ran");
  auto ends = read_journal(place / "journal");
  CHECK(ran.size() >= 50);
  CHECK(std::set<std::string>(ran.begin(), ran.end()).size() == ran.size()); // none ran twice
  for (const auto& run : ran) {
    INFO(run);
    REQUIRE(ends.contains(run));
    for (const auto& end : ends[run])
      CHECK(end == expected(run));
  }
  CHECK(ends.size() == ran.size());
  CHECK(std::filesystem::is_empty(place.path() + "/out"));
}

TEST_CASE("a keeper that is killed at any moment loses no run without saying so") {
  keeper_place place;
  auto runner = place.open();
  auto mark = place.mark();
  std::mt19937 random{seed()};
  int lost = 0;
  int told = 0;
  for (int i = 0; i < 20; ++i) {
    std::vector<running_process> processes;
    for (int j = 0; j < 5; ++j)
      processes.push_back(start(
          *runner, shell("(setsid sleep 1000 &) ; sleep 0.0" + std::to_string(random() % 5))));
    std::this_thread::sleep_for(std::chrono::microseconds{random() % 60'000});
    send_signal(pid_of(*runner), SIGKILL);
    for (auto& process : processes) {
      auto exit = process.wait();
      lost += exit.failure.has_value();
      told += !exit.failure;
      if (exit.failure)
        CHECK(exit.failure->code == errc::lost);
      else
        CHECK(exit.exit_code == 0);
    }
  }
  CHECK(lost + told == 100);
  CHECK(start(*runner, shell("exit 5")).wait().exit_code == 5);
  std::promise<void> closed;
  runner->close(0ms, [&] { closed.set_value(); });
  closed.get_future().wait();
  CHECK(comes_true([&] { return marked_processes(mark).empty(); }));
}

TEST_CASE("a damaged log costs a keeper the run that it told of and no other") {
  keeper_place place;
  auto how = place.options();
  how.hears_at_once = false;
  auto runner = place.open(how);
  for (const char* name : {"one", "two", "three"})
    CHECK(start(*runner, named(name, shell("echo hi; exit 3"))).wait().exit_code == 3);
  auto keeper = pid_of(*runner);
  runner.reset();
  send_signal(keeper, SIGKILL);
  REQUIRE(ends(keeper));

  auto log = content_of(place.path() + "/runs");
  log[log.rfind("two")] ^= 4; // in the record of its end
  std::ofstream(place.path() + "/runs") << log << "run\ntorn";
  runner = place.open(2);
  std::map<std::string, run_state> adopted;
  for (const auto& state : runner->adopted())
    adopted[state.run] = state;
  REQUIRE(adopted.size() == 3);
  CHECK(adopted["one"].exit_code == 3);
  CHECK(adopted["three"].exit_code == 3);
  REQUIRE(adopted["two"].failure);
  CHECK_THAT(adopted["two"].failure->message, ContainsSubstring("'two' is lost"));
  CHECK(attach(*runner, "two").wait().standard_output == "hi\n");
  auto warnings = content_of(place.path() + "/log");
  CHECK_THAT(warnings, ContainsSubstring("are damaged") && ContainsSubstring("cut off"));
}
