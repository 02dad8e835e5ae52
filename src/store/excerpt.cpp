// SPDX-License-Identifier: MIT
#include "store/excerpt.hpp"

#include "store/memory_records.hpp"

#include <algorithm>
#include <deque>
#include <limits>

namespace mahavishnu::store {

namespace {

/// What is behind these bytes is not looked at: it would take too long.
constexpr std::size_t most_bytes_read = std::size_t{1} << 20;
/// For words that are no words, as in an encoded file.
constexpr std::size_t most_bytes_of_word = 24;
constexpr std::size_t most_matches = 1000;

struct match {
  std::size_t term = 0;
  std::size_t first_word = 0;
  std::size_t last_word = 0;
};

struct place {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// Finds the terms in words that come one after the other.
class match_finder {
public:
  explicit match_finder(std::span<const search_term> terms) : terms_(terms) {
    for (const auto& each : terms)
      longest_ = std::max(longest_, each.words.size());
  }

  void add(std::string_view word, std::vector<match>& matches) {
    ++seen_;
    latest_.emplace_back(word);
    if (latest_.size() > longest_)
      latest_.pop_front();
    for (std::size_t i = 0; i < terms_.size(); ++i)
      if (ends_here(terms_[i]))
        matches.push_back({i, seen_ - terms_[i].words.size(), seen_ - 1});
  }

private:
  bool ends_here(const search_term& term) const {
    const auto& words = term.words;
    if (words.size() > latest_.size() || (term.is_prefix ? !latest_.back().starts_with(words.back())
                                                         : latest_.back() != words.back()))
      return false;
    return std::equal(words.begin(), words.end() - 1,
                      latest_.end() - static_cast<std::ptrdiff_t>(words.size()));
  }

  std::span<const search_term> terms_;
  std::size_t longest_ = 1;
  std::size_t seen_ = 0;
  std::deque<std::string> latest_;
};

/// The words of a text, as far as they matter, and the matches among them.
struct looked_at {
  std::vector<place> words;
  std::vector<match> matches;
  std::vector<bool> has_term;
};

looked_at look_at(std::string_view text, std::span<const search_term> terms,
                  const tokenizer& tokenize, std::size_t enough_words) {
  looked_at seen;
  seen.has_term.resize(terms.size());
  match_finder finder{terms};
  std::size_t found = 0;
  tokenize(text, [&](std::string_view word, std::size_t begin, std::size_t end) {
    seen.words.push_back({begin, end});
    auto before = seen.matches.size();
    finder.add(word, seen.matches);
    for (auto i = before; i < seen.matches.size(); ++i) {
      auto term = seen.matches[i].term;
      found += seen.has_term[term] ? 0 : 1;
      seen.has_term[term] = true;
    }
    // A better piece than the first one with all terms is not worth the time.
    auto first = seen.matches.empty() ? 0 : seen.matches.front().first_word;
    bool is_enough = found == terms.size() && seen.words.size() > first + enough_words;
    return !is_enough && seen.matches.size() < most_matches;
  });
  return seen;
}

std::size_t count_terms(const looked_at& seen, std::size_t from_match, std::size_t end_word) {
  std::vector<bool> has(seen.has_term.size());
  std::size_t count = 0;
  for (auto i = from_match; i < seen.matches.size() && seen.matches[i].last_word < end_word; ++i) {
    count += has[seen.matches[i].term] ? 0 : 1;
    has[seen.matches[i].term] = true;
  }
  return count;
}

/// The number of the word with which the best piece begins.
std::size_t best_start(const looked_at& seen, std::size_t words) {
  std::size_t best = 0;
  std::size_t most = 0;
  for (std::size_t i = 0; i < seen.matches.size(); ++i) {
    auto first = seen.matches[i].first_word;
    auto start = first - std::min(first, words / 4);
    if (auto count = count_terms(seen, i, start + words); count > most) {
      best = start;
      most = count;
    }
  }
  return best;
}

/// Where marks are within the piece, those that touch as one.
std::vector<place> places_in(const looked_at& seen, std::size_t first_word, std::size_t end_word) {
  std::vector<place> all;
  for (const auto& each : seen.matches)
    if (each.first_word >= first_word && each.last_word < end_word)
      all.push_back({seen.words[each.first_word].begin, seen.words[each.last_word].end});
  std::sort(all.begin(), all.end(),
            [](const place& a, const place& b) { return a.begin < b.begin; });
  std::vector<place> merged;
  for (const auto& each : all)
    if (!merged.empty() && each.begin <= merged.back().end)
      merged.back().end = std::max(merged.back().end, each.end);
    else
      merged.push_back(each);
  return merged;
}

/// Where to cut so that no character is cut in two.
std::size_t whole_characters(std::string_view text, std::size_t at) {
  for (int i = 0;
       i < 3 && at > 0 && at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80;
       ++i)
    --at;
  return at;
}

std::string with_marks(std::string_view text, place piece, const std::vector<place>& matches) {
  std::string out;
  auto put = [&](std::size_t begin, std::size_t end) {
    auto start = out.size();
    out += text.substr(begin, end - begin);
    std::replace(out.begin() + static_cast<std::ptrdiff_t>(start), out.end(), match_begin, ' ');
    std::replace(out.begin() + static_cast<std::ptrdiff_t>(start), out.end(), match_end, ' ');
  };
  auto at = piece.begin;
  for (const auto& each : matches) {
    if (each.begin >= piece.end)
      break;
    put(at, each.begin);
    out += match_begin;
    put(each.begin, std::min(each.end, piece.end));
    out += match_end;
    at = std::min(each.end, piece.end);
  }
  put(at, piece.end);
  return out;
}

} // namespace

excerpt excerpt_of(std::string_view text, std::span<const search_term> terms,
                   const tokenizer& tokenize, std::size_t words) {
  excerpt made;
  auto read = text.substr(0, whole_characters(text, std::min(text.size(), most_bytes_read)));
  auto seen = look_at(read, terms, tokenize, words);
  made.is_whole = read.size() == text.size() && seen.matches.size() < most_matches;
  made.has_term = seen.has_term;
  auto first = best_start(seen, words);
  auto end = std::min(first + words, seen.words.size());
  place piece{first == 0 ? 0 : seen.words[first].begin,
              end == seen.words.size() ? read.size() : seen.words[end - 1].end};
  if (piece.end - piece.begin > words * most_bytes_of_word)
    piece.end = whole_characters(read, piece.begin + words * most_bytes_of_word);
  made.text = with_marks(read, piece, places_in(seen, first, end));
  if (piece.begin > 0)
    made.text.insert(0, "…");
  if (piece.end < text.size())
    made.text += "…";
  return made;
}

excerpt marked(std::string_view text, std::span<const search_term> terms,
               const tokenizer& tokenize) {
  excerpt made;
  auto seen = look_at(text, terms, tokenize, std::numeric_limits<std::size_t>::max() / 2);
  made.is_whole = seen.matches.size() < most_matches;
  made.has_term = seen.has_term;
  made.text = with_marks(text, {0, text.size()}, places_in(seen, 0, seen.words.size()));
  return made;
}

} // namespace mahavishnu::store
