// SPDX-License-Identifier: MIT
#include "actors/memory_words.hpp"

#include "base/rfc3339.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <charconv>

namespace mahavishnu::memory_words {

namespace {

constexpr std::int32_t most_hits = 100;
/// Of a hit; all of it is with the task.
constexpr std::size_t longest_content_of_hit = 8192;

std::string text_of_time(store::wall_time at) {
  return rfc3339(std::chrono::sys_time<std::chrono::milliseconds>{std::chrono::milliseconds{at}});
}

memory_metadata metadata_of(const store::memory_record& record) {
  memory_metadata about;
  about.type = "task_result";
  about.task = record.task;
  about.pool = record.pool;
  about.pool_name = record.pool_name.empty() ? record.pool.value : record.pool_name;
  about.pool_type = record.pool_type;
  about.worker_type = record.worker_type;
  about.worker = record.worker;
  about.status = static_cast<task_status>(record.status);
  about.timestamp = text_of_time(record.at);
  about.tags = record.tags;
  return about;
}

/// For people and for JSON.
std::string with_brackets(std::string text) {
  std::ranges::replace(text, store::match_begin, '[');
  std::ranges::replace(text, store::match_end, ']');
  return text;
}

} // namespace

std::string text_of(const store::end_position& position, const std::string& journal) {
  auto text = std::to_string(position.at) + " " + position.task.str();
  return journal.empty() ? text : text + " " + journal;
}

store::end_position position_of(const std::string& text, const std::string& journal) {
  store::end_position position;
  store::wall_time at = 0;
  const auto* end = text.data() + text.size();
  auto read = std::from_chars(text.data(), end, at);
  if (read.ec != std::errc{} || read.ptr == end)
    return {};
  std::string_view rest{read.ptr + 1, end};
  auto after_task = std::min(rest.find(' '), rest.size());
  auto task = task_id::parse(rest.substr(0, after_task));
  rest.remove_prefix(std::min(after_task + 1, rest.size()));
  if (!task || rest != journal)
    return {};
  position.at = at;
  position.task = *task;
  return position;
}

result<store::memory_query> query_of(const search_memory& wish) {
  store::memory_query query;
  query.text = wish.query;
  if (!wish.pool.empty())
    query.pools = {wish.pool};
  if (!wish.status.empty()) {
    auto status = enum_from_string<task_status>(wish.status);
    if (!status)
      return status.error();
    query.statuses = {static_cast<std::uint8_t>(*status)};
  }
  query.tags = wish.tags;
  if (wish.since.count() != 0)
    query.from = wish.since.count();
  if (wish.until.count() != 0)
    query.until = wish.until.count();
  if (wish.limit < 1 || wish.limit > most_hits)
    return error{errc::invalid_argument, "the limit " + std::to_string(wish.limit) +
                                             " is not between 1 and " + std::to_string(most_hits) +
                                             "; ask for less, and for further pages"};
  query.limit = static_cast<std::size_t>(wish.limit);
  query.page = wish.page;
  return query;
}

memory_record found(const store::memory_hit& hit,
                    const std::optional<store::memory_record>& whole) {
  memory_record record;
  record.title = hit.newest.title;
  if (whole)
    record.content = first_bytes(whole->content, longest_content_of_hit);
  record.metadata = metadata_of(hit.newest);
  record.snippet = with_brackets(hit.excerpt.empty() ? hit.title : hit.excerpt);
  record.times = static_cast<std::int64_t>(hit.times);
  return record;
}

memory_record sent(const store::memory_record& record) {
  memory_record outgoing;
  outgoing.title = record.title;
  outgoing.content = record.content;
  outgoing.metadata = metadata_of(record);
  return outgoing;
}

memory_of_pool about(const store::pool_memory& pool) {
  return {pool.pool, pool.name.empty() ? pool.pool.value : pool.name, pool.type,
          static_cast<std::int64_t>(pool.records), text_of_time(pool.newest)};
}

} // namespace mahavishnu::memory_words
