// SPDX-License-Identifier: MIT
#pragma once

#include "cli/top/view_state.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mahavishnu::cli::top {

/// What a piece of a line looks like, where there is colour and where there is none.
enum class ink { plain, strong, heading, selected, good, bad, busy, faint };

struct piece {
  std::string text;
  ink how = ink::plain;
};

using frame_line = std::vector<piece>;

/// All that is on the screen. No line is wider than it, and there are as many as it has.
struct frame {
  std::vector<frame_line> lines;
  /// Column on the last line, where somebody types.
  std::optional<std::size_t> cursor;
};

frame draw(const view_state& state, clock::time_point now);

/// The same picture as lines of a command, for where there is no screen; cut to the width of
/// `where` when it has one.
std::string plain_text(const snapshot& now, const look& where);

} // namespace mahavishnu::cli::top
