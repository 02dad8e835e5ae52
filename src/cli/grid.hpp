// SPDX-License-Identifier: MIT
#pragma once

#include "cli/look.hpp"

#include <string>
#include <vector>

namespace mahavishnu::cli {

/// A table for people.
class grid {
public:
  struct column {
    std::string title;
    /// Shown with `-o wide` only.
    bool is_rare = false;
    /// Cut when the terminal is too narrow for all.
    bool may_shrink = false;
    /// Numbers stand below each other.
    bool is_number = false;
  };

  explicit grid(std::vector<column> columns) : columns_(std::move(columns)) {}

  /// One cell for each column, rare ones included.
  void add(std::vector<std::string> cells);

  /// Lines below the table.
  void note(const std::string& line) { notes_ += harmless_lines(line) + "\n"; }

  /// Instead of a table without rows.
  void when_empty(std::string line) { when_empty_ = std::move(line) + "\n"; }

  std::string text(const look& where) const;

private:
  std::vector<column> columns_;
  std::vector<std::vector<std::string>> rows_;
  std::string notes_;
  std::string when_empty_;
};

} // namespace mahavishnu::cli
