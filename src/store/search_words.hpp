// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace mahavishnu::store {

/// A word as it is compared: without case and accents. And where it stands in its text.
struct token {
  std::string word;
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// Takes the next word; false: no more are wanted.
using take_token = std::function<bool(std::string_view word, std::size_t begin, std::size_t end)>;
/// Cuts a text into words. The one of the index, so that all agree on what a word is.
using tokenizer = std::function<void(std::string_view text, const take_token& take)>;

/// One thing that is looked for: words that follow each other, mostly a single one.
struct search_term {
  /// As they are compared.
  std::vector<std::string> words;
  /// The last one may go on.
  bool is_prefix = false;

  friend bool operator==(const search_term&, const search_term&) = default;
};

/// What somebody means who types this: words, "phrases" and prefixes*. Whatever has no letter and
/// no digit means nothing.
std::vector<search_term> search_terms(std::string_view text, const tokenizer& tokenize);

} // namespace mahavishnu::store
