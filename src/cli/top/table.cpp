// SPDX-License-Identifier: MIT
#include "cli/top/table.hpp"

#include "base/text.hpp"
#include "cli/text.hpp"

#include <algorithm>
#include <cmath>

namespace mahavishnu::cli::top {

namespace {

constexpr std::size_t longest_prompt = 200;

table_cell number(std::int64_t value) {
  return {std::to_string(value), static_cast<double>(value)};
}

table_cell time(std::chrono::nanoseconds value, std::string text) {
  return {std::move(text), std::chrono::duration<double>(value).count()};
}

template <class Enum>
table_cell status(Enum value) {
  return {std::string{to_string(value)}, static_cast<double>(value)};
}

/// What runs comes first, then what waits, then what has ended.
table_cell status_of_task(task_status value) {
  return {std::string{to_string(value)},
          value == task_status::running ? -1 : static_cast<double>(value)};
}

table pools_of(const snapshot& now) {
  table all{{{.title = "NAME", .may_shrink = true},
             {.title = "TYPE", .is_rare = true},
             {.title = "STATUS"},
             {.title = "HEALTH"},
             {.title = "WORKERS", .is_number = true},
             {.title = "ACTIVE", .is_number = true},
             {.title = "QUEUED", .is_number = true},
             {.title = "DONE", .is_number = true},
             {.title = "FAILED", .is_number = true},
             {.title = "P95", .is_number = true, .is_rare = true},
             {.title = "MEMORY", .is_number = true, .is_rare = true}},
            {}};
  for (const auto& pool : now.pools) {
    auto measured = now.metrics.find(pool.pool.value);
    table_row row{pool.pool.value, {}, false, pool.pool.value, {}};
    row.cells = {{pool.name},
                 {pool.worker_type},
                 pool.draining ? table_cell{"draining", 100} : status(pool.status),
                 status(pool.health),
                 {std::to_string(pool.workers) + " (" + std::to_string(pool.min_workers) + "-" +
                      std::to_string(pool.max_workers) + ")",
                  static_cast<double>(pool.workers)},
                 number(pool.active_workers),
                 number(pool.queued),
                 number(pool.tasks_completed),
                 number(pool.tasks_failed),
                 {},
                 {}};
    if (measured != now.metrics.end()) {
      const auto& seen = measured->second;
      row.cells[9] = time(seen.p95_task_duration, seconds(seen.p95_task_duration));
      row.cells[10] = {std::to_string(std::lround(seen.memory_usage_mb)) + " MB",
                       seen.memory_usage_mb};
    }
    all.rows.push_back(std::move(row));
  }
  return all;
}

table tasks_of(const snapshot& now) {
  table all{{{.title = "TASK", .may_shrink = true, .keeps_end = true},
             {.title = "POOL", .may_shrink = true},
             {.title = "STATUS"},
             {.title = "TRIES", .is_number = true, .is_rare = true},
             {.title = "AGE", .is_number = true},
             {.title = "PROMPT", .may_shrink = true}},
            {}};
  for (const auto& task : now.tasks)
    all.rows.push_back({task.task.str(),
                        task.task,
                        is_final(task.status),
                        task.pool.value,
                        {{task.task.str()},
                         {task.pool_name},
                         status_of_task(task.status),
                         number(task.attempts),
                         time(task.age, age(task.age)),
                         {first_line(task.prompt, longest_prompt)}}});
  return all;
}

/// Workers of a pool have no list: those that run something are known by it, the others are
/// counted.
table workers_of(const snapshot& now) {
  table all{{{.title = "WORKER", .may_shrink = true},
             {.title = "POOL", .may_shrink = true},
             {.title = "STATUS"},
             {.title = "TASK", .may_shrink = true, .keeps_end = true},
             {.title = "AGE", .is_number = true},
             {.title = "PROMPT", .may_shrink = true}},
            {}};
  for (const auto& task : now.tasks) {
    if (task.status != task_status::running)
      continue;
    auto worker = now.worker_of.find(task.task);
    all.rows.push_back({task.task.str(),
                        task.task,
                        false,
                        task.pool.value,
                        {{worker == now.worker_of.end() ? "?" : worker->second.value},
                         {task.pool_name},
                         {"running", 0},
                         {task.task.str()},
                         time(task.age, age(task.age)),
                         {first_line(task.prompt, longest_prompt)}}});
  }
  for (const auto& pool : now.pools)
    if (auto idle = pool.workers - pool.active_workers; idle > 0)
      all.rows.push_back({pool.pool.value,
                          {},
                          false,
                          pool.pool.value,
                          {{std::to_string(idle) + (idle == 1 ? " worker" : " workers")},
                           {pool.name},
                           {"idle", 1},
                           {},
                           {},
                           {}}});
  for (const auto& each : now.workers)
    all.rows.push_back({each.worker.value,
                        {},
                        false,
                        {},
                        {{each.worker.value}, {}, {each.status, 2}, {}, {}, {each.worker_type}}});
  return all;
}

} // namespace

std::string_view title_of(page which) {
  switch (which) {
  case page::pools: return "Pools";
  case page::tasks: return "Tasks";
  case page::workers: break;
  }
  return "Workers";
}

table table_of(page which, const snapshot& now) {
  auto all = which == page::pools   ? pools_of(now)
             : which == page::tasks ? tasks_of(now)
                                    : workers_of(now);
  for (auto& row : all.rows)
    for (auto& cell : row.cells)
      cell.text = harmless(cell.text);
  return all;
}

void keep_matching(table& all, std::string_view text, const std::string& pool) {
  auto wanted = to_lower(text);
  std::erase_if(all.rows, [&](const table_row& row) {
    if (!pool.empty() && row.pool != pool)
      return true;
    return std::ranges::none_of(row.cells, [&](const table_cell& cell) {
      return to_lower(cell.text).find(wanted) != std::string::npos;
    });
  });
}

void sort_by(table& all, std::size_t column, bool is_reversed) {
  if (column >= all.columns.size()) {
    if (is_reversed)
      std::ranges::reverse(all.rows);
    return;
  }
  std::ranges::stable_sort(all.rows, [&](const table_row& a, const table_row& b) {
    const auto& left = is_reversed ? b.cells[column] : a.cells[column];
    const auto& right = is_reversed ? a.cells[column] : b.cells[column];
    return std::tie(left.rank, left.text) < std::tie(right.rank, right.text);
  });
}

grid grid_of(const table& all) {
  std::vector<grid::column> columns;
  for (const auto& each : all.columns)
    columns.push_back({.title = each.title,
                       .is_rare = each.is_rare,
                       .may_shrink = each.may_shrink && !each.keeps_end,
                       .is_number = each.is_number});
  grid lines{std::move(columns)};
  for (const auto& row : all.rows) {
    std::vector<std::string> cells;
    for (const auto& each : row.cells)
      cells.push_back(each.text);
    lines.add(std::move(cells));
  }
  return lines;
}

} // namespace mahavishnu::cli::top
