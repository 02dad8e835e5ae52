// SPDX-License-Identifier: MIT
#include "cli/top/snapshot.hpp"

#include "base/rfc3339.hpp"

#include <algorithm>

namespace mahavishnu::cli::top {

totals totals_of(const snapshot& now) {
  totals all;
  for (const auto& pool : now.pools) {
    all.running += pool.active_workers;
    all.waiting += pool.queued;
    all.completed += pool.tasks_completed;
    all.failed += pool.tasks_failed;
  }
  return all;
}

std::optional<double> rate_between(const snapshot& before, const snapshot& now) {
  auto time = std::chrono::duration<double>(now.taken - before.taken).count();
  auto is_same_server = before.server.pid == now.server.pid;
  auto first = totals_of(before), last = totals_of(now);
  auto ended = last.completed + last.failed - first.completed - first.failed;
  if (time <= 0 || !is_same_server || ended < 0) // negative: a pool went, and took its counts along
    return std::nullopt;
  return static_cast<double>(ended) / time;
}

bool has_pool(const snapshot_wish& wish, const std::string& id) {
  return wish.pools.empty() || std::ranges::find(wish.pools, id) != wish.pools.end();
}

bool has_tasks_of(const snapshot_wish& wish, const std::string& id) {
  return has_pool(wish, id) && (wish.tasks_of.empty() || wish.tasks_of == id);
}

bool misses(const snapshot& now, task_status status, const snapshot_wish& wish) {
  if (now.tasks.size() < static_cast<std::size_t>(wish.limit))
    return false;
  std::int64_t there = 0;
  for (const auto& pool : now.pools)
    if (has_tasks_of(wish, pool.pool.value))
      there += status == task_status::running ? pool.active_workers : pool.queued;
  return std::ranges::count(now.tasks, status, &task_line::status) < there;
}

void put_in_order(std::vector<task_line>& tasks, std::int32_t limit) {
  auto order = [](const task_line& x) { return std::pair{!is_final(x.status), x.task}; };
  std::ranges::sort(tasks, std::greater{}, &task_line::task);
  auto same = [](const task_line& a, const task_line& b) { return a.task == b.task; };
  tasks.erase(std::unique(tasks.begin(), tasks.end(), same), tasks.end());
  std::ranges::stable_sort(tasks, std::greater{}, order);
  if (tasks.size() > static_cast<std::size_t>(limit))
    tasks.resize(static_cast<std::size_t>(limit));
}

json::value json_of(const snapshot& now) {
  auto all = totals_of(now);
  json::value object{
      {"time", rfc3339(std::chrono::floor<std::chrono::milliseconds>(
                   std::chrono::system_clock::now() -
                   std::chrono::floor<std::chrono::milliseconds>(clock::now() - now.taken)))},
      {"server", json::from(now.server)},
      {"tasks_running", all.running},
      {"tasks_waiting", all.waiting},
      {"tasks_completed", all.completed},
      {"tasks_failed", all.failed},
      {"tasks_per_second", nullptr}};
  if (now.per_second)
    object["tasks_per_second"] = *now.per_second;
  object["pools"] = json::value::array();
  for (const auto& each : now.pools) {
    auto pool = json::from(each);
    if (auto measured = now.metrics.find(each.pool.value); measured != now.metrics.end())
      pool["metrics"] = json::from(measured->second);
    object["pools"].push_back(std::move(pool));
  }
  object["tasks"] = json::value::array();
  for (const auto& each : now.tasks) {
    auto task = json::from(each);
    if (auto worker = now.worker_of.find(each.task); worker != now.worker_of.end())
      task["worker_id"] = worker->second.value;
    object["tasks"].push_back(std::move(task));
  }
  object["workers"] = json::value::array();
  for (const auto& each : now.workers)
    object["workers"].push_back(json::from(each));
  return object;
}

} // namespace mahavishnu::cli::top
