// SPDX-License-Identifier: MIT
#pragma once

#include "cli/command_page.hpp"

namespace mahavishnu::cli {

struct exit_code_meaning {
  int code = 0;
  std::string meaning;
};
std::vector<exit_code_meaning> exit_code_meanings();

/// Of those that are not ours.
inline constexpr const char* exit_codes_of_others =
    "exec, each, wait and attach end with the code of what they ran. A process that a signal ended "
    "has the exit code 128 + signal in its result.";

/// The page docs/cli.md.
std::string render_reference(const command_page& program);

} // namespace mahavishnu::cli
