// SPDX-License-Identifier: MIT
#include "store/sqlite_forget.hpp"

#include "store/facets.hpp"
#include "store/sqlite_memory_care.hpp"
#include "store/sqlite_outbox.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <utility>

namespace mahavishnu::store {

namespace {

/// So many words are looked at for each record that goes: more than a record mostly brings that
/// nobody else has.
constexpr std::size_t words_for_each = 4;

class forgetting {
public:
  forgetting(const sqlite_memory_session& at, memory_state& state,
             std::vector<std::string>& warnings)
      : at_(at), state_(state), warnings_(warnings) {}

  result<std::size_t> run(const retention& kept, std::size_t step) {
    auto rows = needless(kept, step);
    if (!rows)
      return rows.error();
    for (const auto& each : *rows)
      if (auto gone = forget(each); !gone)
        return gone.error();
    for (const auto& [number, pool] : pools_)
      if (int code = at_.write(pool); code != SQLITE_OK)
        return failed(code);
    if (auto forgotten = forget_tags(); !forgotten)
      return forgotten.error();
    if (auto swept = sweep_words(rows->size() * words_for_each); !swept)
      return swept.error();
    if (int code = at_.write_texts(); code != SQLITE_OK)
      return failed(code);
    return gone_;
  }

private:
  error failed(int code) const { return at_.connection.failure("write", code); }

  struct needless_record {
    /// As it is in the file.
    std::string key;
    /// Nothing when it is damaged.
    std::optional<record_row> row;
  };

  /// Unless it could not be read for another reason: then SQLite may have gone back already, and
  /// whatever came now would stay.
  result<void> leave_damaged(const error& why) {
    if (at_.has_failed())
      return why;
    warnings_.push_back(why.message);
    return {};
  }

  result<std::vector<needless_record>> needless(const retention& kept, std::size_t step) {
    auto excess = kept.most != 0 && state_.records > kept.most ? state_.records - kept.most : 0;
    std::vector<needless_record> rows;
    auto limit = static_cast<std::int64_t>(
        std::min<std::uint64_t>(step, std::numeric_limits<std::int64_t>::max()));
    sqlite_run row{at_.records_by_age, limit};
    while (row.next()) {
      if (rows.size() >= excess && row.number(2) >= kept.ended_before)
        break;
      auto read = at_.read_record(row);
      if (!read)
        warnings_.push_back(read.error().message);
      rows.push_back(
          {std::string{row.bytes(0)}, read ? std::optional{std::move(*read)} : std::nullopt});
    }
    if (row.failure() != SQLITE_OK)
      return at_.connection.failure("read", row.failure());
    return rows;
  }

  result<void> forget(const needless_record& record) {
    if (int code = store::run(sqlite_run{at_.drop_record, blob{record.key}}); code != SQLITE_OK)
      return failed(code);
    if (!has_changed(at_.connection)) // once more, or under no key
      return leave_damaged(at_.damaged("the list of the oldest records"));
    ++gone_;
    --state_.records;
    if (!record.row)
      return {};
    auto document = at_.document(record.row->document);
    if (!document) // it stays, and is named where it is found
      return leave_damaged(document.error());
    if (auto left = leave_pool(document->pool); !left)
      return left;
    if (--document->times > 0) {
      document->first_at = record.row->at; // none of the others is older
      if (int code = at_.write(*document); code != SQLITE_OK)
        return failed(code);
    } else if (auto gone = forget(*document); !gone) {
      return gone;
    }
    return leave_content(document->content);
  }

  result<void> forget(const document_row& document) {
    // The index has to be told what it had of it.
    if (auto content = at_.content(document.content)) {
      if (int code = store::run(sqlite_run{at_.drop_text, document.id, document.title,
                                           std::string_view{*content}, document.facets});
          code != SQLITE_OK)
        return failed(code);
    } else if (auto left = leave_damaged(content.error()); !left) {
      return left;
    }
    if (int code = store::run(sqlite_run{at_.drop_document, document.id}); code != SQLITE_OK)
      return failed(code);
    for (auto tag : tags_among(document.facets))
      tags_.insert(tag);
    --state_.documents;
    state_.size -= document.size;
    return {};
  }

  result<void> leave_content(std::int64_t content) {
    auto known = at_.read_use(content);
    if (!known)
      return known.error();
    if (*known)
      --(*known)->times;
    auto use = *known ? result<use_row>{**known} : count_use_again(at_, content);
    if (!use)
      return use.error();
    if (use->times > 0) {
      if (int code = at_.write(*use); code != SQLITE_OK)
        return failed(code);
      return {};
    }
    for (const auto* drop : {&at_.drop_use, &at_.drop_content})
      if (int code = store::run(sqlite_run{*drop, content}); code != SQLITE_OK)
        return failed(code);
    --state_.contents;
    return forget_outgoing(at_, content);
  }

  result<void> leave_pool(std::int64_t number) {
    auto [at, is_new] = pools_.try_emplace(number);
    if (is_new) {
      sqlite_run row{at_.pool_by_number, number};
      auto read =
          row.next()
              ? at_.read_pool(row)
              : result<pool_row>{at_.unread("pool " + std::to_string(number), row.failure())};
      if (!read) {
        pools_.erase(at);
        return leave_damaged(read.error());
      }
      at->second = std::move(*read);
    }
    --at->second.records;
    return {};
  }

  /// Those that no document has any more.
  result<void> forget_tags() {
    for (auto tag : tags_) {
      bool is_used = false;
      {
        const auto wanted = "facets : " + tag_facet(tag); // has to stay until it has run
        sqlite_run row{at_.text_with, wanted};
        is_used = row.next();
        if (row.failure() != SQLITE_OK)
          return at_.connection.failure("read", row.failure());
      }
      if (!is_used)
        if (int code = store::run(sqlite_run{at_.drop_tag, tag}); code != SQLITE_OK)
          return failed(code);
    }
    return {};
  }

  /// Looks at some words whether any text has them, a little further each time.
  result<void> sweep_words(std::size_t most) {
    if (most == 0)
      return {};
    std::vector<std::string> words;
    {
      sqlite_run row{at_.words_behind, state_.swept, static_cast<std::int64_t>(most)};
      while (row.next())
        words.emplace_back(row.bytes(0));
      if (row.failure() != SQLITE_OK)
        return at_.connection.failure("read", row.failure());
    }
    for (const auto& word : words) {
      bool is_used = false;
      {
        sqlite_run row{at_.word_is_used, word};
        is_used = row.next();
        if (row.failure() != SQLITE_OK)
          return at_.connection.failure("read", row.failure());
      }
      if (!is_used)
        if (int code = store::run(sqlite_run{at_.drop_word, word}); code != SQLITE_OK)
          return failed(code);
    }
    state_.swept = words.size() < most ? "" : words.back();
    return {};
  }

  const sqlite_memory_session& at_;
  memory_state& state_;
  std::vector<std::string>& warnings_;
  std::size_t gone_ = 0;
  std::map<std::int64_t, pool_row> pools_;
  /// Of the documents that are gone.
  std::set<std::int64_t> tags_;
};

} // namespace

result<std::size_t> forget_records(const sqlite_memory_session& at, memory_state& state,
                                   const retention& kept, std::size_t step,
                                   std::vector<std::string>& warnings) {
  return forgetting{at, state, warnings}.run(kept, step);
}

} // namespace mahavishnu::store
