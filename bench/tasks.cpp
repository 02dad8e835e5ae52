// SPDX-License-Identifier: MIT
/// No-op tasks per second through manager, pool and worker, each sent on its own.
#include "client.hpp"
#include "floor.hpp"
#include "mahavishnu/messages/all.hpp"
#include "system.hpp"

#include <caf/typed_event_based_actor.hpp>

using namespace mahavishnu;
using namespace mahavishnu::bench;

namespace {

std::vector<double> measure(const arguments& how, const std::string& scheduler,
                            std::int64_t requests) {
  auto inside = start_core(how, scheduler);
  start_pools(*inside, {});
  auto run = [&](std::int64_t n) {
    return run_client<task_result>(
        inside->system(), inside->manager(), {n, 1000},
        [] {
          return route_task{fresh_task(), {}, {}};
        },
        [](const task_result& answer) { return answer.status == task_status::completed; });
  };
  run(requests / 10); // to warm up
  return speed_of(run(requests), requests);
}

} // namespace

int main(int argc, char** argv) {
  auto how = parse(argc, argv);
  report results{"tasks", how};
  std::vector<std::string> schedulers{"stealing", "sharing"};
  if (!how.scheduler.empty())
    schedulers = {how.scheduler};
  auto requests = how.scaled(300'000);
  for (const auto& scheduler : schedulers) {
    auto what = "routed tasks, 1000 in flight, " + scheduler;
    auto& speed = results.number(what, "tasks/s");
    auto& cpu = results.number(what + ", CPU", "us/task");
    if (scheduler == "stealing")
      speed.at_least(375'000).ratio_at_least(0.6);
    for (std::size_t i = 0; i < how.runs; ++i) {
      if (how.floor)
        add_floor(in_child([&] { return floor::measure(how, scheduler, requests, 1000); }), speed,
                  cpu);
      add(in_child([&] { return measure(how, scheduler, requests); }), speed, cpu);
    }
  }
}
