// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/tools/bridge.hpp"
#include "mcp/tools/schema.hpp"

#include <vector>

namespace mahavishnu::mcp::server {

/// The answer of a tool that runs a task or waits for one: its result, or where it stands when it
/// takes longer than the call may.
json schema_of_run();

/// What all tools take that begin a task: `first`, and then the rest.
std::vector<schema::argument> with_task_arguments(std::vector<schema::argument> first);
/// The task that such arguments describe.
task_spec task_of(const tool_call& call);

schema::argument wait_argument();

/// A pool may let those wait who find it full, for as long as its `wait_limit` says.
inline constexpr std::chrono::hours submit_limit{24 * 31};

/// How a call ends whose task has.
tool_answer answer_of(const task_result& how);

/// Submits the task and waits for its end, for as long as the call says. Who gives up the call
/// cancels the task; who has been told its id does not. A client that knows tasks of its own gets
/// one at once, or when it has waited as long as it wanted to.
void run_task(const control_door& door, const call_ptr& call, const submit_task& wish);

/// Waits for a task in the same way, and cancels nothing.
void wait_for_task(const control_door& door, const call_ptr& call, const task_id& task);
/// The same without waiting.
void tell_result(const control_door& door, const call_ptr& call, const task_id& task);

} // namespace mahavishnu::mcp::server
