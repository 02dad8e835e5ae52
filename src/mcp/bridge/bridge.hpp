// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/error.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <stop_token>
#include <string>

/// An MCP server on standard input and output that has none of its own: what the client writes goes
/// to a server over HTTP, and what that says comes back.
namespace mahavishnu::mcp::bridge {

struct bridge_options {
  /// Where the server is now; asked at first, and when it is not there any more. May block.
  std::function<result<std::string>()> find_url;
  /// Shown to the server; empty: none.
  std::string token;
  /// Certificates to trust in place of those of the system, in PEM; empty: those of the system.
  std::string ca_file;
  /// Of one line, in either direction.
  std::size_t max_message_bytes = std::size_t{4} << 20;
  /// At a time; a further one is answered with an error.
  std::size_t most_requests = 256;
  /// For answers that are on their way when the input ends.
  std::chrono::milliseconds time_to_end{5000};
  int input = 0;
  int output = 1;
};

/// Runs until the input ends, the client takes no more answers, or somebody stops it. An error is
/// about the begin: afterwards the client gets all errors.
result<void> run_bridge(bridge_options options, std::stop_token stop = {});

} // namespace mahavishnu::mcp::bridge
