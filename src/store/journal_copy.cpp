// SPDX-License-Identifier: MIT
#include "store/journal_copy.hpp"

#include <utility>

namespace mahavishnu::store {

namespace {

/// What is read until it is written.
constexpr std::size_t copied_bytes = 8'000'000;
constexpr std::size_t copied_changes = 10'000;

constexpr std::size_t listed_at_once = 1000;

} // namespace

void journal_copy::take(stored_pool&& pool) {
  if (failed_)
    return;
  bytes_ += pool.record.size();
  changes_.emplace_back(pool_opened{std::move(pool.pool), std::move(pool.record)});
  if (bytes_ >= copied_bytes || changes_.size() >= copied_changes)
    write();
}

void journal_copy::take(result<stored_task>&& found) {
  if (failed_)
    return;
  if (!found)
    return fail(found.error());
  auto& task = *found;
  bytes_ += task.work.size() + task.progress.size() + task.result.size() + task.output.size() +
            task.error_output.size();
  changes_.emplace_back(task_opened{task.task, std::move(task.pool), task.status, task.opened_at,
                                    std::move(task.key), std::move(task.work)});
  if (task.ended_at)
    changes_.emplace_back(task_ended{task.task, task.status, *task.ended_at, task.attempt,
                                     std::move(task.progress), std::move(task.result),
                                     std::move(task.output), std::move(task.error_output)});
  else
    changes_.emplace_back(
        task_moved{task.task, task.status, task.attempt, std::move(task.progress)});
  if (bytes_ >= copied_bytes || changes_.size() >= copied_changes)
    write();
}

void journal_copy::fail(error why) {
  if (!failed_)
    failed_ = std::move(why);
}

void journal_copy::take_all(journal_store& from) {
  auto pools = from.pools();
  if (!pools)
    return fail(pools.error());
  for (auto& each : pools->damaged)
    fail(std::move(each));
  for (auto& each : pools->records)
    take(std::move(each));
  task_filter wanted;
  wanted.limit = listed_at_once;
  while (!failed_) {
    auto page = from.list(wanted);
    if (!page)
      return fail(page.error());
    for (auto& each : page->damaged)
      fail(std::move(each));
    if (page->records.empty())
      return;
    for (const auto& head : page->records) {
      auto whole = from.find(head.task);
      if (!whole)
        fail(whole.error());
      else if (*whole)
        take(std::move(**whole));
    }
    wanted.before = page->records.back().task;
  }
}

result<void> journal_copy::finish() {
  write();
  return failed_ ? result<void>{*failed_} : result<void>{};
}

void journal_copy::write() {
  if (failed_)
    return;
  if (auto written = write_(changes_); !written)
    failed_ = written.error();
  changes_.clear();
  bytes_ = 0;
}

} // namespace mahavishnu::store
