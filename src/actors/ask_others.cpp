// SPDX-License-Identifier: MIT
#include "actors/ask_definition.hpp"

namespace mahavishnu {

template void ask(caf::actor_system&, const control_actor&, const publish&,
                  std::chrono::milliseconds, std::function<void(result<published>)>);
template void ask(caf::actor_system&, const control_actor&, const subscribe&,
                  std::chrono::milliseconds, std::function<void(result<subscribed>)>);
template void ask(caf::actor_system&, const control_actor&, const receive_notices&,
                  std::chrono::milliseconds, std::function<void(result<notices>)>);
template void ask(caf::actor_system&, const control_actor&, const unsubscribe&,
                  std::chrono::milliseconds, std::function<void(result<unsubscribed>)>);
template void ask(caf::actor_system&, const control_actor&, const get_feed_stats&,
                  std::chrono::milliseconds, std::function<void(result<feed_stats>)>);
template void ask(caf::actor_system&, const control_actor&, const spawn_workers&,
                  std::chrono::milliseconds, std::function<void(result<workers_spawned>)>);
template void ask(caf::actor_system&, const control_actor&, const execute_on_worker&,
                  std::chrono::milliseconds, std::function<void(result<worker_result>)>);
template void ask(caf::actor_system&, const control_actor&, const execute_on_workers&,
                  std::chrono::milliseconds, std::function<void(result<worker_results>)>);
template void ask(caf::actor_system&, const control_actor&, const collect_results&,
                  std::chrono::milliseconds, std::function<void(result<worker_results>)>);
template void ask(caf::actor_system&, const control_actor&, const list_workers&,
                  std::chrono::milliseconds, std::function<void(result<worker_list>)>);
template void ask(caf::actor_system&, const control_actor&, const close_worker&,
                  std::chrono::milliseconds, std::function<void(result<workers_closed>)>);
template void ask(caf::actor_system&, const control_actor&, const close_all_workers&,
                  std::chrono::milliseconds, std::function<void(result<workers_closed>)>);
template void ask(caf::actor_system&, const control_actor&, const get_workers_health&,
                  std::chrono::milliseconds, std::function<void(result<workers_health>)>);
template void ask(caf::actor_system&, const control_actor&, const list_worker_types&,
                  std::chrono::milliseconds, std::function<void(result<worker_type_list>)>);
template void ask(caf::actor_system&, const control_actor&, const add_periodic&,
                  std::chrono::milliseconds, std::function<void(result<periodic_info>)>);
template void ask(caf::actor_system&, const control_actor&, const list_periodic&,
                  std::chrono::milliseconds, std::function<void(result<periodic_list>)>);
template void ask(caf::actor_system&, const control_actor&, const change_periodic&,
                  std::chrono::milliseconds, std::function<void(result<periodic_info>)>);
template void ask(caf::actor_system&, const control_actor&, const launch_terminals&,
                  std::chrono::milliseconds, std::function<void(result<terminals_launched>)>);
template void ask(caf::actor_system&, const control_actor&, const type_into_terminal&,
                  std::chrono::milliseconds, std::function<void(result<typed_into_terminal>)>);
template void ask(caf::actor_system&, const control_actor&, const capture_terminals&,
                  std::chrono::milliseconds, std::function<void(result<terminals_captured>)>);
template void ask(caf::actor_system&, const control_actor&, const resize_terminal&,
                  std::chrono::milliseconds, std::function<void(result<terminal_info>)>);
template void ask(caf::actor_system&, const control_actor&, const list_terminals&,
                  std::chrono::milliseconds, std::function<void(result<terminal_list>)>);
template void ask(caf::actor_system&, const control_actor&, const close_terminal&,
                  std::chrono::milliseconds, std::function<void(result<terminals_closed>)>);
template void ask(caf::actor_system&, const control_actor&, const close_all_terminals&,
                  std::chrono::milliseconds, std::function<void(result<terminals_closed>)>);
template void ask(caf::actor_system&, const control_actor&, const search_memory&,
                  std::chrono::milliseconds, std::function<void(result<memory_found>)>);
template void ask(caf::actor_system&, const control_actor&, const get_memory_stats&,
                  std::chrono::milliseconds, std::function<void(result<memory_stats>)>);
template void ask(caf::actor_system&, const control_actor&, const sync_memory&,
                  std::chrono::milliseconds, std::function<void(result<memory_synced>)>);
template void ask(caf::actor_system&, const control_actor&, const get_mcp_status&,
                  std::chrono::milliseconds, std::function<void(result<mcp_status>)>);
template void ask(caf::actor_system&, const control_actor&, const change_mcp&,
                  std::chrono::milliseconds, std::function<void(result<mcp_status>)>);

} // namespace mahavishnu
