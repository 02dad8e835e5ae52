// SPDX-License-Identifier: MIT
#include "actors/ask_definition.hpp"

namespace mahavishnu {

template void ask(caf::actor_system&, const control_actor&, const get_status&,
                  std::chrono::milliseconds, std::function<void(result<server_status>)>);
template void ask(caf::actor_system&, const control_actor&, const shut_down&,
                  std::chrono::milliseconds, std::function<void(result<server_stopping>)>);
template void ask(caf::actor_system&, const control_actor&, const spawn_pool&,
                  std::chrono::milliseconds, std::function<void(result<pool_spawned>)>);
template void ask(caf::actor_system&, const control_actor&, const list_pools&,
                  std::chrono::milliseconds, std::function<void(result<pool_list>)>);
template void ask(caf::actor_system&, const control_actor&, const get_health&,
                  std::chrono::milliseconds, std::function<void(result<pools_health>)>);
template void ask(caf::actor_system&, const control_actor&, const aggregate_results&,
                  std::chrono::milliseconds, std::function<void(result<aggregated_results>)>);
template void ask(caf::actor_system&, const control_actor&, const execute_on_pool&,
                  std::chrono::milliseconds, std::function<void(result<task_result>)>);
template void ask(caf::actor_system&, const control_actor&, const describe_pool&,
                  std::chrono::milliseconds, std::function<void(result<pool_description>)>);
template void ask(caf::actor_system&, const control_actor&, const scale_pool&,
                  std::chrono::milliseconds, std::function<void(result<pool_scaled>)>);
template void ask(caf::actor_system&, const control_actor&, const drain_pool&,
                  std::chrono::milliseconds, std::function<void(result<pool_drained>)>);
template void ask(caf::actor_system&, const control_actor&, const resume_pool&,
                  std::chrono::milliseconds, std::function<void(result<pool_resumed>)>);
template void ask(caf::actor_system&, const control_actor&, const close_pool&,
                  std::chrono::milliseconds, std::function<void(result<pool_closed>)>);
template void ask(caf::actor_system&, const control_actor&, const close_all_pools&,
                  std::chrono::milliseconds, std::function<void(result<pools_closed>)>);

} // namespace mahavishnu
