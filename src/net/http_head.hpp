// SPDX-License-Identifier: MIT
#pragma once

#include "net/http_message.hpp"

#include <string>

namespace mahavishnu::net {

/// How the client learns where the body of an answer ends.
enum class body_end {
  by_length,
  by_chunks,
  by_closing,
};

/// What the answer of a handler needs from the request it answers.
struct answer_terms {
  /// HEAD: the headers of the answer, but not its body.
  bool headers_only = false;
  bool keep_alive = true;
  /// HTTP/1.0: closing is the rule, so staying must be said.
  bool http_1_0 = false;
  body_end end = body_end::by_length;
};

/// Whether the answer may have a body at all.
bool may_have_body(unsigned status);

/// Whether the answer can be sent as it is: a final status, names and values without line breaks.
bool is_sendable(const http_response& response);

/// The status line and the headers of an answer, with the empty line after them. Names that are the
/// server's business (Content-Length, Connection, ...) are left out of the handler's headers.
/// @pre is_sendable(response)
std::string render_head(const http_response& response, const answer_terms& terms);

} // namespace mahavishnu::net
