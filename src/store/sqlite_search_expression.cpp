// SPDX-License-Identifier: MIT
#include "store/sqlite_search_expression.hpp"

#include "store/sqlite_search_time.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace mahavishnu::store {

namespace {

constexpr std::int64_t most_words_read = 20'000;

/// The words that a prefix stands for.
struct expansion {
  std::vector<std::string> words;
  /// Nothing was left out.
  bool is_whole = true;
};

class making_expression {
public:
  making_expression(const sqlite_memory_session& at, std::span<const search_term> terms,
                    const search_filters& filters, const memory_state& state,
                    std::size_t most_of_prefix)
      : at_(at), terms_(terms), filters_(filters), state_(state), most_of_prefix_(most_of_prefix) {}

  result<search_expression> run() {
    auto& worth = at_.words.worth();
    worth = {};
    worth.usual_size =
        state_.documents > 0
            ? static_cast<double>(state_.size) / static_cast<double>(state_.documents) + 1
            : 1;
    made_.text = "{title content} : (";
    for (std::size_t i = 0; i < terms_.size(); ++i) {
      made_.text += i == 0 ? "" : " AND ";
      auto added = add_term(i);
      if (!added)
        return added.error();
    }
    made_.text += ")";
    if (!filters_.facets.empty())
      made_.text += " AND " + filters_.expression();
    return std::move(made_);
  }

private:
  /// Notes that the time was over; anything else is a failure.
  result<void> ended(int code) {
    if (is_interrupt(code))
      made_.is_cut = true;
    else if (code != SQLITE_OK)
      return at_.connection.failure("search", code);
    return {};
  }

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

  result<expansion> expand(const std::string& prefix) {
    auto all = words_with(prefix);
    if (!all)
      return all.error();
    auto& found = *all;
    expansion words;
    words.is_whole = found.size() <= most_of_prefix_ && !made_.is_cut;
    auto kept = static_cast<std::ptrdiff_t>(std::min(most_of_prefix_, found.size()));
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

  result<void> add_term(std::size_t number) {
    auto& worth = at_.words.worth();
    const auto& term = terms_[number];
    auto note = [&] { worth.term_of_phrase.push_back(static_cast<int>(number)); };
    double rare = 0;
    if (term.is_prefix && term.words.size() == 1) {
      auto words = expand(term.words[0]);
      if (!words)
        return words.error();
      made_.is_whole &= words->is_whole;
      made_.is_for_nothing |= words->words.empty();
      if (words->is_whole || most_of_prefix_ < all_words) {
        made_.text += "(";
        for (std::size_t i = 0; i < words->words.size(); ++i) {
          made_.text += (i == 0 ? "" : " OR ") + quoted({words->words[i]});
          note();
        }
        made_.text += ")";
      } else {
        made_.text += quoted(term.words) + "*";
        note();
      }
      auto most_common =
          words->words.empty() ? result<double>{0.0} : rarity_of_word(words->words[0]);
      if (!most_common)
        return most_common.error();
      rare = *most_common;
    } else {
      made_.text += quoted(term.words) + (term.is_prefix ? "*" : "");
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

  const sqlite_memory_session& at_;
  std::span<const search_term> terms_;
  const search_filters& filters_;
  const memory_state& state_;
  std::size_t most_of_prefix_;
  search_expression made_;
};

} // namespace

result<search_expression> expression_for(const sqlite_memory_session& at,
                                         std::span<const search_term> terms,
                                         const search_filters& filters, const memory_state& state,
                                         std::size_t most_of_prefix) {
  return making_expression{at, terms, filters, state, most_of_prefix}.run();
}

} // namespace mahavishnu::store
