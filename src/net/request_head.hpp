// SPDX-License-Identifier: MIT
#pragma once

#include "net/http_client.hpp"
#include "net/url.hpp"

#include <string>

namespace mahavishnu::net {

/// Why a request cannot be sent as it is: a method, a name or a value with bytes that do not belong
/// there.
result<void> check_sendable(const client_request& request);

/// The request line and the headers, with the empty line after them. Names that are the client's
/// business (Host, Content-Length, ...) are left out of the caller's headers.
/// @pre check_sendable(request)
std::string render_request_head(const client_request& request, const url& where);

/// Whether sending it twice does no harm.
bool is_repeatable(const client_request& request);

/// Where an answer sends this very request on to, within its origin; nothing for any other answer.
std::optional<url> redirection(const client_request& request, const url& where,
                               const answer_head& head);

/// How long the server says that it keeps an unused connection.
std::optional<std::chrono::seconds> kept_for(const http_headers& headers);

} // namespace mahavishnu::net
