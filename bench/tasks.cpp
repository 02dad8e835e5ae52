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

constexpr std::int64_t in_flight = 1000;

std::vector<double> measure(const arguments& how, const std::string& scheduler,
                            std::int64_t requests) {
  auto inside = start_core(how, scheduler);
  start_pools(*inside, {});
  auto run = [&](std::int64_t n) {
    return run_client<task_result>(
        inside->system(), inside->manager(), {n, in_flight},
        [] {
          return route_task{fresh_task(), {}, {}};
        },
        [](const task_result& answer) { return answer.status == task_status::completed; });
  };
  return speed_of(run, requests);
}

} // namespace

int main(int argc, char** argv) {
  auto how = parse(argc, argv);
  report results{"tasks", how};
  auto requests = how.scaled(300'000);
  for (const auto& scheduler : how.schedulers_or({"stealing", "sharing"})) {
    auto what = "routed tasks, 1000 in flight, " + scheduler;
    auto& speed = results.number(what, "tasks/s");
    auto& cpu = results.number(what + ", CPU", "us/task");
    if (scheduler == "stealing")
      speed.at_least(375'000).ratio_at_least(0.6);
    run_beside_floor(
        how, [&] { return floor::measure(how, scheduler, requests, in_flight); },
        [&] { return measure(how, scheduler, requests); }, speed, cpu);
  }
}
