// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>

namespace mahavishnu::cli {

/// Whether the process, of whomever it is a child, ends within the limit.
bool wait_for_end(std::int64_t pid, std::chrono::milliseconds limit);

} // namespace mahavishnu::cli
