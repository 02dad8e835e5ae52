// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/messages/pool.hpp"
#include "mahavishnu/messages/server.hpp"
#include "mahavishnu/messages/worker.hpp"
#include "messages/json.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mahavishnu::cli::top {

using clock = std::chrono::steady_clock;

inline constexpr std::int32_t most_tasks = 500;

/// What is to be read for a picture. Pools and their counts are always there.
struct snapshot_wish {
  bool metrics = false;
  bool tasks = false;
  /// Single workers, and who runs the tasks that run.
  bool workers = false;
  /// Only these pools, by id; none: all.
  std::vector<std::string> pools;
  /// Tasks of this one only, by id; empty: of all of them.
  std::string tasks_of;
  std::int32_t limit = most_tasks;

  friend bool operator==(const snapshot_wish&, const snapshot_wish&) = default;
};

struct totals {
  std::int64_t running = 0;
  std::int64_t waiting = 0;
  std::int64_t completed = 0;
  std::int64_t failed = 0;
};

/// How things stand at one moment: the answers of the server, and nothing else. Nodes will be one
/// more of them.
struct snapshot {
  clock::time_point taken;
  server_status server;
  std::vector<pool_info> pools;
  std::map<std::string, pool_metrics> metrics; // by the id of the pool
  /// Those that have not ended first, then the newest first.
  std::vector<task_line> tasks;
  /// Which of the things that were wished for are here.
  bool has_tasks = false;
  bool has_workers = false;
  std::vector<worker_info> workers;
  /// As far as it is known.
  std::map<task_id, worker_id> worker_of;
  /// Tasks that ended each second since the picture before.
  std::optional<double> per_second;
};

totals totals_of(const snapshot& now);

/// Tasks that ended each second between two pictures; nothing when they cannot be compared.
std::optional<double> rate_between(const snapshot& before, const snapshot& now);

/// Whether a wish means that pool, and its tasks.
bool has_pool(const snapshot_wish& wish, const std::string& id);
bool has_tasks_of(const snapshot_wish& wish, const std::string& id);

/// Whether the newest tasks are not all that have that status, as far as the counts of the pools
/// tell.
bool misses(const snapshot& now, task_status status, const snapshot_wish& wish);

/// Those that have not ended first, each once, the newest first, and not more than that.
void put_in_order(std::vector<task_line>& tasks, std::int32_t limit);

json::value json_of(const snapshot& now);

} // namespace mahavishnu::cli::top
