// SPDX-License-Identifier: MIT
#pragma once

#include "store/sqlite_memory_session.hpp"
#include "store/sqlite_outbox.hpp"

#include <map>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

namespace mahavishnu::store {

/// Words that are in the table of words for sure, so that most of a text need not be looked up.
using known_words = std::unordered_set<std::string>;

/// Writes a batch of records, within a transaction.
class remembering {
public:
  /// @pre the state is that of the memory.
  remembering(const sqlite_memory_session& at, memory_state& state, known_words& known,
              std::vector<std::string>& warnings)
      : at_(&at), state_(&state), known_(&known), warnings_(&warnings), cut_(at.words.cutter()) {}

  /// False: it is known already.
  result<bool> add(const memory_record& record);
  /// What is written once for all of them.
  result<void> finish();

private:
  result<std::int64_t> pool_of(const memory_record& record);
  result<pool_row> pool_again(std::int64_t number, const memory_record& record);
  result<std::vector<std::int64_t>> tags_of(const memory_record& record);
  result<std::int64_t> content_of(const memory_record& record);
  bool was_asked_for(std::int64_t content, const std::string& title) const;
  result<document_row> document_of(const memory_record& record, std::int64_t content,
                                   std::int64_t pool, std::string facets);
  result<void> put_text(const document_row& document, const memory_record& record);
  void count_words(const document_row& document, const std::string& content);
  result<void> note_use(std::int64_t content, wall_time newest_at, bool is_new);
  error failed(int code) const { return at_->connection.failure("write", code); }

  const sqlite_memory_session* at_;
  memory_state* state_;
  known_words* known_;
  std::vector<std::string>* warnings_;
  tokenizer cut_;
  std::map<std::string, pool_row> pools_;
  std::map<std::string, std::int64_t> tags_;
  /// For how many more documents these words count.
  std::map<std::string, std::uint64_t> words_;
  /// The enabled ones, once they are read.
  std::optional<std::vector<std::int64_t>> targets_;
};

} // namespace mahavishnu::store
