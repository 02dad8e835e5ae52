// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <string_view>

/// What client and server of MCP have in common.
namespace mahavishnu::mcp {

enum class era {
  /// From 2026-07-28 on: every request stands for itself and says its version.
  modern,
  /// Up to 2025-11-25: a handshake, and usually a session after it.
  legacy,
};

inline constexpr std::string_view modern_version = "2026-07-28";
/// Best first.
inline constexpr std::array<std::string_view, 3> legacy_versions{"2025-11-25", "2025-06-18",
                                                                 "2025-03-26"};
/// The last one in which several messages may come as one array.
inline constexpr std::string_view last_version_with_batches = "2025-03-26";

/// Codes of errors that mean the same everywhere.
namespace code {
inline constexpr int parse_error = -32700;
inline constexpr int invalid_request = -32600;
inline constexpr int method_not_found = -32601;
inline constexpr int invalid_params = -32602;
inline constexpr int internal_error = -32603;
/// A header is missing, or says something else than the body.
inline constexpr int header_mismatch = -32020;
/// The client has not declared what this needs.
inline constexpr int missing_capability = -32021;
inline constexpr int unsupported_version = -32022;
} // namespace code

} // namespace mahavishnu::mcp
