// SPDX-License-Identifier: MIT
#pragma once

#include "exec/terminal_size.hpp"

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mahavishnu::exec {

/// What somebody in front of a terminal would see: made from the bytes that programs write to it,
/// whatever they are.
class terminal_screen {
public:
  struct cursor_state {
    int row = 0;
    int column = 0;
    bool visible = true;
  };

  /// Keeps `scrollback` lines of those that leave the screen at its top.
  static result<terminal_screen> open(terminal_size size, std::size_t scrollback = 1000);
  terminal_screen(terminal_screen&&) noexcept;
  terminal_screen& operator=(terminal_screen&&) noexcept;
  ~terminal_screen();

  void feed(std::string_view bytes);

  terminal_size size() const;
  result<void> resize(terminal_size size);

  /// The rows from top to bottom as UTF-8, without the spaces at their ends.
  std::vector<std::string> rows() const;
  cursor_state cursor() const;
  /// What the program has set as the title of the window; of a long one the first part.
  const std::string& title() const;
  /// Whether a program that uses the whole screen, such as an editor, has put its own in place.
  bool alternate() const;
  /// Lines that have left the screen, the oldest first.
  const std::deque<std::string>& scrollback() const;

  /// What a terminal answers when programs ask it (where is the cursor, what are you): to be
  /// written to the child, which may be waiting for it. Of too many answers the last are dropped.
  std::string take_answers();

private:
  struct state;
  explicit terminal_screen(std::unique_ptr<state> inner);

  std::unique_ptr<state> state_;
};

} // namespace mahavishnu::exec
