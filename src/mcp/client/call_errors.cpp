// SPDX-License-Identifier: MIT
#include "mcp/client/call_errors.hpp"

#include "base/text.hpp"
#include "mcp/protocol/versions.hpp"

namespace mahavishnu::mcp {

namespace {

constexpr std::size_t longest_quote = 300;

errc code_for(int rpc_code) {
  switch (rpc_code) {
  case code::invalid_params: return errc::invalid_argument;
  case code::method_not_found: return errc::unsupported;
  case code::parse_error:
  case code::invalid_request:
  case code::header_mismatch:
  case code::missing_capability:
  case code::unsupported_version: return errc::incompatible;
  default: return errc::io_failed;
  }
}

std::string_view advice_for(errc code) {
  switch (code) {
  case errc::invalid_argument: return "correct the name or the arguments";
  case errc::unsupported: return "this server does not offer it";
  case errc::incompatible: return "it wants another way of asking; look at its version";
  default: return "look at its log";
  }
}

error status_error(const std::string& begin, unsigned status) {
  if (status == 401)
    return {errc::unauthorized, begin + "; give the token that the server expects"};
  if (status == 403)
    return {errc::unauthorized, begin + "; give a token that may do this"};
  if (status == 404 || status == 405)
    return {errc::incompatible, begin + "; correct the path of the URL, which is often /mcp"};
  if (status == 429 || status == 502 || status == 503 || status == 504)
    return {errc::io_failed, begin + "; the server is busy or starting, try again later"};
  if (status >= 300 && status < 400)
    return {errc::incompatible, begin + "; give the URL to which the server sends on"};
  return {status >= 500 ? errc::io_failed : errc::incompatible, begin + "; look at its log"};
}

} // namespace

std::string quote(std::string_view text) {
  text = text.substr(0, first_invalid_utf8(text).value_or(text.size()));
  std::string line{first_bytes(text, longest_quote)};
  for (auto& c : line)
    if ((c >= 0 && c < ' ') || c == '\x7f')
      c = ' ';
  return line;
}

failure explain_refusal(const call_label& label, const message& answer) {
  auto code = code_for(answer.code);
  failure refused{code, label.text() + " was refused: " + quote(answer.text) + " (JSON-RPC " +
                            std::to_string(answer.code) + "); " + std::string(advice_for(code))};
  refused.rpc_code = answer.code;
  refused.data = answer.body;
  return refused;
}

failure explain_status(const call_label& label, unsigned status, std::string_view excerpt) {
  auto begin = label.text() + " was answered with HTTP status " + std::to_string(status);
  if (auto said = quote(excerpt); !said.empty())
    begin += " (" + said + ')';
  failure refused = status_error(begin, status);
  refused.http_status = status;
  return refused;
}

failure explain_violation(const call_label& label, std::string_view phrase) {
  return {errc::incompatible,
          "the answer to " + label.text() + ' ' + std::string(phrase) + "; is this an MCP server?"};
}

failure explain_result(const call_label& label, const error& phrase) {
  return {phrase.code, label.text() + " has no usable result: " + phrase.message};
}

failure explain_timeout(const call_label& label, std::chrono::milliseconds allowed) {
  return {errc::timeout, label.text() + " was not answered within " + seconds_text(allowed) +
                             "; allow more time, or look at the server"};
}

failure explain_cancelled(const call_label& label) {
  return {errc::cancelled, label.text() + " was cancelled"};
}

failure explain_end_of_client(const call_label& label) {
  return {errc::shutting_down, label.text() + " was given up: the client ends"};
}

failure explain_too_many(const call_label& label, std::size_t most) {
  return {errc::unreachable, label.text() + " was not sent: " + std::to_string(most) +
                                 " calls are running already; ask less at once"};
}

} // namespace mahavishnu::mcp
