// SPDX-License-Identifier: MIT
#include "app/recovery.hpp"

#include "actors/process_recipe.hpp"
#include "actors/task_records.hpp"
#include "app/keepers.hpp"
#include "base/log.hpp"
#include "mahavishnu/messages/all.hpp"
#include "messages/packed.hpp"

#include <algorithm>
#include <charconv>
#include <unordered_map>

namespace mahavishnu {

namespace {

struct attempt {
  task_id task;
  std::int32_t number = 0;
};

/// The attempt that a run is; nothing when it is something else, such as what cleans up.
std::optional<attempt> attempt_of(const std::string& run) {
  auto dot = run.find('.');
  if (dot == std::string::npos)
    return std::nullopt;
  auto task = task_id::parse(std::string_view{run}.substr(0, dot));
  std::int32_t number = 0;
  auto [end, failure] = std::from_chars(run.data() + dot + 1, run.data() + run.size(), number);
  if (!task || failure != std::errc{} || end != run.data() + run.size() || number < 1)
    return std::nullopt;
  return attempt{*task, number};
}

} // namespace

result<recovery> recover(store::journal_store& journal, keepers* keepers, std::size_t keys,
                         store::wall_time now) {
  auto pools = journal.pools();
  if (!pools)
    return pools.error();
  recovery found;
  std::unordered_map<std::string, std::size_t> place_of;
  known_pools known;
  for (const auto& each : pools->damaged) {
    log::error("recovery", "{}; what is left of its tasks stays in the journal", each.message);
    known.is_complete = false;
  }
  for (const auto& each : pools->records) {
    auto config = packed::to<pool_config>(each.record);
    if (!config) {
      log::error("recovery",
                 "the journal's record of the pool '{}' makes no sense to this version; it and its "
                 "tasks wait for one that understands it",
                 each.pool.value);
      known.waiting.insert(each.pool.value);
      continue;
    }
    known.names.insert(each.pool.value);
    place_of.emplace(each.pool.value, found.pools.size());
    found.pools.push_back({each.pool, std::move(*config), {}});
  }

  std::vector<store::change> cancelled;
  auto cancel = [&](const store::stored_task& task, const std::string& why) {
    log::warning("recovery", "task '{}' is cancelled: {}", task.task.str(), why);
    cancelled.emplace_back(records::cancelled(task, why, now));
  };
  bool has_damaged_tasks = false;
  auto read = journal.each_open([&](result<store::stored_task> each) {
    auto task = each ? records::restored(*each, now) : result<restored_task>{each.error()};
    if (!task) {
      log::error("recovery", "{}", task.error().message);
      has_damaged_tasks = true;
      return;
    }
    auto pool = place_of.find(each->pool.value);
    if (pool == place_of.end()) {
      if (known.is_complete && !known.waiting.contains(each->pool.value))
        cancel(*each, "its pool was closed");
    } else if (task->spec->cancel_with_requester) {
      cancel(*each, "who asked for it has gone with the server");
    } else {
      if (!each->key.empty())
        found.keys.push_back({each->task, each->pool, task->spec, false});
      found.pools[pool->second].tasks.push_back(std::move(*task));
    }
  });
  if (!read)
    return read.error();
  auto keyed = journal.keyed(keys);
  if (!keyed)
    return keyed.error();
  for (const auto& each : keyed->damaged)
    log::error("recovery", "{}; its idempotency key is free again", each.message);
  for (auto each = keyed->records.rbegin(); each != keyed->records.rend(); ++each)
    if (each->ended_at)
      if (auto task = records::restored(*each, now))
        found.keys.push_back({each->task, each->pool, std::move(task->spec), true});
  if (!cancelled.empty())
    if (auto written = journal.apply(cancelled); !written)
      return written.error();

  if (!keepers)
    return found;
  auto left = keepers->take_over(known);
  if (!left)
    return left.error();
  for (const auto& [pool, runs] : *left) {
    auto& tasks = found.pools[place_of.at(pool)].tasks;
    for (const auto& run : runs) {
      if (run.ends_with(clean_up_suffix)) {
        keepers->let_end(pool, run);
        continue;
      }
      auto which = attempt_of(run);
      auto task = which ? std::ranges::lower_bound(tasks, which->task, {}, &restored_task::task)
                        : tasks.end();
      if (task != tasks.end() && task->task == which->task && which->number > task->running) {
        if (task->running > 0)
          keepers->end(pool, task->task.str() + "." + std::to_string(task->running));
        task->running = which->number;
      } else if (!has_damaged_tasks) {
        keepers->end(pool, run);
      } else {
        log::warning("recovery",
                     "run '{}' of pool '{}' is left alone: it may belong to a task whose "
                     "record is damaged",
                     run, pool);
      }
    }
  }
  return found;
}

} // namespace mahavishnu
