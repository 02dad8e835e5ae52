// SPDX-License-Identifier: MIT
/// A whole server on a journal that another one has left: until it is up with 100,000 tasks that
/// wait, and what a list takes, as a command of its own, when a million have ended.
#include "client.hpp"
#include "mahavishnu/messages/all.hpp"
#include "must.hpp"
#include "scratch.hpp"
#include "system.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <cstdlib>
#include <fstream>

using namespace mahavishnu;
using namespace mahavishnu::bench;

namespace {

std::unique_ptr<core> start(const arguments& how, const scratch& place) {
  return start_core(how, "sharing", {{"exec.keepers", "false"}}, place.path());
}

/// Leaves without a word, as a server does that is killed.
std::vector<double> leave() {
  std::_Exit(0);
}

std::vector<double> leave_waiting(const arguments& how, const scratch& place, std::int64_t tasks) {
  auto inside = start(how, place);
  pools_wish wish;
  wish.pools = 1;
  wish.workers = 1;
  wish.worker_type = "shell";
  wish.queue_limit = 1'000'000;
  start_pools(*inside, wish);
  // One runs now and is lost with us, one runs in the next server.
  run_client<task_accepted>(
      inside->system(), inside->manager(), {tasks + 2, 1000},
      [] {
        auto task = fresh_task();
        task.prompt = "exec sleep 1000";
        return submit_task{shared_spec{std::move(task)}, "pool-0", {}, {}};
      },
      [](const task_accepted&) { return true; });
  return leave();
}

std::vector<double> leave_ended(const arguments& how, const scratch& place, std::int64_t tasks) {
  auto inside = start(how, place);
  pools_wish wish;
  wish.pools = 10;
  wish.queue_limit = 10'000;
  start_pools(*inside, wish);
  run_client<task_result>(
      inside->system(), inside->manager(), {tasks, 1000},
      [] {
        return route_task{fresh_task(), {}, {}};
      },
      [](const task_result& answer) { return answer.status == task_status::completed; });
  return leave();
}

/// Runs our program on that journal.
double seconds_of(const scratch& place, const std::string& words) {
  auto where = "'" + place.path().string() + "'";
  auto line = "'" MAHAVISHNU_PROGRAM "' --state-dir " + where + " --settings-dir " + where + " " +
              words + " >'" + (place / "answer") + "'";
  auto begin = clock::now();
  if (std::system(line.c_str()) != 0)
    die("'mahavishnu " + words + "' fails");
  return seconds_since(begin);
}

std::string answer(const scratch& place) {
  std::ifstream file{place / "answer"};
  return {std::istreambuf_iterator<char>{file}, {}};
}

constexpr const char* up = "up --detach --port 0 --set exec.grace_seconds=0";

double resident_mb_of_server(const scratch& place) {
  std::string pid;
  std::ifstream{place / "server.lock"} >> pid;
  std::ifstream status{"/proc/" + pid + "/status"};
  for (std::string word; status >> word;)
    if (word == "VmRSS:") {
      double kib = 0;
      status >> kib;
      return kib * 1024 / 1e6;
    }
  die("the server is not there");
}

/// Seconds until it is up and has said what waits; megabytes.
std::vector<double> measure_start(const scratch& place, std::int64_t tasks) {
  auto begin = clock::now();
  seconds_of(place, up);
  seconds_of(place, "pool list -o json");
  auto took = seconds_since(begin);
  // The first may not have begun yet.
  auto waits = [&](std::int64_t count) {
    return answer(place).find("\"queued\": " + std::to_string(count) + ",") != std::string::npos;
  };
  if (!waits(tasks) && !waits(tasks + 1))
    die("not all tasks wait: " + answer(place));
  auto memory = resident_mb_of_server(place);
  return {took, memory};
}

/// Milliseconds of a list of the newest, of one as others have them beside it, and megabytes.
std::vector<double> measure_lists(const scratch& place, std::int64_t lists) {
  seconds_of(place, up);
  std::vector<double> all, filtered, nothing;
  for (std::int64_t i = 0; i < lists; ++i) {
    all.push_back(seconds_of(place, "task list") * 1e3);
    filtered.push_back(seconds_of(place, "task list --pool pool-3 --status completed --limit 100") *
                       1e3);
    nothing.push_back(seconds_of(place, "version") * 1e3);
  }
  auto memory = resident_mb_of_server(place);
  seconds_of(place, "down");
  return {quantile(all, 0.5), quantile(all, 0.95), quantile(filtered, 0.5), quantile(nothing, 0.5),
          memory};
}

} // namespace

int main(int argc, char** argv) {
  auto how = parse(argc, argv);
  report results{"restart", how};
  auto waiting = how.scaled(100'000);
  auto ended = how.scaled(1'000'000);
  auto& until_up =
      results.number("100,000 tasks that wait, until the server is up", "s").at_most(2);
  auto& with_waiting = results.number("100,000 tasks that wait, memory of the server", "MB");
  auto& list = results.number("a million ended tasks, task list, p50", "ms").at_most(50);
  auto& slow_list = results.number("a million ended tasks, task list, p95", "ms");
  auto& filtered =
      results.number("a million ended tasks, task list of a pool, p50", "ms").at_most(50);
  auto& nothing = results.number("a command that asks no server, p50", "ms");
  auto& memory = results.number("a million ended tasks, memory of the server", "MB").at_most(200);
  for (std::size_t i = 0; i < how.runs; ++i) {
    auto place = scratch::on_disk();
    in_child([&] { return leave_waiting(how, place, waiting); });
    add(measure_start(place, waiting), until_up, with_waiting);
    seconds_of(place, "down --cancel");
  }
  auto place = scratch::on_disk();
  in_child([&] { return leave_ended(how, place, ended); });
  for (std::size_t i = 0; i < how.runs; ++i)
    add(measure_lists(place, 20), list, slow_list, filtered, nothing, memory);
  return results.exit_code();
}
