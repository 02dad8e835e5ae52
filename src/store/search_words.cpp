// SPDX-License-Identifier: MIT
#include "store/search_words.hpp"

#include <algorithm>

namespace mahavishnu::store {

namespace {

constexpr std::string_view spaces = " \t\r\n\v\f";

/// Takes one piece off the front of the text: what stands in quotes, or all up to a space or quote.
struct piece {
  std::string_view text;
  bool is_prefix = false;
};

piece take_piece(std::string_view& text) {
  piece taken;
  if (text.front() == '"') {
    text.remove_prefix(1);
    taken.text = text.substr(0, text.find('"'));
    text.remove_prefix(std::min(taken.text.size() + 1, text.size()));
    if (!text.empty() && text.front() == '*') {
      text.remove_prefix(1);
      taken.is_prefix = true;
    }
    return taken;
  }
  taken.text = text.substr(0, text.find_first_of(std::string{spaces} + '"'));
  text.remove_prefix(taken.text.size());
  taken.is_prefix = taken.text.ends_with('*');
  return taken;
}

} // namespace

std::vector<search_term> search_terms(std::string_view text, const tokenizer& tokenize) {
  std::vector<search_term> terms;
  for (;;) {
    text.remove_prefix(std::min(text.find_first_not_of(spaces), text.size()));
    if (text.empty())
      return terms;
    auto taken = take_piece(text);
    search_term term;
    std::size_t end = 0;
    tokenize(taken.text, [&](std::string_view word, std::size_t, std::size_t word_end) {
      term.words.emplace_back(word);
      end = word_end;
      return true;
    });
    // A star behind something that is no word, as in `a-*`, is a star.
    auto behind = taken.text.substr(end);
    term.is_prefix = taken.is_prefix && behind.find_first_not_of('*') == std::string_view::npos;
    if (!term.words.empty() && std::find(terms.begin(), terms.end(), term) == terms.end())
      terms.push_back(std::move(term));
  }
}

} // namespace mahavishnu::store
