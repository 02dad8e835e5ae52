// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <optional>

namespace mahavishnu::net {

/// Whose process holds the other end of this connected TCP socket, when that is on this machine.
/// Nothing when that process has gone, or when the kernel does not say. One question to the kernel,
/// which it answers at once.
std::optional<uid_t> peer_user(int connection);

} // namespace mahavishnu::net
