// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/protocol/header_value.hpp"
#include "mcp/server/head.hpp"
#include "mcp/server/incoming.hpp"

#include <optional>
#include <span>
#include <string_view>

/// What a request of the modern era must be like, in the order in which clients expect to hear of
/// it. Decisions only: no sockets, no tools.
namespace mahavishnu::mcp::server {

namespace meta {
inline constexpr auto protocol_version = "io.modelcontextprotocol/protocolVersion";
inline constexpr auto client_capabilities = "io.modelcontextprotocol/clientCapabilities";
inline constexpr auto client_info = "io.modelcontextprotocol/clientInfo";
inline constexpr auto log_level = "io.modelcontextprotocol/logLevel";
inline constexpr auto server_info = "io.modelcontextprotocol/serverInfo";
} // namespace meta

/// A request that says what it needs itself, in its body or in a header, is a modern one; all
/// others are the business of sessions.
era era_of(const head& headers, const incoming& message);

/// That it says all of what it must, and a version that we speak.
std::optional<refusal> check_envelope(const head& headers, const incoming& message);

/// That the headers say what the body says, which proxies look at instead.
std::optional<refusal> check_headers(const head& headers, const incoming& message);

/// The same of arguments of a tool that are to stand in a header as well.
std::optional<refusal> check_argument_headers(const head& headers, const json& arguments,
                                              std::span<const mirrored_argument> mirrored);

} // namespace mahavishnu::mcp::server
