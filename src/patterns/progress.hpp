// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/patterns/run.hpp"

#include <optional>
#include <string_view>

namespace mahavishnu {

/// What a line on standard output says of the progress of its run: a JSON object with any of
/// items_processed, items_total and percent, or `progress: 3/10`, or `progress: 30%`. Nothing when
/// the line says something else, or numbers that cannot be. A percentage that is not given follows
/// from the items.
std::optional<run_progress> parse_progress(std::string_view line);

/// What the last line of a text that says anything of progress says.
std::optional<run_progress> last_progress(std::string_view text);

} // namespace mahavishnu
