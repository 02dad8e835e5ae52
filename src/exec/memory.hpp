// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace mahavishnu::exec {

/// Bytes of resident memory of a process and of its descendants; 0 when it is gone. Descendants
/// whose parent has ended are not found.
std::uint64_t resident_bytes(pid_t root);

} // namespace mahavishnu::exec
