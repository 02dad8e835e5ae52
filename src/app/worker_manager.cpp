// SPDX-License-Identifier: MIT
#include "mahavishnu/app/worker_manager.hpp"

namespace mahavishnu {

namespace {

result<std::unordered_map<worker_id, worker_result>>
by_worker(const result<worker_results>& answer) {
  if (!answer)
    return answer.error();
  std::unordered_map<worker_id, worker_result> results;
  for (const auto& each : answer->results)
    results.emplace(each.worker, each);
  return results;
}

} // namespace

result<std::vector<worker_id>> worker_manager::spawn_workers(const std::string& worker_type,
                                                             std::int32_t count) {
  auto answer = inside_->spawn_workers(worker_type, count).get();
  if (!answer)
    return answer.error();
  return std::move(answer->workers);
}

result<worker_result> worker_manager::execute_task(const worker_id& worker, const task_spec& task) {
  return inside_->execute_on_worker(worker, task).get();
}

result<std::unordered_map<worker_id, worker_result>>
worker_manager::execute_batch(const std::vector<worker_id>& workers,
                              const std::vector<task_spec>& tasks) {
  if (workers.size() != tasks.size())
    return error{errc::invalid_argument, std::to_string(workers.size()) + " workers and " +
                                             std::to_string(tasks.size()) +
                                             " tasks: give one task for each worker"};
  execute_on_workers batch;
  for (std::size_t i = 0; i < workers.size(); ++i)
    batch.tasks.push_back({workers[i], tasks[i]});
  return by_worker(inside_->execute_on_workers(batch).get());
}

result<std::unordered_map<worker_id, std::string>>
worker_manager::monitor_workers(const std::vector<worker_id>& workers) {
  auto answer = inside_->list_workers(workers).get();
  if (!answer)
    return answer.error();
  std::unordered_map<worker_id, std::string> statuses;
  for (const auto& each : answer->workers)
    statuses.emplace(each.worker, each.status);
  return statuses;
}

result<std::unordered_map<worker_id, worker_result>>
worker_manager::collect_results(const std::vector<worker_id>& workers) {
  return by_worker(inside_->collect_results(workers).get());
}

result<void> worker_manager::close_worker(const worker_id& worker) {
  auto answer = inside_->close_worker(worker).get();
  if (!answer)
    return answer.error();
  return {};
}

result<std::int32_t> worker_manager::close_all() {
  auto answer = inside_->close_all_workers().get();
  if (!answer)
    return answer.error();
  return answer->closed_count;
}

result<std::vector<worker_info>> worker_manager::list_workers() {
  auto answer = inside_->list_workers().get();
  if (!answer)
    return answer.error();
  return std::move(answer->workers);
}

result<workers_health> worker_manager::health_check() {
  return inside_->get_workers_health().get();
}

} // namespace mahavishnu
