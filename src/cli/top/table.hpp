// SPDX-License-Identifier: MIT
#pragma once

#include "cli/grid.hpp"
#include "cli/top/snapshot.hpp"

#include <string>
#include <vector>

namespace mahavishnu::cli::top {

/// The lists that there are; nodes will be one more.
enum class page { pools, tasks, workers };
inline constexpr std::size_t page_count = 3;
std::string_view title_of(page which);

struct table_column {
  std::string title;
  bool is_number = false;
  bool may_shrink = false;
  /// Of an id the end tells more than its beginning.
  bool keeps_end = false;
  /// Goes first when there is no room.
  bool is_rare = false;
};

struct table_cell {
  std::string text;
  /// What it is sorted by, before the text.
  double rank = 0;
};

struct table_row {
  /// The same thing in the next picture has the same.
  std::string id;
  /// What can be done with it: see its log, cancel it.
  task_id task;
  bool has_ended = false;
  /// The pool that it is or belongs to.
  std::string pool;
  std::vector<table_cell> cells;
};

struct table {
  std::vector<table_column> columns;
  std::vector<table_row> rows;
};

/// All texts in it are harmless.
table table_of(page which, const snapshot& now);

/// Which column a list begins sorted by; none: as the server has it.
inline constexpr std::size_t unsorted = static_cast<std::size_t>(-1);

/// Rows in which some cell has that text, whatever its case; and of that pool, when one is given.
void keep_matching(table& all, std::string_view text, const std::string& pool);

/// By rank and text of that column; those that are equal stay as they were.
void sort_by(table& all, std::size_t column, bool is_reversed);

/// As a command prints it.
grid grid_of(const table& all);

} // namespace mahavishnu::cli::top
