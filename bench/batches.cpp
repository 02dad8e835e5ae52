// SPDX-License-Identifier: MIT
/// No-op tasks per second in batches of 100, 20 batches at a time.
#include "client.hpp"
#include "floor.hpp"
#include "mahavishnu/messages/all.hpp"
#include "system.hpp"

#include <caf/typed_event_based_actor.hpp>

using namespace mahavishnu;
using namespace mahavishnu::bench;

namespace {

constexpr std::size_t tasks_in_batch = 100;
constexpr std::int64_t batches_in_flight = 20;

std::vector<double> measure(const arguments& how, const std::string& scheduler,
                            std::int64_t batches) {
  auto inside = start_core(how, scheduler);
  pools_wish pools;
  pools.concurrency = tasks_in_batch;
  start_pools(*inside, pools);
  auto completed = [](const task_result& each) { return each.status == task_status::completed; };
  auto run = [&](std::int64_t n) {
    return run_client<batch_result>(
        inside->system(), inside->manager(), {n, batches_in_flight},
        [] { return fresh_batch(tasks_in_batch); },
        [=](const batch_result& answer) {
          return answer.results.size() == tasks_in_batch &&
                 std::ranges::all_of(answer.results, completed);
        });
  };
  return speed_of(run, batches, tasks_in_batch);
}

} // namespace

int main(int argc, char** argv) {
  auto how = parse(argc, argv);
  report results{"batches", how};
  auto batches = how.scaled(15'000);
  for (const auto& scheduler : how.schedulers_or({"stealing", "sharing"})) {
    auto what = "tasks in batches of 100, 20 batches in flight, " + scheduler;
    auto& speed = results.number(what, "tasks/s");
    auto& cpu = results.number(what + ", CPU", "us/task");
    if (scheduler == "stealing")
      speed.at_least(1'500'000);
    run_beside_floor(
        how,
        [&] { return floor::measure(how, scheduler, batches, batches_in_flight, tasks_in_batch); },
        [&] { return measure(how, scheduler, batches); }, speed, cpu);
  }
}
