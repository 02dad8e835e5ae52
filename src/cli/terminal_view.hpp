// SPDX-License-Identifier: MIT
#pragma once

#include "cli/interrupts.hpp"
#include "cli/output.hpp"
#include "cli/session.hpp"

#include <string>
#include <string_view>

namespace mahavishnu::cli {

/// What somebody types at an attached terminal: all of it is for the program there, but for Ctrl-P
/// followed by Ctrl-Q, which leaves.
class typed_keys {
public:
  struct part {
    std::string for_program;
    bool leaves = false;
  };
  part take(std::string_view bytes);

private:
  bool had_prefix_ = false;
};

/// What a terminal of so many lines and columns prints to show that screen, cursor included.
std::string picture(const terminal_text& screen, std::size_t lines, std::size_t columns);

/// Shows a terminal of the server and types into it, until its program ends or somebody leaves.
/// Where standard input or output is no terminal, shows it once.
int show_terminal(session& server, const output& out, interrupts& signals, const std::string& id,
                  bool may_type);

} // namespace mahavishnu::cli
