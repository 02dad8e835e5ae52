// SPDX-License-Identifier: MIT
#pragma once

#include <mahavishnu/base/error.hpp>
#include <sys/types.h>

#include <cstdint>
#include <string_view>
#include <vector>

namespace mahavishnu::net {

/// Who listens on a TCP port of this machine, at whatever address; each once.
result<std::vector<uid_t>> listening_users(std::uint16_t port);

/// The same, from what the kernel's table of TCP sockets says.
std::vector<uid_t> listening_users(std::string_view table, std::uint16_t port);

} // namespace mahavishnu::net
