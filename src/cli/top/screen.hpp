// SPDX-License-Identifier: MIT
#pragma once

#include "cli/top/frame.hpp"

#include <memory>
#include <optional>

namespace mahavishnu::cli::top {

/// The terminal as a screen, for as long as it lives; afterwards it is as it was before. The only
/// one who knows curses.
class screen {
public:
  /// Nothing when the terminal cannot do that. Characters are written as the locale has them.
  static std::unique_ptr<screen> open(bool has_colour);
  ~screen();
  screen(const screen&) = delete;
  screen& operator=(const screen&) = delete;

  extent size() const;
  /// The terminal has another size now.
  void resize();
  void show(const frame& picture);
  /// What was typed, if anything; does not wait.
  std::optional<key> typed();

  /// Gives the terminal back for a while, until `show`.
  void rest();

private:
  struct parts;
  explicit screen(std::unique_ptr<parts> inside);
  std::unique_ptr<parts> inside_;
};

} // namespace mahavishnu::cli::top
