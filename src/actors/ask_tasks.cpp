// SPDX-License-Identifier: MIT
#include "actors/ask_definition.hpp"

namespace mahavishnu {

template void ask(caf::actor_system&, const control_actor&, const route_task&,
                  std::chrono::milliseconds, std::function<void(result<task_result>)>);
template void ask(caf::actor_system&, const control_actor&, const submit_task&,
                  std::chrono::milliseconds, std::function<void(result<task_accepted>)>);
template void ask(caf::actor_system&, const control_actor&, const retry_task&,
                  std::chrono::milliseconds, std::function<void(result<task_accepted>)>);
template void ask(caf::actor_system&, const control_actor&, const wait_task&,
                  std::chrono::milliseconds, std::function<void(result<task_result>)>);
template void ask(caf::actor_system&, const control_actor&, const cancel_task&,
                  std::chrono::milliseconds, std::function<void(result<task_cancelled>)>);
template void ask(caf::actor_system&, const control_actor&, const describe_task&,
                  std::chrono::milliseconds, std::function<void(result<task_info>)>);
template void ask(caf::actor_system&, const control_actor&, const list_tasks&,
                  std::chrono::milliseconds, std::function<void(result<task_list>)>);
template void ask(caf::actor_system&, const control_actor&, const read_output&,
                  std::chrono::milliseconds, std::function<void(result<task_output>)>);
template void ask(caf::actor_system&, const control_actor&, const execute_batch&,
                  std::chrono::milliseconds, std::function<void(result<batch_result>)>);
template void ask(caf::actor_system&, const control_actor&, const start_batch&,
                  std::chrono::milliseconds, std::function<void(result<batch_started>)>);
template void ask(caf::actor_system&, const control_actor&, const follow_batch&,
                  std::chrono::milliseconds, std::function<void(result<batch_news>)>);
template void ask(caf::actor_system&, const control_actor&, const cancel_batch&,
                  std::chrono::milliseconds, std::function<void(result<batch_news>)>);

} // namespace mahavishnu
