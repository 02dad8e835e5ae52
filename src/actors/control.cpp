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

struct control_state {
  static inline const char* name = "control";

  control_actor::pointer self = nullptr;
  control_options options;
  pool_manager_actor manager;
  caf::actor_clock::time_point started;
  bool shutting_down = false;

  caf::result<server_status> status() {
    auto promise = self->make_response_promise<server_status>();
    auto answer = options.identity;
    answer.uptime = self->clock().now() - started;
    answer.shutting_down = shutting_down;
    self->request(manager, list_limit, list_pools{})
        .then(
            [promise, answer](const pool_list& list) mutable {
              answer.pools_active = static_cast<std::int32_t>(list.pools.size());
              promise.deliver(answer);
            },
            [promise](const caf::error& failure) mutable {
              promise.deliver(to_caf(from_caf(failure, "the pool manager")));
            });
    return promise;
  }

  server_stopping stop() {
    if (!shutting_down) {
      shutting_down = true;
      options.on_shut_down();
    }
    return {options.identity.pid};
  }

  /// The manager answers in our place.
  template <class Answer, class Question>
  caf::result<Answer> pass_on(const Question& question) {
    if (shutting_down)
      return to_caf({errc::shutting_down, "the server is shutting down and takes no new work"});
    return self->delegate(manager, question);
  }
};

control_actor::behavior_type control(control_actor::stateful_pointer<control_state> self,
                                     const control_options& options,
                                     const pool_manager_actor& manager) {
  auto& state = self->state;
  state.self = self;
  state.options = options;
  state.manager = manager;
  state.started = self->clock().now();
  // What cannot be parsed arrives as a message without content; CAF would print it.
  self->set_default_handler(caf::drop);
  return {
      [&state](const get_status&) { return state.status(); },
      [&state](const shut_down&) { return state.stop(); },
      [&state](const spawn_pool& x) { return state.pass_on<pool_spawned>(x); },
      [&state](const list_pools& x) { return state.pass_on<pool_list>(x); },
      [&state](const execute_on_pool& x) { return state.pass_on<task_result>(x); },
      [&state](const route_task& x) { return state.pass_on<task_result>(x); },
      [&state](const close_pool& x) { return state.pass_on<pool_closed>(x); },
      [&state](const close_all_pools& x) { return state.pass_on<pools_closed>(x); },
  };
}

} // namespace

control_actor spawn_control(caf::actor_system& system, control_options options,
                            pool_manager_actor manager) {
  return system.spawn(control, std::move(options), std::move(manager));
}

} // namespace mahavishnu
