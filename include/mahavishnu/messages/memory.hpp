// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/ids.hpp"
#include "mahavishnu/messages/fields.hpp"
#include "mahavishnu/messages/task.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

namespace mahavishnu {

/// Search what ended tasks have left behind, over all pools; answered by `memory_found`.
struct search_memory {
  /// Words that all have to be there, "phrases" in quotes, and beginnings of words: `deploy*`.
  /// Empty: the newest.
  std::string query;
  /// Name or id of a pool; empty: all.
  std::string pool;
  /// Name of a `task_status` of ended tasks; empty: all.
  std::string status;
  /// All of these.
  std::vector<std::string> tags;
  /// Since 1970; of tasks that ended then or later, and before that. 0: whenever.
  std::chrono::milliseconds since{0};
  std::chrono::milliseconds until{0};
  std::int32_t limit = 20;
  /// From `next` of the page before this one; empty: the first page.
  std::string page;

  friend bool operator==(const search_memory&, const search_memory&) = default;
  static constexpr auto fields() {
    return std::tuple{
        field{"query", &search_memory::query},   field{"pool", &search_memory::pool},
        field{"status", &search_memory::status}, field{"tags", &search_memory::tags},
        field{"since", &search_memory::since},   field{"until", &search_memory::until},
        field{"limit", &search_memory::limit},   field{"page", &search_memory::page}};
  }
};

/// Where a record comes from.
struct memory_metadata {
  /// What it is: `task_result`.
  std::string type;
  task_id task;
  pool_id pool;
  std::string pool_name;
  std::string pool_type;
  std::string worker_type;
  worker_id worker;
  task_status status = task_status::completed;
  /// When the task ended: RFC 3339.
  std::string timestamp;
  std::vector<std::string> tags;

  friend bool operator==(const memory_metadata&, const memory_metadata&) = default;
  static constexpr auto fields() {
    return std::tuple{
        field{"type", &memory_metadata::type},
        field{"task_id", &memory_metadata::task},
        field{"pool_id", &memory_metadata::pool},
        field{"pool", &memory_metadata::pool_name},
        field{"pool_type", &memory_metadata::pool_type},
        field{"worker_type", &memory_metadata::worker_type},
        field{"worker_id", &memory_metadata::worker},
        field{"status", &memory_metadata::status},
        field{"timestamp", &memory_metadata::timestamp},
        field{"tags", &memory_metadata::tags},
    };
  }
};

/// What a task has left behind.
struct memory_record {
  /// What was asked for.
  std::string title;
  /// What came of it.
  std::string content;
  memory_metadata metadata;
  /// The part of it that was looked for; [what was found] stands in brackets.
  std::string snippet;
  /// How often the same was left behind; `metadata` is of the newest.
  std::int64_t times = 1;

  friend bool operator==(const memory_record&, const memory_record&) = default;
  static constexpr auto fields() {
    return std::tuple{
        field{"title", &memory_record::title}, field{"content", &memory_record::content},
        field{"metadata", &memory_record::metadata}, field{"snippet", &memory_record::snippet},
        field{"times", &memory_record::times}};
  }
};

struct memory_found {
  /// The best first.
  std::vector<memory_record> results;
  /// How many there are on all pages, or at least.
  std::int64_t total = 0;
  bool more_than_total = false;
  /// For the next page; empty: this was the last.
  std::string next;
  std::chrono::nanoseconds took{0};
  /// What could not be searched, a sentence each.
  std::vector<std::string> problems;

  friend bool operator==(const memory_found&, const memory_found&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"results", &memory_found::results},
                      field{"total", &memory_found::total},
                      field{"more_than_total", &memory_found::more_than_total},
                      field{"next", &memory_found::next},
                      field{"took", &memory_found::took},
                      field{"problems", &memory_found::problems}};
  }
};

/// Say what is in the memory, and how its synchronisation goes; answered by `memory_stats`.
struct get_memory_stats {
  friend bool operator==(const get_memory_stats&, const get_memory_stats&) = default;
  static constexpr auto fields() { return std::tuple<>{}; }
};

struct memory_of_pool {
  pool_id pool;
  std::string pool_name;
  std::string pool_type;
  std::int64_t memory_count = 0;
  /// RFC 3339.
  std::string newest;

  friend bool operator==(const memory_of_pool&, const memory_of_pool&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"pool_id", &memory_of_pool::pool},
                      field{"pool", &memory_of_pool::pool_name},
                      field{"pool_type", &memory_of_pool::pool_type},
                      field{"memory_count", &memory_of_pool::memory_count},
                      field{"newest", &memory_of_pool::newest}};
  }
};

/// A server that gets the records as well.
struct memory_target_stats {
  std::string service;
  std::string url;
  /// After too many failures in a row nothing is tried for a while.
  bool circuit_open = false;
  std::int64_t waiting = 0;
  std::int64_t sent = 0;
  /// Refused for good.
  std::int64_t failed = 0;
  /// Too old to be kept before they were sent.
  std::int64_t forgotten = 0;
  std::string last_error;

  friend bool operator==(const memory_target_stats&, const memory_target_stats&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"service", &memory_target_stats::service},
                      field{"url", &memory_target_stats::url},
                      field{"circuit_open", &memory_target_stats::circuit_open},
                      field{"waiting", &memory_target_stats::waiting},
                      field{"sent", &memory_target_stats::sent},
                      field{"failed", &memory_target_stats::failed},
                      field{"forgotten", &memory_target_stats::forgotten},
                      field{"last_error", &memory_target_stats::last_error}};
  }
};

struct memory_stats {
  std::int64_t records = 0;
  /// Equal ones count once.
  std::int64_t contents = 0;
  std::int64_t bytes = 0;
  std::vector<memory_of_pool> pools;
  std::vector<memory_target_stats> targets;

  friend bool operator==(const memory_stats&, const memory_stats&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"records", &memory_stats::records},
                      field{"contents", &memory_stats::contents},
                      field{"bytes", &memory_stats::bytes}, field{"pools", &memory_stats::pools},
                      field{"targets", &memory_stats::targets}};
  }
};

/// Collect what has ended, and send what waits, now; answered by `memory_synced`.
struct sync_memory {
  friend bool operator==(const sync_memory&, const sync_memory&) = default;
  static constexpr auto fields() { return std::tuple<>{}; }
};

struct memory_synced {
  /// That there are records of.
  std::int32_t pools = 0;
  /// Deliveries of this turn: a record that went to two servers counts twice.
  std::int64_t synced = 0;
  /// RFC 3339.
  std::string timestamp;
  /// Records that are new since the last time.
  std::int64_t collected = 0;
  std::int64_t sent = 0;
  std::int64_t failed = 0;
  std::int64_t waiting = 0;
  /// Why something waits, a sentence each.
  std::vector<std::string> problems;

  friend bool operator==(const memory_synced&, const memory_synced&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"pools_synced", &memory_synced::pools},
                      field{"memory_items_synced", &memory_synced::synced},
                      field{"timestamp", &memory_synced::timestamp},
                      field{"collected", &memory_synced::collected},
                      field{"sent", &memory_synced::sent},
                      field{"failed", &memory_synced::failed},
                      field{"waiting", &memory_synced::waiting},
                      field{"problems", &memory_synced::problems}};
  }
};

} // namespace mahavishnu
