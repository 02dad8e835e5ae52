// SPDX-License-Identifier: MIT
#include "actors/worker.hpp"
#include "mahavishnu/messages/all.hpp"

#include <caf/actor_system.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace mahavishnu {

namespace {

constexpr std::int32_t most_at_a_time = 10'000;

worker_actor::behavior_type noop(worker_actor::pointer self, std::uint32_t number) {
  self->set_default_handler(caf::drop);
  return {
      [number](const run_tasks& x) {
        tasks_ended answer;
        answer.worker = number;
        answer.ends.reserve(x.runs.size());
        for (const auto& each : x.runs) {
          auto& end = answer.ends.emplace_back();
          end.task = each.task;
          end.attempt = each.attempt;
          end.status = task_status::completed;
          end.exit_code = 0;
        }
        return answer;
      },
      [](const stop_run&) {},
      [](const measure_worker&) { return worker_usage{}; },
  };
}

} // namespace

worker_type noop_worker() {
  worker_type type;
  type.make = [](caf::actor_system& system, const std::shared_ptr<const worker_options>&,
                 const worker_identity& who) { return system.spawn(noop, who.number); };
  type.most_concurrency = most_at_a_time;
  type.description = "Completes at once, whatever the prompt: to try things.";
  type.recipe.prompt = prompt_mode::none;
  return type;
}

} // namespace mahavishnu
