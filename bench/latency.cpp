// SPDX-License-Identifier: MIT
/// One task at a time, from its submission to its result.
#include "actors/ask.hpp"
#include "client.hpp"
#include "mahavishnu/messages/all.hpp"
#include "system.hpp"

#include <caf/typed_event_based_actor.hpp>

using namespace mahavishnu;
using namespace mahavishnu::bench;

namespace {

/// p50 and p99 in microseconds.
std::vector<double> summary(std::vector<double>& taken) {
  taken.erase(taken.begin(), taken.begin() + std::ssize(taken) / 10); // to warm up
  return {quantile(taken, 0.5), quantile(taken, 0.99)};
}

std::vector<double> from_actor(const arguments& how, const std::string& scheduler,
                               std::int64_t tasks) {
  auto inside = start_core(how, scheduler);
  start_pools(*inside, {});
  std::vector<double> taken;
  bench::clock::time_point start;
  run_client<task_result>(
      inside->system(), inside->manager(), {tasks, 1},
      [&] {
        start = bench::clock::now();
        return route_task{fresh_task(), {}, {}};
      },
      [&](const task_result& answer) {
        taken.push_back(seconds_since(start) * 1e6);
        return answer.status == task_status::completed;
      });
  return summary(taken);
}

std::vector<double> from_thread(const arguments& how, const std::string& scheduler,
                                std::int64_t tasks) {
  auto inside = start_core(how, scheduler);
  start_pools(*inside, {});
  std::vector<double> taken;
  for (std::int64_t i = 0; i < tasks; ++i) {
    auto start = bench::clock::now();
    auto answer = ask<task_result>(inside->system(), inside->control(),
                                   route_task{fresh_task(), {}, {}}, std::chrono::seconds{10});
    if (!answer || answer->status != task_status::completed)
      std::abort();
    taken.push_back(seconds_since(start) * 1e6);
  }
  return summary(taken);
}

} // namespace

int main(int argc, char** argv) {
  auto how = parse(argc, argv);
  report results{"latency", how};
  for (const auto& scheduler : how.schedulers_or({"sharing", "stealing"})) {
    auto& actor_p50 = results.number("from an actor, p50, " + scheduler, "us").at_most(60);
    auto& actor_p99 = results.number("from an actor, p99, " + scheduler, "us");
    auto& thread_p50 = results.number("from a waiting thread, p50, " + scheduler, "us");
    auto& thread_p99 = results.number("from a waiting thread, p99, " + scheduler, "us");
    for (std::size_t i = 0; i < how.runs; ++i) {
      add(in_child([&] { return from_actor(how, scheduler, how.scaled(20'000)); }), actor_p50,
          actor_p99);
      add(in_child([&] { return from_thread(how, scheduler, how.scaled(10'000)); }), thread_p50,
          thread_p99);
    }
  }
}
