// SPDX-License-Identifier: MIT
#pragma once

#include <mahavishnu/base/error.hpp>

#include <string>

namespace mahavishnu::exec {

struct terminal_size {
  int rows = 24;
  int columns = 80;

  friend bool operator==(const terminal_size&, const terminal_size&) = default;
};

/// Refuses sizes that no program is made for, and those that would cost much memory.
inline result<void> check_size(terminal_size size) {
  constexpr int most_rows = 500;
  constexpr int least_columns = 2; // for one wide character; the terminal library needs the room
  constexpr int most_columns = 1000;
  if (size.rows < 1 || size.rows > most_rows || size.columns < least_columns ||
      size.columns > most_columns)
    return error{errc::invalid_argument, "a terminal cannot have " + std::to_string(size.rows) +
                                             " rows and " + std::to_string(size.columns) +
                                             " columns; use 1 to " + std::to_string(most_rows) +
                                             " rows and " + std::to_string(least_columns) + " to " +
                                             std::to_string(most_columns) + " columns"};
  return {};
}

} // namespace mahavishnu::exec
