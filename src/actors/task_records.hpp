// SPDX-License-Identifier: MIT
#pragma once

#include "actors/pool_core.hpp"
#include "mahavishnu/messages/task.hpp"
#include "store/journal_records.hpp"
#include "store/memory_records.hpp"

#include <functional>

/// Tasks as the journal keeps them, and back.
namespace mahavishnu::records {

/// Names the worker of that number.
using worker_names = std::function<worker_id(std::uint32_t)>;

store::task_opened opened(const pool_id& pool, const pool_task& its, store::wall_time now);
store::task_moved moved(const pool_task& its, const worker_names& names);
store::task_ended ended(const pool_task& its, const task_result& how, const pool_config& where,
                        const worker_names& names, store::wall_time now);

/// Of one that is not gone on with; `where` is its pool, if that is known.
store::task_ended cancelled(const store::stored_task& kept, const pool_config* where,
                            const std::string& why, store::wall_time now);

/// What a server that finds the task goes on with. An error that names the task when its record
/// makes no sense.
result<restored_task> restored(const store::stored_task& kept, store::wall_time now);

/// Of a task that has ended.
result<task_result> result_of(const store::stored_task& kept);
result<task_info> info_of(const store::stored_task& kept, const std::string& pool_name);
result<task_line> line_of(const store::stored_task& kept, const std::string& pool_name,
                          store::wall_time now);

/// What it leaves behind; nothing when its pool does not want that. An error that names the task
/// when its record makes no sense.
result<std::optional<store::memory_record>> remembered(const store::stored_task& kept);

} // namespace mahavishnu::records
