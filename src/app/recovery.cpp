// SPDX-License-Identifier: MIT
#include "app/recovery.hpp"

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
  std::set<std::string> names;
  for (const auto& each : *pools) {
    auto config = packed::to<pool_config>(each.record);
    if (!config) {
      log::error("recovery", "the journal's record of the pool '{}' makes no sense to this version",
                 each.pool.value);
      continue;
    }
    place_of.emplace(each.pool.value, found.pools.size());
    names.insert(each.pool.value);
    found.pools.push_back({each.pool, std::move(*config), {}});
  }

  std::vector<store::change> cancelled;
  auto cancel = [&](const store::stored_task& task, const std::string& why) {
    log::warning("recovery", "task '{}' is cancelled: {}", task.task.str(), why);
    cancelled.emplace_back(records::cancelled(task, why, now));
  };
  journal.each_open([&](result<store::stored_task> each) {
    auto task = each ? records::restored(*each, now) : result<restored_task>{each.error()};
    if (!task) {
      log::error("recovery", "{}", task.error().message);
      return;
    }
    auto pool = place_of.find(each->pool.value);
    if (pool == place_of.end())
      cancel(*each, "its pool was closed");
    else if (task->spec->cancel_with_requester)
      cancel(*each, "who asked for it has gone with the server");
    else
      found.pools[pool->second].tasks.push_back(std::move(*task));
  });
  if (!cancelled.empty())
    if (auto written = journal.apply(cancelled); !written)
      return written.error();

  if (keepers)
    for (const auto& [pool, runs] : keepers->take_over(names)) {
      auto& tasks = found.pools[place_of.at(pool)].tasks;
      for (const auto& run : runs) {
        auto which = attempt_of(run);
        auto task = which ? std::ranges::lower_bound(tasks, which->task, {}, &restored_task::task)
                          : tasks.end();
        if (task != tasks.end() && task->task == which->task && which->number > task->running) {
          if (task->running > 0)
            keepers->end(pool, task->task.str() + "." + std::to_string(task->running));
          task->running = which->number;
        } else {
          keepers->end(pool, run);
        }
      }
    }

  auto keyed = journal.keyed(keys);
  if (!keyed)
    return keyed.error();
  for (auto each = keyed->rbegin(); each != keyed->rend(); ++each)
    if (auto task = records::restored(*each, now))
      found.keys.push_back(
          {each->task, each->pool, std::move(task->spec), each->ended_at.has_value()});
  return found;
}

} // namespace mahavishnu
