// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/error.hpp"
#include "store/journal_records.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What the memory keeps of tasks that have ended, and what is asked of it.
namespace mahavishnu::store {

/// What is behind so many bytes of a title is not remembered.
constexpr std::size_t most_bytes_of_title = 4096;

struct memory_record {
  task_id task;
  pool_id pool;
  /// Of the pool; what was said last holds for all that is of this pool.
  std::string pool_name;
  std::string pool_type;
  std::string worker_type;
  worker_id worker;
  std::uint8_t status = 0;
  wall_time at = 0;
  /// In whatever order they are given; they come back sorted, each once.
  std::vector<std::string> tags;
  /// What was asked for, up to `most_bytes_of_title`.
  std::string title;
  /// What came of it. Any bytes.
  std::string content;

  friend bool operator==(const memory_record&, const memory_record&) = default;
};

/// What became of a batch.
struct remembered {
  std::size_t added = 0;
  /// Those that were known already.
  std::size_t left_out = 0;

  friend bool operator==(const remembered&, const remembered&) = default;
};

// -- searching -----------------------------------------------------------------------------------

/// No page has more hits.
constexpr std::size_t most_hits = 1000;

/// What is looked for. All of it has to hold for a record.
struct memory_query {
  /// Words that are all in title or content; "a phrase" in quotes; a prefix* with a star. Upper and
  /// lower case and accents are the same. Empty: whatever they say, the newest first.
  std::string text;
  /// By id or by name; empty: all.
  std::vector<std::string> pools;
  /// Empty: all.
  std::vector<std::uint8_t> statuses;
  /// A record has to have each of them.
  std::vector<std::string> tags;
  std::optional<wall_time> from;
  /// Earlier than this.
  std::optional<wall_time> until;
  /// Of a page; no more than `most_hits`.
  std::size_t limit = 20;
  /// The `next` of the page before; empty: the first page.
  std::string page;
  /// After this, it stays with what was found by then. The last quarter of it is left to show the
  /// hits; the first one is shown in any case.
  std::chrono::milliseconds time{1000};
};

/// Around each match in a title and an excerpt. They are in neither otherwise.
constexpr char match_begin = '\x02';
constexpr char match_end = '\x03';

/// All that has the same content, or for want of one the same title, is one hit.
struct memory_hit {
  /// The newest of the records that match, without its content.
  memory_record newest;
  /// Its title, with its matches marked.
  std::string title;
  /// Some words of the content, with its matches marked.
  std::string excerpt;
  /// How many records that match have this content; of those that were looked at.
  std::uint64_t times = 0;
  /// Of the content.
  std::uint64_t bytes = 0;
};

struct memory_page {
  /// The best first; if no text was given, the newest.
  std::vector<memory_hit> hits;
  /// How many hits there are on all pages, if they were counted to the end.
  std::uint64_t total = 0;
  /// There are more than these: only the newest that match were looked at.
  bool has_more = false;
  /// The time was over before all was looked at or shown.
  bool is_cut = false;
  /// For the next page; empty: this is the last one. Pages of words and phrases do not repeat or
  /// leave out anything because of what is remembered meanwhile; those of prefixes and lists may.
  std::string next;
  /// An error for each record that would have been here and is damaged.
  std::vector<error> damaged;
};

// -- what there is -------------------------------------------------------------------------------

struct pool_memory {
  pool_id pool;
  std::string name;
  std::string type;
  std::uint64_t records = 0;
  /// When the newest of its tasks ended.
  wall_time newest = 0;

  friend bool operator==(const pool_memory&, const pool_memory&) = default;
};

struct memory_stats {
  std::uint64_t records = 0;
  /// Different ones.
  std::uint64_t contents = 0;
  /// On disk.
  std::uint64_t bytes = 0;
  /// By id.
  std::vector<pool_memory> pools;
};

// -- what is sent to others ----------------------------------------------------------------------

/// What waits is given in pieces of no more bytes of contents than these, and of one content at
/// least.
constexpr std::size_t most_bytes_waiting = std::size_t{8} << 20;

/// A content that a target has not got yet.
struct outgoing {
  /// For settle().
  std::int64_t number = 0;
  /// The newest one that has this content.
  memory_record record;
  /// How often it was tried.
  std::uint32_t tries = 0;
};

enum class delivery {
  /// The target has it.
  sent,
  /// Not now; it waits until the time that is said.
  failed,
  /// Not ever. It is kept as failed.
  given_up,
};

struct outcome {
  std::int64_t number = 0;
  delivery what = delivery::sent;
  /// Why it failed.
  std::string reason;
  /// When to try again.
  wall_time next = 0;
};

struct target_state {
  std::string target;
  /// Whether what is new is for it.
  bool is_enabled = false;
  std::uint64_t waiting = 0;
  std::uint64_t sent = 0;
  /// Those that were given up.
  std::uint64_t failed = 0;
  /// Those that were forgotten before they were sent.
  std::uint64_t forgotten = 0;
  /// Why the last one failed.
  std::string last_error;

  friend bool operator==(const target_state&, const target_state&) = default;
};

/// What a look at everything has found.
struct memory_report {
  std::uint64_t records = 0;
  std::uint64_t contents = 0;
  std::uint64_t bytes = 0;
  /// A sentence for each thing that is wrong.
  std::vector<std::string> problems;
};

} // namespace mahavishnu::store
