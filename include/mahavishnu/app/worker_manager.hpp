// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/app/orchestrator.hpp"

#include <unordered_map>

namespace mahavishnu {

/// Workers outside of pools under the names that they had before there were pools. Deprecated: a
/// pool replaces its workers when they die, holds tasks that wait, and tries them again.
///
/// The orchestrator must outlive it.
class worker_manager {
public:
  explicit worker_manager(orchestrator& inside) : inside_(&inside) {}

  result<std::vector<worker_id>> spawn_workers(const std::string& worker_type, std::int32_t count);
  result<worker_result> execute_task(const worker_id& worker, const task_spec& task);
  /// One task for each worker; both lists are of one length.
  result<std::unordered_map<worker_id, worker_result>>
  execute_batch(const std::vector<worker_id>& workers, const std::vector<task_spec>& tasks);
  /// Status by worker; without any named, of all.
  result<std::unordered_map<worker_id, std::string>>
  monitor_workers(const std::vector<worker_id>& workers = {});
  /// The last results of those that have one.
  result<std::unordered_map<worker_id, worker_result>>
  collect_results(const std::vector<worker_id>& workers = {});
  result<void> close_worker(const worker_id& worker);
  /// How many there were.
  result<std::int32_t> close_all();
  result<std::vector<worker_info>> list_workers();
  result<workers_health> health_check();

private:
  orchestrator* inside_;
};

} // namespace mahavishnu
