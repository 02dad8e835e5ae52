// SPDX-License-Identifier: MIT
#pragma once

// Only for the sources of this folder: whoever includes this compiles Boost.Beast.

#include "net/http_head.hpp"
#include "net/http_server.hpp"

#include <boost/beast/http/basic_parser.hpp>

#include <optional>
#include <string_view>

namespace mahavishnu::net {

/// Why a request is not handled.
struct refusal {
  unsigned status = 400;
  std::string reason;
};

/// Reads one request out of bytes as they come, or finds out what is wrong with it. Of what two
/// readers might understand differently (two lengths, two hosts, folded lines), it takes nothing.
class request_reader : private boost::beast::http::basic_parser<true> {
public:
  /// @pre the options outlive it
  explicit request_reader(const http_options& options);

  /// Takes what belongs to the request, and returns how many bytes that was; the rest must come
  /// again, with more behind it.
  std::size_t feed(std::string_view bytes);

  using basic_parser<true>::is_done;
  bool has_begun() const { return got_some(); }
  const std::optional<refusal>& refused() const { return refusal_; }
  /// The client waits to be told that its body is welcome.
  bool expects_invitation() const;
  /// As far as is known.
  answer_terms terms() const;
  /// @pre is_done()
  http_request take_request() { return std::move(request_); }

private:
  using error_code = boost::beast::error_code;
  using string_view = boost::beast::string_view;
  using field = boost::beast::http::field;

  void on_request_impl(boost::beast::http::verb method, string_view name, string_view target,
                       int version, error_code& failure) override;
  void on_response_impl(int, string_view, int, error_code&) override {}
  void on_field_impl(field known, string_view name, string_view value,
                     error_code& failure) override;
  void on_header_impl(error_code& failure) override;
  void on_body_init_impl(const boost::optional<std::uint64_t>& length,
                         error_code& failure) override;
  std::size_t on_body_impl(string_view piece, error_code& failure) override;
  void on_chunk_header_impl(std::uint64_t size, string_view extensions,
                            error_code& failure) override;
  std::size_t on_chunk_body_impl(std::uint64_t, string_view piece, error_code& failure) override {
    return on_body_impl(piece, failure);
  }
  void on_finish_impl(error_code&) override {}

  void check_head_text(std::string_view text);
  void explain(error_code failure);
  void refuse(unsigned status, std::string_view reason);
  void refuse(unsigned status, std::string_view reason, error_code& failure);

  const http_options& options_;
  http_request request_;
  std::optional<refusal> refusal_;
  std::size_t head_bytes_ = 0;
  std::size_t trailer_bytes_ = 0;
  std::size_t fields_ = 0;
  unsigned hosts_ = 0;
  unsigned lengths_ = 0;
  unsigned codings_ = 0;
  bool has_unknown_coding_ = false;
  bool has_expectation_ = false;
  bool has_unknown_expectation_ = false;
  bool has_request_line_ = false;
  bool is_http_1_0_ = false;
  bool is_head_ = false;
};

} // namespace mahavishnu::net
