// SPDX-License-Identifier: MIT
#pragma once

#include "net/url.hpp"

#include <boost/system/error_code.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

/// What a client says about requests that failed: the URL, the reason and what to do.
namespace mahavishnu::net {

enum class request_stage {
  /// Waits for one of the connections to its origin.
  waiting,
  /// Asks for the addresses of the host.
  resolving,
  connecting,
  /// Agrees on keys, and verifies the certificate.
  securing,
  /// The request is on its way, and nothing of the answer is here.
  asking,
  /// A part of the answer is here.
  reading,
};

/// What was allowed, for the texts about what was too much.
struct request_limits {
  std::size_t header_bytes = 0;
  std::size_t body_bytes = 0;
};

error explain_failure(const url& where, request_stage stage, boost::system::error_code failure,
                      const request_limits& limits);

/// `reason`: what OpenSSL's verification says; empty when the certificate was not the reason.
error explain_tls_failure(const url& where, boost::system::error_code failure,
                          std::string_view reason);

error explain_timeout(const url& where, request_stage stage, std::chrono::milliseconds allowed);

error explain_cancelled(const url& where);
error explain_end_of_client(const url& where);
error explain_full_queue(const url& where, std::size_t most);

} // namespace mahavishnu::net
