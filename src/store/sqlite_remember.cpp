// SPDX-License-Identifier: MIT
#include "store/sqlite_remember.hpp"

#include "base/text.hpp"
#include "store/content_hash.hpp"
#include "store/facets.hpp"
#include "store/field_sum.hpp"
#include "store/saturating.hpp"
#include "store/sqlite_memory_care.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace mahavishnu::store {

namespace {

constexpr wall_time week = wall_time{7} * 24 * 3600 * 1000;
/// How rare a word is need not be known exactly: of many documents, one in so many is counted.
constexpr std::uint64_t count_each = 16;
constexpr std::uint64_t count_all_below = 1000;
/// Above this, the known words are forgotten and read again.
constexpr std::size_t most_known_words = 200'000;

std::int64_t week_of(wall_time at) {
  return at / week - (at % week < 0 ? 1 : 0);
}

/// What has no content is the same as what was asked for in the same words.
std::int64_t hash_of_content(const memory_record& record) {
  content_hash hash;
  hash.add(record.content);
  if (record.content.empty())
    hash.add(record.title);
  return hash.value();
}

} // namespace

result<bool> remembering::add(const memory_record& record) {
  if (record.title.size() > most_bytes_of_title) {
    auto shorter = record;
    shorter.title = first_bytes(record.title, most_bytes_of_title);
    return add(shorter);
  }
  task_key key{record.task};
  {
    sqlite_run row{at_->has_record, blob{key.bytes()}};
    if (row.next()) {
      if (row.bytes(0) != key.bytes()) // what leads to records has led to another one
        return failed(SQLITE_CORRUPT);
      return false;
    }
    if (row.failure() != SQLITE_OK)
      return failed(row.failure());
  }
  auto pool = pool_of(record);
  if (!pool)
    return pool.error();
  auto tags = tags_of(record);
  if (!tags)
    return tags.error();
  auto last_content = state_->last_content;
  auto content = content_of(record);
  if (!content)
    return content.error();
  auto document = document_of(record, *content, *pool, facets_of(*pool, record.status, *tags));
  if (!document)
    return document.error();

  ++document->times;
  document->first_at = std::min(document->first_at, record.at);
  document->newest_at = std::max(document->newest_at, record.at);
  state_->late = std::max(state_->late, span_between(record.at, document->reached));
  if (int code = at_->write(*document); code != SQLITE_OK)
    return failed(code);
  record_row row{record.task, document->id, record.at, record.worker.value};
  if (int code = run(sqlite_run{at_->put_record, blob{key.bytes()}, row.document, row.at,
                                row.worker, row.sum()});
      code != SQLITE_OK)
    return failed(code);
  ++state_->records;
  if (auto noted = note_use(*content, record.at, *content > last_content); !noted)
    return noted.error();
  return true;
}

result<void> remembering::finish() {
  for (const auto& [id, pool] : pools_)
    if (int code = at_->write(pool); code != SQLITE_OK)
      return failed(code);
  for (const auto& [word, documents] : words_)
    if (int code = run(sqlite_run{at_->put_word, word, documents}); code != SQLITE_OK)
      return failed(code);
  if (known_->size() > most_known_words)
    known_->clear();
  for (auto& [word, documents] : words_)
    known_->insert(word);
  if (int code = at_->write_texts(); code != SQLITE_OK)
    return failed(code);
  return {};
}

result<std::int64_t> remembering::pool_of(const memory_record& record) {
  auto [at, is_new] = pools_.try_emplace(record.pool.value);
  auto& pool = at->second;
  if (is_new) {
    sqlite_run row{at_->pool_by_id, record.pool.value};
    if (row.next()) {
      auto read = at_->read_pool(row);
      auto known = read ? std::move(read) : pool_again(row.number(0), record);
      if (!known)
        return known.error();
      pool = std::move(*known);
    } else {
      if (row.failure() != SQLITE_OK)
        return failed(row.failure());
      pool.id = record.pool.value;
      pool.name = record.pool_name;
      pool.type = record.pool_type;
      pool.newest_at = record.at;
      // For its number.
      if (int code = run(sqlite_run{at_->add_pool, std::optional<std::int64_t>{}, pool.id,
                                    pool.name, pool.type, 0, 0, 0});
          code != SQLITE_OK)
        return failed(code);
      pool.number = sqlite3_last_insert_rowid(at_->connection.get());
    }
  }
  ++pool.records;
  if (!record.pool_name.empty()) { // of some tasks it is not known any more
    pool.name = record.pool_name;
    pool.type = record.pool_type;
  }
  pool.newest_at = std::max(pool.newest_at, record.at);
  return pool.number;
}

/// A damaged one, counted again.
result<pool_row> remembering::pool_again(std::int64_t number, const memory_record& record) {
  sqlite_run row{at_->pool_by_number, number};
  if (!row.next() || row.bytes(1) != record.pool.value) // the list of ids has led to another one
    return failed(row.failure() != SQLITE_OK ? row.failure() : SQLITE_CORRUPT);
  pool_row pool{number, record.pool.value, record.pool_name, record.pool_type, 0, 0};
  if (auto counted = count_pool_again(*at_, pool); !counted)
    return counted.error();
  warnings_->push_back("the record of pool '" + pool.id + "' in " + at_->connection.name() +
                       " was damaged and was counted again: " + std::to_string(pool.records) +
                       " records");
  return pool;
}

result<std::vector<std::int64_t>> remembering::tags_of(const memory_record& record) {
  std::set<std::int64_t> numbers;
  for (const auto& tag : record.tags) {
    auto [at, is_new] = tags_.try_emplace(tag);
    if (is_new) {
      sqlite_run row{at_->tag_number, tag};
      if (row.next()) {
        at->second = row.number(0);
        sqlite_run there{at_->tag_by_number, at->second};
        if (!there.next() || there.bytes(0) != tag) // the list of tags has led to another one
          return failed(there.failure() != SQLITE_OK ? there.failure() : SQLITE_CORRUPT);
      } else {
        if (row.failure() != SQLITE_OK)
          return failed(row.failure());
        sqlite_run largest{at_->last_tag};
        if (!largest.next())
          return failed(largest.failure());
        at->second = largest.number(0) + 1;
        if (int code =
                run(sqlite_run{at_->put_tag, at->second, tag, field_sum::of(at->second, tag)});
            code != SQLITE_OK)
          return failed(code);
      }
    }
    numbers.insert(at->second);
  }
  return std::vector<std::int64_t>(numbers.begin(), numbers.end());
}

result<std::int64_t> remembering::content_of(const memory_record& record) {
  auto hash = hash_of_content(record);
  {
    sqlite_run row{at_->find_content, hash, blob{record.content}};
    while (row.next())
      if (row.number(1) == field_sum::of(row.number(0), record.content) &&
          (!record.content.empty() || was_asked_for(row.number(0), record.title)))
        return row.number(0);
    if (row.failure() != SQLITE_OK)
      return failed(row.failure());
  }
  auto id = ++state_->last_content;
  if (int code = run(sqlite_run{at_->put_content, id, hash, field_sum::of(id, record.content),
                                blob{record.content}});
      code != SQLITE_OK)
    return failed(code);
  ++state_->contents;
  if (!targets_) {
    auto enabled = enabled_targets(*at_);
    if (!enabled)
      return enabled.error();
    targets_ = std::move(*enabled);
  }
  for (auto target : *targets_)
    if (int code = write(*at_, outbox_row{target, id}); code != SQLITE_OK)
      return failed(code);
  return id;
}

/// Whether this content, which is none, is that of tasks with this title.
bool remembering::was_asked_for(std::int64_t content, const std::string& title) const {
  sqlite_run row{at_->documents_of_content, content};
  if (!row.next())
    return false;
  auto document = at_->read_document(row);
  return document && document->title == title;
}

result<document_row> remembering::document_of(const memory_record& record, std::int64_t content,
                                              std::int64_t pool, std::string facets) {
  document_row document;
  document.content = content;
  document.pool = pool;
  document.status = record.status;
  document.week = week_of(record.at);
  document.facets = std::move(facets);
  document.worker_type = record.worker_type;
  document.title = record.title;
  content_hash hash;
  hash.add(document.week);
  hash.add(document.facets);
  hash.add(document.worker_type);
  hash.add(document.title);
  document.hash = hash.value();
  {
    sqlite_run row{at_->documents_by_hash, document.content, document.hash};
    while (row.next()) {
      auto there = at_->read_document(row);
      // A damaged one is left alone.
      if (there && there->content == document.content && there->week == document.week &&
          there->facets == document.facets && there->worker_type == document.worker_type &&
          there->title == document.title)
        return there;
    }
    if (row.failure() != SQLITE_OK)
      return failed(row.failure());
  }
  document.id = ++state_->last_document;
  state_->reached = std::max(state_->reached, record.at);
  document.reached = state_->reached;
  document.first_at = record.at;
  document.newest_at = record.at;
  document.size = record.title.size() + record.content.size();
  ++state_->documents;
  state_->size += document.size;
  if (auto put = put_text(document, record); !put)
    return put.error();
  return document;
}

result<void> remembering::put_text(const document_row& document, const memory_record& record) {
  if (int code = run(
          sqlite_run{at_->put_text, document.id, document.title, record.content, document.facets});
      code != SQLITE_OK)
    return failed(code);
  count_words(document, record.content);
  return {};
}

void remembering::count_words(const document_row& document, const std::string& content) {
  bool is_counted = state_->documents <= count_all_below ||
                    document.id % static_cast<std::int64_t>(count_each) == 0;
  state_->counted += is_counted ? 1 : 0;
  std::set<std::string, std::less<>> counted;
  auto take = [&](std::string_view word, std::size_t, std::size_t) {
    if (is_counted) {
      counted.emplace(word);
      return true;
    }
    std::string key{word};
    if (!known_->contains(key))
      words_.try_emplace(std::move(key));
    return true;
  };
  cut_(document.title, take);
  cut_(content, take);
  for (const auto& word : counted)
    ++words_[word];
}

result<void> remembering::note_use(std::int64_t content, wall_time newest_at, bool is_new) {
  auto known = is_new ? result<std::optional<use_row>>{use_row{content, newest_at, 0}}
                      : at_->read_use(content);
  if (!known)
    return known.error();
  if (*known) {
    ++(*known)->times;
    (*known)->newest_at = std::max((*known)->newest_at, newest_at);
  }
  auto use = *known ? result<use_row>{**known} : count_use_again(*at_, content);
  if (!use)
    return use.error();
  if (int code = at_->write(*use); code != SQLITE_OK)
    return failed(code);
  return {};
}

} // namespace mahavishnu::store
