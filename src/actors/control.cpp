// SPDX-License-Identifier: MIT
#include "actors/control.hpp"

#include "mahavishnu/messages/all.hpp"
#include "messages/registry.hpp"

#include <caf/actor_system.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace mahavishnu {

namespace {

constexpr std::chrono::seconds list_limit{6};
/// It may be about to close, which takes two.
constexpr std::chrono::seconds door_limit{5};

constexpr auto needs_a_directory =
    "periodic tasks and the memory need a state directory to be kept in; set state_dir (the memory "
    "also needs storage.enabled and pools.memory_aggregation_enabled, and the log says when it "
    "could not be opened)";

struct control_state {
  static inline const char* name = "control";

  control_actor::pointer self = nullptr;
  control_options options;
  control_targets targets;
  caf::actor_clock::time_point started;
  bool shutting_down = false;

  caf::result<server_status> status() {
    auto promise = self->make_response_promise<server_status>();
    auto answer = options.identity;
    answer.uptime = self->clock().now() - started;
    answer.shutting_down = shutting_down;
    self->request(targets.manager, list_limit, list_pools{})
        .then(
            [this, promise, answer](const pool_list& list) mutable {
              answer.pools_active = static_cast<std::int32_t>(list.pools.size());
              add_door(promise, std::move(answer));
            },
            [promise](const caf::error& failure) mutable {
              promise.deliver(to_caf(from_caf(failure, "the pool manager")));
            });
    return promise;
  }

  void add_door(caf::typed_response_promise<server_status> promise, server_status answer) {
    if (!targets.door) {
      promise.deliver(answer);
      return;
    }
    self->request(targets.door, door_limit, get_mcp_status{})
        .then(
            [promise, answer](const mcp_status& door) mutable {
              answer.mcp.url = door.url;
              promise.deliver(answer);
            },
            [promise, answer](const caf::error&) mutable { promise.deliver(answer); });
  }

  server_stopping stop() {
    if (!shutting_down) {
      shutting_down = true;
      options.on_shut_down();
    }
    return {options.identity.pid};
  }

  /// That actor answers in our place.
  template <class Answer, class Handle, class Question>
  caf::result<Answer> pass_on(const Handle& whom, const Question& question,
                              const char* why_nobody = needs_a_directory) {
    if (shutting_down)
      return to_caf({errc::shutting_down, "the server is shutting down and takes no new work"});
    if (!whom)
      return to_caf(
          {errc::unsupported, std::string{"there is nobody here who answers that: "} + why_nobody});
    return self->delegate(whom, question);
  }

  caf::result<mcp_status> to_door(const auto& question) {
    return pass_on<mcp_status>(targets.door, question,
                               "nothing listens for MCP clients in a program that embeds the "
                               "orchestrator; start a server with 'mahavishnu up'");
  }
};

control_actor::behavior_type control(control_actor::stateful_pointer<control_state> self,
                                     const control_options& options,
                                     const control_targets& targets) {
  auto& state = self->state;
  state.self = self;
  state.options = options;
  state.targets = targets;
  state.started = self->clock().now();
  // What cannot be parsed arrives as a message without content; CAF would print it.
  self->set_default_handler(caf::drop);
  return {
      [&state](const get_status&) { return state.status(); },
      [&state](const shut_down&) { return state.stop(); },
      [&state](const spawn_pool& x) {
        return state.pass_on<pool_spawned>(state.targets.manager, x);
      },
      [&state](const list_pools& x) { return state.pass_on<pool_list>(state.targets.manager, x); },
      [&state](const get_health& x) {
        return state.pass_on<pools_health>(state.targets.manager, x);
      },
      [&state](const aggregate_results& x) {
        return state.pass_on<aggregated_results>(state.targets.manager, x);
      },
      [&state](const execute_on_pool& x) {
        return state.pass_on<task_result>(state.targets.manager, x);
      },
      [&state](const describe_pool& x) {
        return state.pass_on<pool_description>(state.targets.manager, x);
      },
      [&state](const scale_pool& x) {
        return state.pass_on<pool_scaled>(state.targets.manager, x);
      },
      [&state](const drain_pool& x) {
        return state.pass_on<pool_drained>(state.targets.manager, x);
      },
      [&state](const resume_pool& x) {
        return state.pass_on<pool_resumed>(state.targets.manager, x);
      },
      [&state](const route_task& x) {
        return state.pass_on<task_result>(state.targets.manager, x);
      },
      [&state](const submit_task& x) {
        return state.pass_on<task_accepted>(state.targets.manager, x);
      },
      [&state](const retry_task& x) {
        return state.pass_on<task_accepted>(state.targets.manager, x);
      },
      [&state](const wait_task& x) { return state.pass_on<task_result>(state.targets.manager, x); },
      [&state](const cancel_task& x) {
        return state.pass_on<task_cancelled>(state.targets.manager, x);
      },
      [&state](const describe_task& x) {
        return state.pass_on<task_info>(state.targets.manager, x);
      },
      [&state](const list_tasks& x) { return state.pass_on<task_list>(state.targets.manager, x); },
      [&state](const execute_batch& x) {
        return state.pass_on<batch_result>(state.targets.manager, x);
      },
      [&state](const start_batch& x) {
        return state.pass_on<batch_started>(state.targets.manager, x);
      },
      [&state](const follow_batch& x) {
        return state.pass_on<batch_news>(state.targets.manager, x);
      },
      [&state](const cancel_batch& x) {
        return state.pass_on<batch_news>(state.targets.manager, x);
      },
      [&state](const close_pool& x) {
        return state.pass_on<pool_closed>(state.targets.manager, x);
      },
      [&state](const close_all_pools& x) {
        return state.pass_on<pools_closed>(state.targets.manager, x);
      },
      [&state](const publish& x) { return state.pass_on<published>(state.targets.manager, x); },
      [&state](const subscribe& x) { return state.pass_on<subscribed>(state.targets.feed, x); },
      [&state](const receive_notices& x) { return state.pass_on<notices>(state.targets.feed, x); },
      [&state](const unsubscribe& x) { return state.pass_on<unsubscribed>(state.targets.feed, x); },
      [&state](const get_feed_stats& x) {
        return state.pass_on<feed_stats>(state.targets.feed, x);
      },
      [&state](const spawn_workers& x) {
        return state.pass_on<workers_spawned>(state.targets.workers, x);
      },
      [&state](const execute_on_worker& x) {
        return state.pass_on<worker_result>(state.targets.workers, x);
      },
      [&state](const execute_on_workers& x) {
        return state.pass_on<worker_results>(state.targets.workers, x);
      },
      [&state](const collect_results& x) {
        return state.pass_on<worker_results>(state.targets.workers, x);
      },
      [&state](const list_workers& x) {
        return state.pass_on<worker_list>(state.targets.workers, x);
      },
      [&state](const close_worker& x) {
        return state.pass_on<workers_closed>(state.targets.workers, x);
      },
      [&state](const close_all_workers& x) {
        return state.pass_on<workers_closed>(state.targets.workers, x);
      },
      [&state](const get_workers_health& x) {
        return state.pass_on<workers_health>(state.targets.workers, x);
      },
      [&state](const list_worker_types& x) {
        return state.pass_on<worker_type_list>(state.targets.catalog, x);
      },
      [&state](const add_periodic& x) {
        return state.pass_on<periodic_info>(state.targets.periodic, x);
      },
      [&state](const list_periodic& x) {
        return state.pass_on<periodic_list>(state.targets.periodic, x);
      },
      [&state](const change_periodic& x) {
        return state.pass_on<periodic_info>(state.targets.periodic, x);
      },
      [&state](const launch_terminals& x) {
        return state.pass_on<terminals_launched>(state.targets.terminals, x);
      },
      [&state](const type_into_terminal& x) {
        return state.pass_on<typed_into_terminal>(state.targets.terminals, x);
      },
      [&state](const capture_terminals& x) {
        return state.pass_on<terminals_captured>(state.targets.terminals, x);
      },
      [&state](const resize_terminal& x) {
        return state.pass_on<terminal_info>(state.targets.terminals, x);
      },
      [&state](const list_terminals& x) {
        return state.pass_on<terminal_list>(state.targets.terminals, x);
      },
      [&state](const close_terminal& x) {
        return state.pass_on<terminals_closed>(state.targets.terminals, x);
      },
      [&state](const close_all_terminals& x) {
        return state.pass_on<terminals_closed>(state.targets.terminals, x);
      },
      [&state](const search_memory& x) {
        return state.pass_on<memory_found>(state.targets.memory, x);
      },
      [&state](const get_memory_stats& x) {
        return state.pass_on<memory_stats>(state.targets.memory, x);
      },
      [&state](const sync_memory& x) {
        return state.pass_on<memory_synced>(state.targets.memory, x);
      },
      [&state](const read_output& x) {
        return state.pass_on<task_output>(state.targets.outputs, x);
      },
      [&state](const get_mcp_status& x) { return state.to_door(x); },
      [&state](const change_mcp& x) { return state.to_door(x); },
  };
}

} // namespace

control_actor spawn_control(caf::actor_system& system, control_options options,
                            control_targets targets) {
  return system.spawn(control, std::move(options), std::move(targets));
}

} // namespace mahavishnu
