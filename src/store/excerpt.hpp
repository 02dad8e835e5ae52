// SPDX-License-Identifier: MIT
#pragma once

#include "store/search_words.hpp"

#include <span>
#include <string>
#include <string_view>

namespace mahavishnu::store {

/// A piece of a text with what was looked for marked in it.
struct excerpt {
  std::string text;
  /// Which of the terms are in the text, in their order.
  std::vector<bool> has_term;
  /// Whether the end of the text was reached, so that what is not said to be there is not there.
  bool is_whole = true;
};

/// The piece of about so many words in which the most of the terms are; from the start when none
/// are. A very long text is looked at from its start only.
excerpt excerpt_of(std::string_view text, std::span<const search_term> terms,
                   const tokenizer& tokenize, std::size_t words);

/// The whole text.
excerpt marked(std::string_view text, std::span<const search_term> terms,
               const tokenizer& tokenize);

} // namespace mahavishnu::store
