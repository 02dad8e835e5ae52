// SPDX-License-Identifier: MIT
#include "cli/top/reader.hpp"

#include <algorithm>

namespace mahavishnu::cli::top {

namespace {

/// Tasks whose workers are asked for with one picture; the others follow with the next ones.
constexpr int most_descriptions = 4;

} // namespace

result<snapshot> snapshot_reader::read(session& server, const snapshot_wish& wish) {
  snapshot now;
  auto status = server.ask<server_status>(get_status{}, limit);
  if (!status)
    return status.error();
  auto pools = server.ask<pool_list>(list_pools{}, limit);
  if (!pools)
    return pools.error();
  now.server = std::move(*status);
  now.pools = std::move(pools->pools);
  std::erase_if(now.pools, [&](const pool_info& x) { return !has_pool(wish, x.pool.value); });
  if (wish.metrics && !now.pools.empty()) {
    auto all = server.ask<aggregated_results>(aggregate_results{wish.pools}, limit);
    if (!all)
      return all.error();
    for (auto& [id, each] : all->pools)
      now.metrics.emplace(id, each.metrics);
  }
  if (wish.tasks)
    if (auto done = add_tasks(server, wish, now); !done)
      return done.error();
  if (wish.workers)
    if (auto done = add_workers(server, wish, now); !done)
      return done.error();
  now.taken = clock::now();
  return now;
}

result<std::vector<task_line>> snapshot_reader::tasks(session& server, const snapshot_wish& wish,
                                                      const std::string& status) {
  list_tasks question;
  question.pool = wish.tasks_of;
  if (question.pool.empty() && wish.pools.size() == 1)
    question.pool = wish.pools.front();
  question.status = status;
  question.limit = wish.limit;
  auto list = server.ask<task_list>(question, limit);
  if (!list)
    return list.error();
  return std::move(list->tasks);
}

result<void> snapshot_reader::add_tasks(session& server, const snapshot_wish& wish, snapshot& now) {
  auto newest = tasks(server, wish, {});
  if (!newest)
    return newest.error();
  now.tasks = std::move(*newest);
  for (auto status : {task_status::running, task_status::queued})
    if (misses(now, status, wish)) {
      auto more = tasks(server, wish, std::string{to_string(status)});
      if (!more)
        return more.error();
      now.tasks.insert(now.tasks.end(), more->begin(), more->end());
    }
  std::erase_if(now.tasks, [&](const task_line& x) { return !has_tasks_of(wish, x.pool.value); });
  put_in_order(now.tasks, wish.limit);
  now.has_tasks = true;
  return {};
}

result<void> snapshot_reader::add_workers(session& server, const snapshot_wish& wish,
                                          snapshot& now) {
  // Single workers belong to no pool.
  if (wish.pools.empty()) {
    auto single = server.ask<worker_list>(list_workers{}, limit);
    if (!single)
      return single.error();
    now.workers = std::move(single->workers);
  }
  decltype(known_) still;
  int asked = 0;
  for (const auto& task : now.tasks) {
    if (task.status != task_status::running)
      continue;
    std::pair attempt{task.task, task.attempts};
    auto found = known_.find(attempt);
    if (found == known_.end() && asked < most_descriptions) {
      ++asked;
      auto about = server.ask<task_info>(describe_task{task.task}, limit);
      if (!about && about.error().code == errc::unreachable)
        return about.error();
      if (about && !about->history.empty() && !about->history.back().worker.empty())
        found = known_.emplace(attempt, about->history.back().worker).first;
    }
    if (found != known_.end()) {
      now.worker_of.emplace(task.task, found->second);
      still.insert(*found);
    }
  }
  known_ = std::move(still);
  now.has_workers = true;
  return {};
}

} // namespace mahavishnu::cli::top
