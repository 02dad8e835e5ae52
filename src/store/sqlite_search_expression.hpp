// SPDX-License-Identifier: MIT
#pragma once

#include "store/sqlite_search_filters.hpp"

#include <span>

namespace mahavishnu::store {

/// A prefix stands for so many of its most common words at first, and then for so many.
constexpr std::size_t common_words = 64;
constexpr std::size_t all_words = 512;

/// What the index is asked for.
struct search_expression {
  std::string text;
  /// All words of all prefixes are in it.
  bool is_whole = true;
  bool is_for_nothing = false;
  /// The time was over before all words were found.
  bool is_cut = false;
};

/// Also says in the session what each phrase is worth. When all words of a prefix are not enough,
/// the index has to look for it.
result<search_expression> expression_for(const sqlite_memory_session& at,
                                         std::span<const search_term> terms,
                                         const search_filters& filters, const memory_state& state,
                                         std::size_t most_of_prefix);

} // namespace mahavishnu::store
