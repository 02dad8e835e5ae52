// SPDX-License-Identifier: MIT
#pragma once

#include "cli/command_line.hpp"
#include "cli/command_page.hpp"

namespace mahavishnu::cli {

/// Tells a shell how a word may go on: a word or a name on each line, within 200 ms, and nothing
/// when nothing is known.
int answer_completion(invocation& now, const command_page& program);

} // namespace mahavishnu::cli
