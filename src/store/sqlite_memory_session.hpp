// SPDX-License-Identifier: MIT
#pragma once

#include "store/memory_records.hpp"
#include "store/sqlite_file.hpp"
#include "store/sqlite_words.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mahavishnu::store {

// -- rows: see the schema for what they mean
// -------------------------------------------------------

struct pool_row {
  std::int64_t number = 0;
  std::string id;
  std::string name;
  std::string type;
  std::uint64_t records = 0;
  wall_time newest_at = 0;

  std::uint32_t sum() const;
};

struct document_row {
  std::int64_t id = 0;
  std::int64_t hash = 0;
  std::int64_t content = 0;
  std::int64_t pool = 0;
  std::uint8_t status = 0;
  std::int64_t week = 0;
  wall_time reached = 0;
  wall_time first_at = 0;
  wall_time newest_at = 0;
  std::uint64_t times = 0;
  std::uint64_t size = 0;
  std::string facets;
  std::string worker_type;
  std::string title;

  std::uint32_t sum() const;
};

struct record_row {
  task_id task;
  std::int64_t document = 0;
  wall_time at = 0;
  std::string worker;

  std::uint32_t sum() const;
};

struct use_row {
  std::int64_t content = 0;
  wall_time newest_at = 0;
  std::uint64_t times = 0;

  std::uint32_t sum() const;
};

struct memory_state {
  std::string cursor;
  std::uint64_t records = 0;
  std::uint64_t contents = 0;
  std::uint64_t documents = 0;
  std::uint64_t size = 0;
  std::uint64_t counted = 0;
  wall_time reached = 0;
  wall_time late = 0;
  std::int64_t last_content = 0;
  std::int64_t last_document = 0;
  std::string swept;

  bool operator==(const memory_state&) const = default;
  std::uint32_t sum() const;
};

/// An open memory with all that is ever asked of it, prepared.
struct sqlite_memory_session {
  static const sqlite_file_kind& kind();
  static result<sqlite_memory_session> open(const std::string& path, sqlite_use use);

  sqlite_connection connection;
  log_emptying log;
  sqlite_words words;

  sqlite_statement pool_by_id, pool_by_number, pool_numbers, add_pool, put_pool, drop_pool, pools;
  sqlite_statement tag_number, tag_by_number, last_tag, put_tag, drop_tag;
  sqlite_statement find_content, content_by_id, put_content, drop_content;
  sqlite_statement use_of, add_use, put_use, drop_use, newest_uses;
  sqlite_statement documents_by_hash, document_by_id, documents_of_content, add_document,
      put_document, drop_document, reached_from, documents_between;
  sqlite_statement has_record, record_by_task, put_record, drop_record, records_by_age,
      records_backwards, newest_record, count_records;
  sqlite_statement put_text, drop_text, ranked_texts, filtered_texts, text_with;
  sqlite_statement put_word, words_from, common_words, word_documents, words_behind, word_is_used,
      drop_word;
  sqlite_statement state, add_state, put_state, any_record;
  sqlite_statement target_by_name, target_by_number, targets, last_target, add_target, put_target;
  sqlite_statement contents_not_for, add_outgoing, put_outgoing, outgoing_due, outgoing_by_content,
      outgoing_of_content, drop_outgoing, count_outgoing;

  // -- reading ----------------------------------------------------------------------------------
  // What is damaged is an error that names it.

  /// The row of a statement that has all columns, in the order of the table.
  result<pool_row> read_pool(const sqlite_run& row) const;
  result<document_row> read_document(const sqlite_run& row, int column = 0) const;
  result<record_row> read_record(const sqlite_run& row) const;
  /// Nothing when it is damaged: all but the cursor can be counted again.
  result<std::optional<memory_state>> read_state() const;
  /// Nothing when it is damaged or missing: it can be counted again.
  result<std::optional<use_row>> read_use(std::int64_t content) const;
  result<document_row> document(std::int64_t id) const;
  result<std::string> content(std::int64_t id) const;
  /// Without its content.
  result<memory_record> whole(const record_row& record, const document_row& document) const;
  /// Nothing when there is none.
  result<std::optional<record_row>> record(const task_id& task) const;
  /// The newest one of a document that is not later than this.
  result<record_row> newest_of(const document_row& document, wall_time latest) const;

  // -- writing: SQLite's code -------------------------------------------------------------------

  int write(const pool_row& row) const;
  int write(const document_row& row) const;
  int write(const use_row& row) const;
  int write(const memory_state& row) const;
  /// What was added to the index of words and taken from it. A commit would do the same, where
  /// nobody could tell any more that it was the index that is damaged.
  int write_texts() const;

  error damaged(const std::string& what) const;
  /// What could not be read: it is damaged, unless SQLite says something else.
  error unread(const std::string& what, int code) const;
  /// What reads have failed with since this was asked last, damage apart. Then all that was done
  /// with them has failed: what one disk could not read just now is not damaged.
  bool has_failed() const { return failure_ != SQLITE_OK; }
  int take_failure() const { return std::exchange(failure_, SQLITE_OK); }

private:
  mutable int failure_ = SQLITE_OK;
};

/// Runs a statement that gives nothing. SQLite's code.
inline int run(sqlite_run statement) {
  return statement.step() == SQLITE_DONE ? SQLITE_OK : statement.failure();
}

/// Whether the statement that was run last has found a row to change.
inline bool has_changed(const sqlite_connection& connection) {
  return sqlite3_changes(connection.get()) > 0;
}

/// Writes a row, whether it is there already or not. Never by an "insert or replace": SQLite makes
/// a savepoint for each of these, and at each savepoint the index of words writes all it has so
/// far.
template <class... Value>
int change_or_add(const sqlite_connection& connection, const sqlite_statement& to_change,
                  const sqlite_statement& to_add, const Value&... values) {
  int code = run(sqlite_run{to_change, values...});
  return code != SQLITE_OK || has_changed(connection) ? code : run(sqlite_run{to_add, values...});
}

} // namespace mahavishnu::store
