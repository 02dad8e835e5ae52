// SPDX-License-Identifier: MIT
#pragma once

#include "store/search_words.hpp"
#include "store/sqlite_connection.hpp"

#include <memory>
#include <vector>

namespace mahavishnu::store {

/// What a match is worth. SQLite's own measure counts all texts that have a word whenever it is
/// looked for, which takes as long as the word is common.
struct match_worth {
  /// For each phrase of the query the term it belongs to; none for those that only filter.
  std::vector<int> term_of_phrase;
  /// For each term: the rarer, the more.
  std::vector<double> rarity;
  /// Of a text, in bytes.
  double usual_size = 1;
};

/// What SQLite's full text search does for us: it cuts texts into words, and calls the function
/// `worth(texts, BYTES)` for texts that match.
class sqlite_words {
public:
  /// SQLite's code is kept in `code` if anything goes wrong.
  static sqlite_words of(const sqlite_connection& connection, int& code);

  /// Good as long as this is.
  tokenizer cutter() const;
  /// For the next query.
  match_worth& worth() const { return *worth_; }

private:
  struct free_tokenizer {
    void (*free)(Fts5Tokenizer*);
    void operator()(Fts5Tokenizer* made) const { free(made); }
  };
  using tokenize_call = int (*)(Fts5Tokenizer*, void*, int, const char*, int,
                                int (*)(void*, int, const char*, int, int, int));

  std::unique_ptr<Fts5Tokenizer, free_tokenizer> made_;
  tokenize_call call_ = nullptr;
  std::unique_ptr<match_worth> worth_;
};

} // namespace mahavishnu::store
