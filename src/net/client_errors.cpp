// SPDX-License-Identifier: MIT
#include "net/client_errors.hpp"

#include "base/text.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/beast/http/error.hpp>

namespace mahavishnu::net {

namespace asio = boost::asio;
namespace http = boost::beast::http;

namespace {

/// The server has certainly not begun with a request that failed in one of these.
bool is_before_the_request(request_stage stage) {
  return stage < request_stage::asking;
}

bool is_closed(boost::system::error_code failure) {
  return failure == asio::error::eof || failure == asio::error::connection_reset ||
         failure == asio::error::broken_pipe || failure == asio::error::connection_aborted ||
         failure == http::error::end_of_stream || failure == http::error::partial_message ||
         failure == asio::ssl::error::stream_truncated;
}

std::string reason_to_connect(const url& where, boost::system::error_code failure) {
  if (failure == asio::error::connection_refused)
    return "nothing listens on port " + std::to_string(where.port) +
           " there; start the server, or correct the port";
  if (failure == asio::error::host_unreachable || failure == asio::error::network_unreachable)
    return "there is no way to that host; look at the network";
  return failure.message() + "; look at the network and at the limit on open files (ulimit -n)";
}

bool is_over_limit(boost::system::error_code failure) {
  return failure == http::error::header_limit || failure == http::error::buffer_overflow ||
         failure == http::error::body_limit;
}

std::string reason_to_read(request_stage stage, boost::system::error_code failure,
                           const request_limits& limits) {
  if (failure == http::error::header_limit || failure == http::error::buffer_overflow)
    return "its answer has more than " + std::to_string(limits.header_bytes) +
           " bytes of headers; is this the right server?";
  if (failure == http::error::body_limit)
    return "its answer has more than " + std::to_string(limits.body_bytes) +
           " bytes; ask for less, or raise the limit";
  if (is_closed(failure))
    return stage == request_stage::asking
               ? "it closed the connection without an answer; look at its log"
               : "it closed the connection in the middle of its answer; look at its log";
  if (failure.category() == boost::system::error_code(http::error::bad_method).category())
    return "its answer is no HTTP (" + failure.message() + "); is this the right port?";
  return failure.message() + "; look at its log and at the network";
}

} // namespace

error explain_failure(const url& where, request_stage stage, boost::system::error_code failure,
                      const request_limits& limits) {
  auto begin =
      (is_before_the_request(stage) ? "cannot reach " : "no answer from ") + where.shown() + ": ";
  if (stage == request_stage::resolving)
    return {errc::unreachable, begin + "the host '" + where.host +
                                   "' is unknown; correct its name, or look at the network"};
  if (is_before_the_request(stage))
    return {errc::unreachable, begin + reason_to_connect(where, failure)};
  return {is_over_limit(failure) ? errc::incompatible : errc::io_failed,
          begin + reason_to_read(stage, failure, limits)};
}

error explain_tls_failure(const url& where, boost::system::error_code failure,
                          std::string_view reason) {
  auto begin = "cannot reach " + where.shown() + ": ";
  if (!reason.empty())
    return {errc::unreachable, begin + "its certificate is not to be trusted (" +
                                   std::string(reason) +
                                   "); correct the name of the host, or give the certificate of "
                                   "its authority as the CA file"};
  if (is_closed(failure))
    return {errc::unreachable,
            begin + "it closed the connection instead of agreeing on TLS; write http:// if it "
                    "speaks no TLS, or look at its log"};
  return {errc::unreachable, begin + "no agreement on TLS (" + failure.message() +
                                 "); write http:// if it speaks no TLS"};
}

error explain_timeout(const url& where, request_stage stage, std::chrono::milliseconds allowed) {
  auto time = seconds_text(allowed);
  switch (stage) {
  case request_stage::waiting:
    return {errc::unreachable, "no connection to " + where.shown() + " became free within " + time +
                                   "; allow more connections, or ask less at once"};
  case request_stage::resolving:
    return {errc::unreachable, "the addresses of the host of " + where.shown() +
                                   " were not found within " + time + "; look at the network"};
  case request_stage::connecting:
  case request_stage::securing:
    return {errc::unreachable, "no connection to " + where.shown() + " within " + time +
                                   "; look at the network and at the server"};
  case request_stage::asking:
  case request_stage::reading: break;
  }
  return {errc::timeout, "no complete answer from " + where.shown() + " within " + time +
                             "; allow more time, or look at the server"};
}

error explain_cancelled(const url& where) {
  return {errc::cancelled, "the request to " + where.shown() + " was cancelled"};
}

error explain_end_of_client(const url& where) {
  return {errc::shutting_down,
          "the request to " + where.shown() + " was given up: this program ends"};
}

error explain_full_queue(const url& where, std::size_t most) {
  return {errc::unreachable, "the request to " + where.shown() +
                                 " was not sent: " + std::to_string(most) +
                                 " others wait for a connection already; ask less at once"};
}

} // namespace mahavishnu::net
