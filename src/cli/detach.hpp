// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/error.hpp"
#include "mahavishnu/messages/server.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace mahavishnu::cli {

/// Starts this program again with the same arguments, without `--detach`, in a session of its own,
/// and returns when that server is ready. What it has to say goes to the log file.
result<server_status> start_detached(const std::vector<std::string>& arguments,
                                     const std::filesystem::path& log);

/// The other end: the started server says that it is ready.
void tell_ready(int descriptor, const server_status& server);

/// Tells it why there is no server.
void tell_failure(int descriptor, const error& why);

} // namespace mahavishnu::cli
