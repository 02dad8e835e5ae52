// SPDX-License-Identifier: MIT
#include "store/sqlite_forget.hpp"

#include "store/sqlite_outbox.hpp"

#include <algorithm>
#include <limits>
#include <map>
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
    if (auto swept = sweep_words(rows->size() * words_for_each); !swept)
      return swept.error();
    return rows->size();
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
    --state_.records;
    if (!record.row)
      return {};
    auto document = at_.document(record.row->document);
    if (!document) // nobody finds it any more, and it is in the way of nobody
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
    --state_.documents;
    state_.size -= document.size;
    return {};
  }

  result<void> leave_content(std::int64_t content) {
    use_row use{content, 0, 0};
    {
      sqlite_run row{at_.use_of, content};
      if (!row.next())
        return row.failure() == SQLITE_OK ? result<void>{} : failed(row.failure());
      use.newest_at = row.number(1);
      use.times = static_cast<std::uint64_t>(row.number(2));
      if (row.number(3) != use.sum()) {
        warnings_.push_back(at_.damaged("the count of content " + std::to_string(content)).message);
        return {};
      }
    }
    if (--use.times > 0) {
      if (int code = at_.write(use); code != SQLITE_OK)
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
  std::map<std::int64_t, pool_row> pools_;
};

} // namespace

result<std::size_t> forget_records(const sqlite_memory_session& at, memory_state& state,
                                   const retention& kept, std::size_t step,
                                   std::vector<std::string>& warnings) {
  return forgetting{at, state, warnings}.run(kept, step);
}

} // namespace mahavishnu::store
