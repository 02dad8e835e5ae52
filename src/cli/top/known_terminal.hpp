// SPDX-License-Identifier: MIT
#pragma once

namespace mahavishnu::cli::top {

/// Whether something is known of the terminal that TERM names.
bool is_known_terminal(int descriptor);

} // namespace mahavishnu::cli::top
