// SPDX-License-Identifier: MIT
#include "store/sqlite_search.hpp"

#include "store/excerpt.hpp"
#include "store/page_token.hpp"
#include "store/sqlite_search_expression.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace mahavishnu::store {

namespace {

/// Of the documents that match, so many are looked at, the newest ones.
constexpr std::size_t most_candidates = 1000;
constexpr std::size_t most_words = 64;
constexpr std::size_t most_bytes_of_text = 4096;
constexpr std::size_t words_of_excerpt = 32;
/// What is so much older counts half as much, down to a part that age does not take.
constexpr double half_life = 30.0 * 24 * 3600 * 1000;
constexpr double ageless = 0.5;
/// In which rarities are written down.
constexpr double rarity_unit = 1000;

constexpr std::int64_t max_id = std::numeric_limits<std::int64_t>::max();
/// Nobody waits longer, and clocks have an end.
constexpr std::chrono::milliseconds most_time = std::chrono::hours{24};

/// A document that matches.
struct candidate {
  explicit candidate(const document_row& row)
      : document(row.id),
        content(row.content),
        reached(row.reached),
        times(row.times),
        newest_at(row.newest_at) {}

  std::int64_t document;
  std::int64_t content;
  wall_time reached;
  double score = 0;
  /// Of its records within the time that is asked for.
  std::uint64_t times;
  wall_time newest_at;
};

/// Those with the same content.
struct group {
  std::int64_t content = 0;
  double score = 0;
  std::uint64_t times = 0;
  /// The one with the newest record.
  std::int64_t document = 0;
  wall_time newest_at = 0;

  listed_place place() const { return {newest_at, content}; }
};

struct candidates {
  std::vector<candidate> all;
  /// There are more than were looked at.
  bool has_more = false;
};

class searching {
public:
  searching(const sqlite_memory_session& at, const memory_query& query, search_clock now)
      : at_(at),
        query_(query),
        limit_(std::min(query.limit, most_hits)),
        now_(std::move(now)),
        cut_(at.words.cutter()) {
    auto time = std::clamp(query.time, std::chrono::milliseconds{0}, most_time);
    auto begin = now_();
    end_of_looking_ = begin + time * 3 / 4;
    end_ = begin + time;
  }

  result<memory_page> run() {
    if (query_.text.size() > most_bytes_of_text)
      return too_long();
    terms_ = search_terms(query_.text, cut_);
    std::size_t words = 0;
    for (const auto& each : terms_)
      words += each.words.size();
    if (words > most_words)
      return too_long();
    bool is_list = query_.text.find_first_not_of(" \t\r\n\v\f") == std::string::npos;
    auto ranked = ranked_place::parse(query_.page);
    auto listed = listed_place::parse(query_.page);
    if (!query_.page.empty() && (is_list ? !listed : !ranked))
      return error{errc::invalid_argument, "'" + query_.page +
                                               "' is no place in the hits of this search; take "
                                               "the one that came with the page before"};
    // What cannot be read is counted anew with the next change; until then, all are looked at.
    auto state = at_.read_state();
    if (!state)
      return state.error();
    auto filters = read_filters(at_, query_, *state,
                                ranked ? std::optional{ranked->last_document} : std::nullopt);
    if (!filters)
      return filters.error();
    filters_ = std::move(*filters);
    state_ = state->value_or(memory_state{});
    if (filters_.is_for_nothing || (!is_list && terms_.empty()))
      return std::move(page_);
    auto done = is_list ? list(listed) : rank(ranked);
    if (!done)
      return done.error();
    return std::move(page_);
  }

private:
  error too_long() const {
    return {errc::invalid_argument, "the text is too long to be looked for; take no more than " +
                                        std::to_string(most_words) + " words and " +
                                        std::to_string(most_bytes_of_text) + " bytes of it"};
  }

  error failed(int code) const { return at_.connection.failure("search", code); }

  /// Notes that the time was over; anything else is a failure.
  result<void> ended(int code) {
    if (is_interrupt(code))
      page_.is_cut = true;
    else if (code != SQLITE_OK)
      return failed(code);
    return {};
  }

  // -- candidates -------------------------------------------------------------------------------

  /// How much of the document is within the time that is asked for.
  result<void> count_records(const document_row& document, candidate& each) {
    if (document.first_at >= filters_.first && document.newest_at <= filters_.last)
      return {};
    sqlite_run row{at_.count_records, document.id, filters_.first, filters_.last};
    each.times = row.next() ? static_cast<std::uint64_t>(row.number(0)) : 0;
    each.newest_at = row.number(1);
    return ended(row.failure());
  }

  /// The documents of a statement that gives them, the newest first, and what they are worth.
  result<candidates> read_candidates(sqlite_run row) {
    candidates found;
    while (row.next()) {
      if (found.all.size() == most_candidates) {
        found.has_more = true;
        break;
      }
      auto document = at_.read_document(row);
      if (!document || !filters_.wants(*document)) {
        page_.damaged.push_back(document ? at_.damaged("the index of words, which has document " +
                                                       std::to_string(document->id) + ",")
                                         : document.error());
        continue;
      }
      candidate each{*document};
      each.score = row.fraction(15);
      if (auto counted = count_records(*document, each); !counted)
        return counted.error();
      if (each.times > 0)
        found.all.push_back(each);
    }
    if (auto read = ended(row.failure()); !read)
      return read.error();
    found.has_more |= page_.is_cut;
    return found;
  }

  static std::vector<group> grouped(const std::vector<candidate>& all) {
    std::vector<group> groups;
    std::unordered_map<std::int64_t, std::size_t> places;
    for (const auto& each : all) {
      auto [at, is_new] = places.try_emplace(each.content, groups.size());
      if (is_new)
        groups.push_back({each.content, 0, 0, 0, min_time});
      auto& group = groups[at->second];
      group.score = std::max(group.score, each.score);
      group.times += each.times;
      // The newest document comes first, so that among equals it stays.
      if (is_new || each.newest_at > group.newest_at) {
        group.newest_at = each.newest_at;
        group.document = each.document;
      }
    }
    return groups;
  }

  // -- with a text ------------------------------------------------------------------------------

  result<void> rank(const std::optional<ranked_place>& place) {
    auto found = best_candidates(place);
    if (!found)
      return found.error();
    auto newest = static_cast<double>(min_time);
    for (const auto& each : found->all)
      newest = std::max(newest, static_cast<double>(each.reached));
    for (auto& each : found->all) {
      auto age = std::max(0.0, newest - static_cast<double>(each.reached));
      each.score *= ageless + (1 - ageless) * std::exp2(-age / half_life);
    }
    page_.has_more = found->has_more;
    auto groups = grouped(found->all);
    page_.total = groups.size();
    std::stable_sort(groups.begin(), groups.end(),
                     [](const group& a, const group& b) { return a.score > b.score; });
    auto behind = std::min<std::uint64_t>(place ? place->behind : 0, groups.size());
    auto shown = show(std::span{groups}.subspan(behind));
    here_.behind = behind + shown;
    if (here_.behind < groups.size() && shown > 0)
      page_.next = here_.text();
    return {};
  }

  /// The same on all pages, whatever is remembered meanwhile.
  void use_worth_of(const std::optional<ranked_place>& place) {
    auto& worth = at_.words.worth();
    if (place && place->rarity.size() == worth.rarity.size()) {
      worth.usual_size = static_cast<double>(place->usual_size);
      for (std::size_t i = 0; i < worth.rarity.size(); ++i)
        worth.rarity[i] = static_cast<double>(place->rarity[i]) / rarity_unit;
    }
    here_ = {filters_.anchor, 0, static_cast<std::uint64_t>(worth.usual_size), {}};
    worth.usual_size = static_cast<double>(here_.usual_size);
    for (auto& each : worth.rarity) {
      here_.rarity.push_back(static_cast<std::uint64_t>(std::lround(each * rarity_unit)));
      each = static_cast<double>(here_.rarity.back()) / rarity_unit;
    }
  }

  /// The common words of a prefix mostly give enough to look at. If not, all of its words do.
  result<candidates> best_candidates(const std::optional<ranked_place>& place) {
    time_limit limit{at_.connection, now_, end_of_looking_};
    candidates common;
    for (auto most : {common_words, all_words}) {
      auto damaged = std::exchange(page_.damaged, {});
      auto here = here_;
      auto wanted = expression_for(at_, terms_, filters_, state_, most);
      if (!wanted)
        return wanted.error();
      page_.is_cut |= wanted->is_cut;
      use_worth_of(place);
      auto found =
          wanted->is_for_nothing
              ? candidates{{}, page_.is_cut}
              : read_candidates(sqlite_run{at_.ranked_texts, wanted->text, filters_.first_document,
                                           filters_.last_document, filters_.first, filters_.last});
      if (!found)
        return found;
      // What was cut may have less than what was looked for before.
      if (page_.is_cut && found->all.size() < common.all.size()) {
        page_.damaged = std::move(damaged);
        here_ = std::move(here);
        common.has_more = true;
        return common;
      }
      if (found->has_more || wanted->is_whole)
        return found;
      common = std::move(*found);
    }
    return common;
  }

  // -- without a text ---------------------------------------------------------------------------

  result<void> list(const std::optional<listed_place>& place) {
    if (filters_.facets.empty() && !filters_.has_span())
      return list_all(place);
    std::vector<group> groups;
    {
      time_limit limit{at_.connection, now_, end_of_looking_};
      auto found =
          filters_.facets.empty()
              ? read_candidates(sqlite_run{at_.documents_between, filters_.first_document,
                                           filters_.last_document, filters_.first, filters_.last})
              : read_candidates(sqlite_run{at_.filtered_texts, filters_.expression(),
                                           filters_.first_document, filters_.last_document,
                                           filters_.first, filters_.last});
      if (!found)
        return found.error();
      groups = grouped(found->all);
      page_.total = groups.size();
      page_.has_more = found->has_more;
      // Documents are in the order in which they were made, and what recurs may be newer than that.
      if (found->has_more && !page_.is_cut)
        if (auto listed = list_by_time(place, groups, limit); !listed)
          return listed;
    }
    return show_listed(place, std::move(groups));
  }

  result<void> list_all(const std::optional<listed_place>& place) {
    std::vector<group> groups;
    {
      auto from = place.value_or(listed_place{max_time, max_id});
      sqlite_run row{at_.newest_uses, from.newest_at, from.content};
      while (groups.size() <= limit_ && row.next()) {
        if (page_.damaged.size() >= most_candidates) {
          page_.is_cut = true;
          break;
        }
        use_row use{row.number(0), row.number(1), static_cast<std::uint64_t>(row.number(2))};
        if (row.number(3) != use.sum()) {
          page_.damaged.push_back(
              at_.damaged("the count of content " + std::to_string(use.content)));
          continue;
        }
        sqlite_run newest{at_.documents_of_content, use.content};
        auto document = newest.next()
                            ? at_.read_document(newest)
                            : result<document_row>{at_.unread("the list of documents of content " +
                                                                  std::to_string(use.content),
                                                              newest.failure())};
        if (document)
          groups.push_back({use.content, 0, use.times, document->id, use.newest_at});
        else
          page_.damaged.push_back(document.error());
      }
      if (auto read = ended(row.failure()); !read)
        return read;
    }
    page_.total = state_.contents;
    return show_listed(place, std::move(groups));
  }

  /// Goes through the records from the newest on, for as many hits as are asked for. When the time
  /// is over, those in hand are left besides those that it has found.
  result<void> list_by_time(const std::optional<listed_place>& place, std::vector<group>& groups,
                            const time_limit& limit) {
    auto in_hand = std::exchange(groups, {});
    auto walked = walk_records(place, groups, limit);
    if (!walked || !page_.is_cut)
      return walked;
    std::unordered_set<std::int64_t> there;
    for (const auto& each : groups)
      there.insert(each.content);
    for (const auto& each : in_hand)
      if (!there.contains(each.content))
        groups.push_back(each);
    return {};
  }

  result<void> walk_records(const std::optional<listed_place>& place, std::vector<group>& groups,
                            const time_limit& limit) {
    auto from = std::min(filters_.last, place ? place->newest_at : max_time);
    std::unordered_map<std::int64_t, std::int64_t> content_of; // 0: not wanted
    std::unordered_map<std::int64_t, bool> is_seen;
    wall_time last_at = max_time;
    sqlite_run row{at_.records_backwards, from};
    while (row.next()) {
      auto time = row.number(0);
      if (time < filters_.first || (groups.size() > limit_ && time < last_at))
        break;
      last_at = time;
      auto [known, is_new] = content_of.try_emplace(row.number(1));
      if (is_new) {
        auto document = at_.document(row.number(1));
        if (!document && limit.is_over())
          return ended(SQLITE_INTERRUPT);
        if (!document)
          page_.damaged.push_back(document.error());
        else if (filters_.wants(*document))
          known->second = document->content;
      }
      if (known->second == 0 || !is_seen.try_emplace(known->second).second)
        continue;
      auto group = group_of(known->second, row.number(1), time);
      if (!group)
        return group.error();
      // On an earlier page, if it has a newer record.
      if (!place || group->place() < *place)
        groups.push_back(*group);
    }
    return ended(row.failure());
  }

  /// The documents with this content that are wanted, of which one is known that has a record then:
  /// so many that the newest of its records is among them, and those that are looked at for
  /// `times`.
  result<group> group_of(std::int64_t content, std::int64_t known, wall_time at) {
    group made{content, 0, 0, known, at};
    std::size_t looked_at = 0;
    sqlite_run row{at_.documents_of_content, content};
    while (row.next()) {
      auto document = at_.read_document(row);
      if (++looked_at > most_candidates && document && document->newest_at <= made.newest_at)
        break;
      if (document && document->content != content)
        document = at_.damaged("the list of documents of content " + std::to_string(content));
      if (!document) {
        page_.damaged.push_back(document.error());
        continue;
      }
      if (!filters_.wants(*document))
        continue;
      candidate each{*document};
      if (auto counted = count_records(*document, each); !counted)
        return counted.error();
      if (each.times == 0)
        continue;
      made.times += each.times;
      if (each.newest_at > made.newest_at) {
        made.newest_at = each.newest_at;
        made.document = each.document;
      }
    }
    if (auto read = ended(row.failure()); !read)
      return read.error();
    made.times = std::max<std::uint64_t>(made.times, 1);
    return made;
  }

  result<void> show_listed(const std::optional<listed_place>& place, std::vector<group> groups) {
    std::erase_if(groups, [&](const group& each) { return place && !(each.place() < *place); });
    std::sort(groups.begin(), groups.end(),
              [](const group& a, const group& b) { return b.place() < a.place(); });
    auto shown = show(groups);
    if (shown < groups.size() && shown > 0)
      page_.next = groups[shown - 1].place().text();
    return {};
  }

  // -- hits -------------------------------------------------------------------------------------

  /// As many as there is time for, and one at least, so that pages come to an end. How many.
  std::size_t show(std::span<const group> groups) {
    std::size_t shown = 0;
    for (; shown < std::min(limit_, groups.size()); ++shown) {
      if (shown > 0 && now_() >= end_) {
        page_.is_cut = true;
        break;
      }
      auto hit = hit_of(groups[shown]);
      if (hit)
        page_.hits.push_back(std::move(*hit));
      else
        page_.damaged.push_back(hit.error());
    }
    return shown;
  }

  result<memory_hit> hit_of(const group& each) {
    auto document = at_.document(each.document);
    if (!document)
      return document.error();
    if (document->content != each.content)
      return at_.damaged("the list of documents of content " + std::to_string(each.content));
    auto record = at_.newest_of(*document, filters_.last);
    if (!record)
      return record.error();
    auto newest = at_.whole(*record, *document);
    if (!newest)
      return newest.error();
    auto content = at_.content(each.content);
    if (!content)
      return content.error();
    memory_hit hit;
    hit.newest = std::move(*newest);
    auto title = marked(hit.newest.title, terms_, cut_);
    auto excerpt = excerpt_of(*content, terms_, cut_, words_of_excerpt);
    for (std::size_t i = 0; i < terms_.size(); ++i)
      if (!title.has_term[i] && !excerpt.has_term[i] && title.is_whole && excerpt.is_whole)
        return at_.damaged("the index of words, which has document " +
                           std::to_string(each.document) + ",");
    hit.title = std::move(title.text);
    hit.excerpt = std::move(excerpt.text);
    hit.times = each.times;
    hit.bytes = content->size();
    return hit;
  }

  const sqlite_memory_session& at_;
  const memory_query& query_;
  std::size_t limit_;
  search_clock now_;
  std::chrono::steady_clock::time_point end_of_looking_;
  std::chrono::steady_clock::time_point end_;
  tokenizer cut_;
  std::vector<search_term> terms_;
  search_filters filters_;
  memory_state state_;
  ranked_place here_;
  memory_page page_;
};

} // namespace

result<memory_page> search_sqlite(const sqlite_memory_session& at, const memory_query& query,
                                  search_clock now) {
  return searching{at, query, std::move(now)}.run();
}

} // namespace mahavishnu::store
