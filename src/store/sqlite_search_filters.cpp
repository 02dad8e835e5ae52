// SPDX-License-Identifier: MIT
#include "store/sqlite_search_filters.hpp"

#include "store/facets.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace mahavishnu::store {

namespace {

constexpr std::int64_t max_id = std::numeric_limits<std::int64_t>::max();
constexpr wall_time week = wall_time{7} * 24 * 3600 * 1000;

class reading_filters {
public:
  reading_filters(const sqlite_memory_session& at, const memory_query& query,
                  const std::optional<memory_state>& state,
                  std::optional<std::int64_t> last_document)
      : at_(at), query_(query), state_(state), last_document_(last_document) {}

  result<search_filters> run() {
    if (!query_.pools.empty()) {
      std::vector<std::string> choice;
      for (const auto& pool : query_.pools) {
        sqlite_run row{at_.pool_numbers, pool};
        while (row.next())
          choice.push_back(pool_facet(row.number(0)));
        if (row.failure() != SQLITE_OK)
          return failed(row.failure());
      }
      filters_.is_for_nothing |= choice.empty();
      filters_.facets.push_back(std::move(choice));
    }
    if (!query_.statuses.empty()) {
      std::vector<std::string> choice;
      for (auto status : query_.statuses)
        choice.push_back(status_facet(status));
      filters_.facets.push_back(std::move(choice));
    }
    for (const auto& tag : query_.tags) {
      sqlite_run row{at_.tag_number, tag};
      if (row.next()) {
        sqlite_run there{at_.tag_by_number, row.number(0)};
        if (!there.next() || there.bytes(0) != tag) // the list of tags has led to another one
          return at_.unread("the list of tags", there.failure());
        filters_.facets.push_back({tag_facet(row.number(0))});
      } else
        filters_.is_for_nothing = true;
      if (row.failure() != SQLITE_OK)
        return failed(row.failure());
    }
    if (auto read = read_span(); !read)
      return read.error();
    return std::move(filters_);
  }

private:
  error failed(int code) const { return at_.connection.failure("search", code); }

  result<void> read_span() {
    filters_.last_document = state_ ? state_->last_document : max_id;
    if (last_document_)
      filters_.last_document = std::min(filters_.last_document, *last_document_);
    filters_.anchor = filters_.last_document;
    if (query_.until) {
      filters_.is_for_nothing |= *query_.until == min_time;
      filters_.last = earlier(*query_.until, 1);
    }
    filters_.first = query_.from.value_or(min_time);
    filters_.is_for_nothing |= filters_.first > filters_.last;
    if (!state_ || filters_.is_for_nothing)
      return {};
    // A document has records of a week, from when it was made on, or by so much older ones.
    if (query_.from && *query_.from > later(min_time, week)) {
      auto id = first_reaching(earlier(*query_.from, week));
      if (!id)
        return id.error();
      filters_.first_document = *id;
    }
    if (query_.until && filters_.last < earlier(max_time, state_->late) &&
        state_->late < max_time) {
      auto id = first_reaching(later(filters_.last, state_->late) + 1);
      if (!id)
        return id.error();
      filters_.last_document = std::min(filters_.last_document, *id - 1);
    }
    return {};
  }

  /// The id of the first document that was made when that time was reached, or one behind all.
  result<std::int64_t> first_reaching(wall_time time) {
    std::int64_t low = 0;
    auto high = state_->last_document + 1;
    while (low < high) {
      auto middle = low + (high - low) / 2;
      sqlite_run row{at_.reached_from, middle};
      bool is_there = row.next();
      if (row.failure() != SQLITE_OK)
        return failed(row.failure());
      if (!is_there || row.number(1) >= time)
        high = middle;
      else
        low = row.number(0) + 1;
    }
    return low;
  }

  const sqlite_memory_session& at_;
  const memory_query& query_;
  const std::optional<memory_state>& state_;
  std::optional<std::int64_t> last_document_;
  search_filters filters_;
};

} // namespace

bool search_filters::wants(const document_row& document) const {
  return std::all_of(facets.begin(), facets.end(), [&](const auto& choice) {
    return std::any_of(choice.begin(), choice.end(),
                       [&](const auto& facet) { return has_facet(document.facets, facet); });
  });
}

std::string search_filters::expression() const {
  std::string all;
  for (const auto& choice : facets) {
    all += all.empty() ? "facets : (" : " AND facets : (";
    for (std::size_t i = 0; i < choice.size(); ++i)
      all += (i == 0 ? "" : " OR ") + choice[i];
    all += ")";
  }
  return all;
}

result<search_filters> read_filters(const sqlite_memory_session& at, const memory_query& query,
                                    const std::optional<memory_state>& state,
                                    std::optional<std::int64_t> last_document) {
  return reading_filters{at, query, state, last_document}.run();
}

} // namespace mahavishnu::store
