// SPDX-License-Identifier: MIT
#include "net/request_reader.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>

namespace mahavishnu::net {

namespace beast = boost::beast;
namespace http = boost::beast::http;

namespace {

/// Room that is made for a body before it has come: what is announced costs the client nothing.
constexpr std::size_t most_in_advance = 65536;
constexpr std::size_t usual_fields = 12;

std::string lower(std::string_view text) {
  std::string copy{text};
  for (auto& c : copy)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  return copy;
}

/// A line that goes on in the next one, as HTTP once allowed.
bool has_folded_line(std::string_view text) {
  for (auto at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1))
    if (at + 1 < text.size() && (text[at + 1] == ' ' || text[at + 1] == '\t'))
      return true;
  return false;
}

} // namespace

request_reader::request_reader(const http_options& options) : options_(options) {
  header_limit(static_cast<std::uint32_t>(options.max_header_bytes));
  body_limit(options.max_body_bytes);
}

std::size_t request_reader::feed(std::string_view bytes) {
  std::size_t used = 0;
  while (used < bytes.size() && !is_done() && !refusal_) {
    auto rest = bytes.substr(used);
    auto is_in_head = !is_header_done();
    // Beast wants the end of a chunked body that has nothing else in one piece.
    constexpr std::string_view shortest_end = "0\r\n\r\n";
    if (!is_in_head && chunked() && rest.front() == '0' && rest.size() < shortest_end.size())
      break;
    error_code failure;
    auto count = put(boost::asio::const_buffer{rest.data(), rest.size()}, failure);
    used += count;
    if (is_in_head)
      check_head_text(rest.substr(0, count));
    if (failure == http::error::need_more) {
      // Such as a chunk with endless extensions, or endless trailers.
      if (bytes.size() - used > options_.max_header_bytes)
        explain(http::error::header_limit);
      break;
    }
    if (failure)
      explain(failure);
  }
  return used;
}

bool request_reader::expects_invitation() const {
  return has_expectation_ && is_header_done() && !is_done() && !refusal_;
}

answer_terms request_reader::terms() const {
  answer_terms terms;
  terms.headers_only = is_head_;
  terms.http_1_0 = is_http_1_0_;
  terms.keep_alive = is_header_done() && basic_parser<true>::keep_alive();
  return terms;
}

void request_reader::on_request_impl(http::verb method, string_view name, string_view target,
                                     int version, error_code& failure) {
  has_request_line_ = true;
  is_http_1_0_ = version < 11;
  is_head_ = method == http::verb::head;
  if (target.size() > options_.max_url_bytes)
    return refuse(414, "the URL is too long", failure);
  request_.method.assign(name.data(), name.size());
  request_.target.assign(target.data(), target.size());
  request_.headers.reserve(usual_fields);
}

/// Another reader may see an end of the line where we see a part of a value.
void request_reader::on_chunk_header_impl(std::uint64_t, string_view extensions,
                                          error_code& failure) {
  auto is_control = [](unsigned char c) { return (c < ' ' && c != '\t') || c == 0x7f; };
  if (std::any_of(extensions.begin(), extensions.end(), is_control))
    return refuse(400, "a chunk has a control character in its extensions", failure);
  if (extensions.size() > options_.max_header_bytes)
    refuse(431, "the extensions of a chunk are too large", failure);
}

void request_reader::on_field_impl(field known, string_view name, string_view value,
                                   error_code& failure) {
  if (++fields_ > options_.max_headers)
    return refuse(431, "there are too many headers", failure);
  // What follows a chunked body is none of the headers that were there when it began.
  if (is_header_done()) {
    trailer_bytes_ += name.size() + value.size();
    if (trailer_bytes_ > options_.max_header_bytes)
      refuse(431, "the trailers are too large", failure);
    return;
  }
  switch (known) {
  case field::host: ++hosts_; break;
  case field::content_length:
    // Beast takes a list of equal lengths.
    lengths_ += 1 + static_cast<unsigned>(std::count(value.begin(), value.end(), ','));
    break;
  case field::transfer_encoding:
    ++codings_;
    has_unknown_coding_ = has_unknown_coding_ || !beast::iequals(value, "chunked");
    break;
  case field::expect:
    has_expectation_ = true;
    has_unknown_expectation_ = has_unknown_expectation_ || !beast::iequals(value, "100-continue");
    break;
  default: break;
  }
  request_.headers.emplace_back(lower({name.data(), name.size()}),
                                std::string(value.data(), value.size()));
}

void request_reader::on_header_impl(error_code& failure) {
  // Two readers of one request must not see two hosts, nor guess one, nor see two ends of its body.
  if (hosts_ > 1 || (hosts_ == 0 && !is_http_1_0_))
    return refuse(400, "a request needs exactly one Host header", failure);
  if (lengths_ > 1 || codings_ > 1 || (lengths_ > 0 && codings_ > 0))
    return refuse(400, "the end of the body is told more than once", failure);
  if (codings_ > 0 && is_http_1_0_)
    return refuse(400, "HTTP/1.0 has no Transfer-Encoding", failure);
  if (has_unknown_coding_)
    return refuse(501, "the only Transfer-Encoding that is known is chunked", failure);
  if (is_http_1_0_)
    has_expectation_ = false;
  else if (has_unknown_expectation_)
    return refuse(417, "the only expectation that can be met is 100-continue", failure);
}

void request_reader::on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) {
  if (length)
    request_.body.reserve(std::min<std::uint64_t>(*length, most_in_advance));
}

std::size_t request_reader::on_body_impl(string_view piece, error_code&) {
  request_.body.append(piece.data(), piece.size());
  return piece.size();
}

void request_reader::check_head_text(std::string_view text) {
  head_bytes_ += text.size();
  // Beast counts anew when it has taken a part of the head, and joins folded lines.
  if (head_bytes_ > options_.max_header_bytes)
    explain(http::error::header_limit);
  else if (has_folded_line(text))
    refuse(400, "a header goes on in the next line");
}

void request_reader::explain(error_code failure) {
  if (failure == http::error::header_limit && !has_request_line_)
    return refuse(414, "the URL is too long");
  if (failure == http::error::header_limit)
    return refuse(431, "the headers are too large");
  if (failure == http::error::body_limit)
    return refuse(413, "the body is too large");
  refuse(400, "this is no HTTP request: " + failure.message());
}

void request_reader::refuse(unsigned status, std::string_view reason) {
  if (!refusal_) // the first is what the others follow from
    refusal_ = refusal{status, std::string(reason)};
}

void request_reader::refuse(unsigned status, std::string_view reason, error_code& failure) {
  refuse(status, reason);
  failure = http::error::bad_value;
}

} // namespace mahavishnu::net
