// SPDX-License-Identifier: MIT
#include "store/sqlite_search.hpp"

#include "store/excerpt.hpp"
#include "store/facets.hpp"
#include "store/page_token.hpp"
#include "store/saturating.hpp"

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
/// A prefix stands for so many of its most common words at first, and then for so many.
constexpr std::size_t common_words = 64;
constexpr std::size_t all_words = 512;
constexpr std::int64_t most_words_read = 20'000;
constexpr std::size_t words_of_excerpt = 32;
/// What is so much older counts half as much, down to a part that age does not take.
constexpr double half_life = 30.0 * 24 * 3600 * 1000;
constexpr double ageless = 0.5;
/// In which rarities are written down.
constexpr double rarity_unit = 1000;
constexpr wall_time week = wall_time{7} * 24 * 3600 * 1000;

constexpr std::int64_t max_id = std::numeric_limits<std::int64_t>::max();
/// Nobody waits longer, and clocks have an end.
constexpr std::chrono::milliseconds most_time = std::chrono::hours{24};

using time_point = std::chrono::steady_clock::time_point;

/// As long as it is there, what a connection does ends when the time is over, also in the middle of
/// a step.
class time_limit {
public:
  time_limit(const sqlite_connection& connection, const search_clock& now, time_point end)
      : connection_(connection.get()), now_(&now), end_(end) {
    sqlite3_progress_handler(connection_, 500, ask, this);
  }
  ~time_limit() { sqlite3_progress_handler(connection_, 0, nullptr, nullptr); }
  time_limit(const time_limit&) = delete;
  time_limit& operator=(const time_limit&) = delete;

  bool is_over() const { return (*now_)() >= end_; }

private:
  static int ask(void* limit) { return static_cast<const time_limit*>(limit)->is_over() ? 1 : 0; }

  sqlite3* connection_;
  const search_clock* now_;
  time_point end_;
};

bool is_interrupt(int code) {
  return (code & 0xFF) == SQLITE_INTERRUPT;
}

/// The filters of a query, as they are compared.
struct filters {
  /// A document has to have one of each.
  std::vector<std::vector<std::string>> facets;
  wall_time first = min_time;
  wall_time last = max_time;
  /// Documents outside of these ids have no record in this time.
  std::int64_t first_document = 0;
  std::int64_t last_document = 0;
  bool is_for_nothing = false;

  bool has_span() const { return first != min_time || last != max_time; }
  bool wants(const document_row& document) const {
    return std::all_of(facets.begin(), facets.end(), [&](const auto& choice) {
      return std::any_of(choice.begin(), choice.end(),
                         [&](const auto& facet) { return has_facet(document.facets, facet); });
    });
  }
};

/// The words that a prefix stands for.
struct expansion {
  std::vector<std::string> words;
  /// Nothing was left out.
  bool is_whole = true;
};

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
    if (auto read = read_filters(ranked); !read)
      return read.error();
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

  // -- filters ----------------------------------------------------------------------------------

  result<void> read_filters(const std::optional<ranked_place>& place) {
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
      if (row.next())
        filters_.facets.push_back({tag_facet(row.number(0))});
      else
        filters_.is_for_nothing = true;
      if (row.failure() != SQLITE_OK)
        return failed(row.failure());
    }
    return read_span(place);
  }

  result<void> read_span(const std::optional<ranked_place>& place) {
    auto state = at_.read_state();
    if (!state)
      return state.error();
    // What cannot be read is counted anew with the next change; until then, all are looked at.
    bool is_known = state->has_value();
    state_ = is_known ? **state : memory_state{};
    filters_.last_document = is_known ? state_.last_document : max_id;
    if (place)
      filters_.last_document = std::min(filters_.last_document, place->last_document);
    anchor_ = filters_.last_document;
    if (query_.until) {
      filters_.is_for_nothing |= *query_.until == min_time;
      filters_.last = earlier(*query_.until, 1);
    }
    filters_.first = query_.from.value_or(min_time);
    filters_.is_for_nothing |= filters_.first > filters_.last;
    if (!is_known || filters_.is_for_nothing)
      return {};
    // A document has records of a week, from when it was made on, or by so much older ones.
    if (query_.from && *query_.from > later(min_time, week)) {
      auto id = first_reaching(earlier(*query_.from, week));
      if (!id)
        return id.error();
      filters_.first_document = *id;
    }
    if (query_.until && filters_.last < earlier(max_time, state_.late) && state_.late < max_time) {
      auto id = first_reaching(later(filters_.last, state_.late) + 1);
      if (!id)
        return id.error();
      filters_.last_document = std::min(filters_.last_document, *id - 1);
    }
    return {};
  }

  /// The id of the first document that was made when that time was reached, or one behind all.
  result<std::int64_t> first_reaching(wall_time time) {
    std::int64_t low = 0;
    auto high = state_.last_document + 1;
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

  // -- words ------------------------------------------------------------------------------------

  struct counted_word {
    std::string word;
    std::int64_t documents = 0;
  };

  /// The first ones in the order of the alphabet; if there are many, also those of the most common
  /// ones that are behind these.
  result<std::vector<counted_word>> words_with(const std::string& prefix) {
    std::vector<counted_word> found;
    {
      auto behind = prefix + "\xf4\x8f\xbf\xbf"; // behind all characters
      sqlite_run row{at_.words_from, prefix, behind, most_words_read};
      while (row.next())
        found.push_back({std::string{row.bytes(0)}, row.number(1)});
      if (auto read = ended(row.failure()); !read)
        return read.error();
    }
    if (found.size() < static_cast<std::size_t>(most_words_read))
      return found;
    const auto last = found.back().word;
    sqlite_run row{at_.common_words, most_words_read};
    while (row.next())
      if (auto word = row.bytes(0); word.starts_with(prefix) && word > last)
        found.push_back({std::string{word}, row.number(1)});
    if (auto read = ended(row.failure()); !read)
      return read.error();
    return found;
  }

  result<expansion> expand(const std::string& prefix, std::size_t most) {
    auto all = words_with(prefix);
    if (!all)
      return all.error();
    auto& found = *all;
    expansion words;
    words.is_whole = found.size() <= most && !page_.is_cut;
    auto kept = static_cast<std::ptrdiff_t>(std::min(most, found.size()));
    std::partial_sort(found.begin(), found.begin() + kept, found.end(),
                      [](const counted_word& a, const counted_word& b) {
                        return std::pair{-a.documents, std::string_view{a.word}} <
                               std::pair{-b.documents, std::string_view{b.word}};
                      });
    for (std::ptrdiff_t i = 0; i < kept; ++i)
      words.words.push_back(std::move(found[static_cast<std::size_t>(i)].word));
    return words;
  }

  result<double> rarity_of_word(const std::string& word) {
    sqlite_run row{at_.word_documents, word};
    double documents = row.next() ? static_cast<double>(row.number(0)) : 0;
    if (auto read = ended(row.failure()); !read)
      return read.error();
    return rarity(documents);
  }

  double rarity(double documents) const {
    auto all = std::max(static_cast<double>(state_.counted), documents);
    return std::log(1 + (all - documents + 0.5) / (documents + 0.5));
  }

  /// In FTS5's language, of which nothing but these words and marks is used.
  static std::string quoted(const std::vector<std::string>& words) {
    std::string phrase = "\"";
    for (const auto& word : words)
      phrase += (phrase.size() > 1 ? " " : "") + word;
    return phrase + "\"";
  }

  std::string facet_expression() const {
    std::string all;
    for (const auto& choice : filters_.facets) {
      all += all.empty() ? "facets : (" : " AND facets : (";
      for (std::size_t i = 0; i < choice.size(); ++i)
        all += (i == 0 ? "" : " OR ") + choice[i];
      all += ")";
    }
    return all;
  }

  struct expression {
    std::string text;
    /// All words of all prefixes are in it.
    bool is_whole = true;
    bool is_for_nothing = false;
  };

  /// Also says what each phrase is worth.
  result<expression> expression_for(std::size_t most_of_prefix) {
    expression made;
    auto& worth = at_.words.worth();
    worth = {};
    worth.usual_size =
        state_.documents > 0
            ? static_cast<double>(state_.size) / static_cast<double>(state_.documents) + 1
            : 1;
    made.text = "{title content} : (";
    for (std::size_t i = 0; i < terms_.size(); ++i) {
      made.text += i == 0 ? "" : " AND ";
      auto added = add_term(made, i, most_of_prefix);
      if (!added)
        return added.error();
    }
    made.text += ")";
    if (!filters_.facets.empty())
      made.text += " AND " + facet_expression();
    return made;
  }

  result<void> add_term(expression& made, std::size_t number, std::size_t most_of_prefix) {
    auto& worth = at_.words.worth();
    const auto& term = terms_[number];
    auto note = [&] { worth.term_of_phrase.push_back(static_cast<int>(number)); };
    double rare = 0;
    if (term.is_prefix && term.words.size() == 1) {
      auto words = expand(term.words[0], most_of_prefix);
      if (!words)
        return words.error();
      made.is_whole &= words->is_whole;
      made.is_for_nothing |= words->words.empty();
      if (words->is_whole || most_of_prefix < all_words) {
        made.text += "(";
        for (std::size_t i = 0; i < words->words.size(); ++i) {
          made.text += (i == 0 ? "" : " OR ") + quoted({words->words[i]});
          note();
        }
        made.text += ")";
      } else {
        made.text += quoted(term.words) + "*";
        note();
      }
      auto most_common =
          words->words.empty() ? result<double>{0.0} : rarity_of_word(words->words[0]);
      if (!most_common)
        return most_common.error();
      rare = *most_common;
    } else {
      made.text += quoted(term.words) + (term.is_prefix ? "*" : "");
      note();
      for (const auto& word : term.words) {
        auto of_word = rarity_of_word(word);
        if (!of_word)
          return of_word.error();
        rare += *of_word;
      }
    }
    worth.rarity.push_back(rare);
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
    here_ = {anchor_, 0, static_cast<std::uint64_t>(worth.usual_size), {}};
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
      auto wanted = expression_for(most);
      if (!wanted)
        return wanted.error();
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
              : read_candidates(sqlite_run{at_.filtered_texts, facet_expression(),
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
      sqlite_run row{at_.newest_uses, from.newest_at, from.content, limit_ + 1};
      while (row.next()) {
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
  time_point end_of_looking_;
  time_point end_;
  tokenizer cut_;
  std::vector<search_term> terms_;
  filters filters_;
  memory_state state_;
  std::int64_t anchor_ = 0;
  ranked_place here_;
  memory_page page_;
};

} // namespace

result<memory_page> search_sqlite(const sqlite_memory_session& at, const memory_query& query,
                                  search_clock now) {
  return searching{at, query, std::move(now)}.run();
}

} // namespace mahavishnu::store
