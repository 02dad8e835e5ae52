// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/protocol/bounded_json.hpp"

#include <optional>
#include <string>
#include <vector>

/// What a server sends, taken apart.
namespace mahavishnu::mcp {

enum class message_kind {
  result,
  error,
  notification,
  /// The server asks something of the client.
  request,
  /// No JSON-RPC 2.0.
  nonsense,
};

/// One JSON-RPC message. Nothing in it is to be trusted.
struct message {
  message_kind kind = message_kind::nonsense;
  /// Null where there is none.
  json id;
  /// Of a notification or a request.
  std::string method;
  /// The result, the parameters, or the data of an error.
  json body;
  /// Of an error.
  int code = 0;
  std::string text;
  /// Of the text that it was read from.
  std::size_t bytes = 0;
};

message classify(json raw);

/// How far a call has come, as the server says it.
struct progress {
  double done = 0;
  std::optional<double> total;
  std::string text;

  friend bool operator==(const progress&, const progress&) = default;
};

/// Nothing when it is not about this token, or makes no sense.
std::optional<progress> read_progress(const json& parameters, const json& token);

/// What a server logs.
struct log_message {
  std::string level;
  std::string logger;
  std::string text;
};

log_message read_log(const json& parameters);

} // namespace mahavishnu::mcp
