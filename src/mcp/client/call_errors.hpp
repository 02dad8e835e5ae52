// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/client/answer.hpp"

#include <boost/system/result.hpp>
#include <mahavishnu/base/error.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

/// What the client says when there is no result.
namespace mahavishnu::mcp {

/// Why there is no result. Three kinds can be told apart: what has no `rpc_code` is a failure on
/// the way (unreachable, timeout, io_failed, unauthorized, cancelled, shutting_down) or of a server
/// that breaks the protocol (incompatible); what has one is a no of the server. A tool that fails
/// is none of these but a result.
struct failure : error {
  failure() = default;
  failure(error reason) : error(std::move(reason)) {} // NOLINT(google-explicit-constructor)
  failure(errc reason, std::string text) : error{reason, std::move(text)} {}

  std::optional<int> rpc_code;
  /// Of an HTTP answer that was a no without being JSON-RPC.
  std::optional<unsigned> http_status;
  /// What the server says beside its text.
  json data;
};

template <class T>
using call_result = boost::system::result<T, failure>;

/// `the call of 'NAME' at URL`.
struct call_label {
  std::string what;
  std::string url;

  std::string text() const { return what + " at " + url; }
};

/// What a server says, in one line of bounded length.
std::string quote(std::string_view text);

failure explain_refusal(const call_label& label, const message& answer);
/// An HTTP status that means no, without a JSON-RPC error in it.
failure explain_status(const call_label& label, unsigned status, std::string_view excerpt);
failure explain_violation(const call_label& label, std::string_view phrase);
/// One of what tool.hpp says.
failure explain_result(const call_label& label, const error& phrase);
failure explain_timeout(const call_label& label, std::chrono::milliseconds allowed);
failure explain_cancelled(const call_label& label);
failure explain_end_of_client(const call_label& label);
failure explain_too_many(const call_label& label, std::size_t most);

} // namespace mahavishnu::mcp
