// SPDX-License-Identifier: MIT
#include "net/http_session.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/rfc7230.hpp>

#include <algorithm>

namespace mahavishnu::net {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

namespace {

constexpr std::chrono::seconds linger_time{2};
constexpr std::string_view continue_line = "HTTP/1.1 100 Continue\r\n\r\n";

std::string lower(std::string_view text) {
  std::string copy{text};
  for (auto& c : copy)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  return copy;
}

http_response plain(unsigned status, std::string_view reason) {
  http_response response;
  response.status = status;
  response.content_type = "text/plain";
  response.body = std::string(reason) + '\n';
  return response;
}

http_request to_request(http::request<http::string_body> message) {
  http_request request;
  request.method = std::string(message.method_string());
  request.target = std::string(message.target());
  for (const auto& field : message)
    request.headers.emplace_back(lower(field.name_string()), std::string(field.value()));
  request.body = std::move(message.body());
  return request;
}

} // namespace

http_session::http_session(const std::shared_ptr<http_core>& core, asio::ip::tcp::socket socket)
    : core_(*core), weak_core_(core), stream_(std::move(socket)), reply_timer_(core->context) {
  core_.sessions.insert(this);
}

http_session::~http_session() {
  core_.sessions.erase(this);
  if (core_.stopping && core_.sessions.empty() && core_.on_drained)
    core_.on_drained();
}

void http_session::drain() {
  if (phase_ == phase::reading || phase_ == phase::lingering)
    close();
}

void http_session::close() {
  error_code ignored;
  stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
  stream_.close();
  reply_timer_.cancel();
}

void http_session::read_header() {
  if (core_.stopping)
    return close();
  phase_ = phase::reading;
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(core_.options.max_header_bytes));
  parser_->body_limit(core_.options.max_body_bytes);
  // One deadline for the whole request, so that a drop now and then does not put it off.
  stream_.expires_after(core_.options.request_timeout);
  http::async_read_header(
      stream_, buffer_, *parser_,
      [self = shared_from_this()](error_code failure, std::size_t) { self->on_header(failure); });
}

void http_session::on_header(error_code failure) {
  const auto& message = parser_->get();
  terms_ = {};
  terms_.http_1_0 = parser_->is_header_done() && message.version() < 11;
  if (failure)
    return refuse(failure);
  terms_.headers_only = message.method() == http::verb::head;
  terms_.keep_alive = message.keep_alive();
  // Two readers of one request must not see two hosts, nor guess one.
  if (auto hosts = message.count(http::field::host); hosts > 1 || (hosts == 0 && !terms_.http_1_0))
    return refuse(400, "a request needs exactly one Host header");
  if (auto expected = message[http::field::expect]; !expected.empty() && !terms_.http_1_0) {
    if (!beast::iequals(expected, "100-continue"))
      return refuse(417, "the only expectation that can be met is 100-continue");
    if (!parser_->is_done() && buffer_.size() == 0)
      return invite_body();
  }
  read_body();
}

void http_session::invite_body() {
  asio::async_write(stream_, asio::buffer(continue_line),
                    [self = shared_from_this()](error_code failure, std::size_t) {
                      failure ? self->close() : self->read_body();
                    });
}

void http_session::read_body() {
  http::async_read(
      stream_, buffer_, *parser_,
      [self = shared_from_this()](error_code failure, std::size_t) { self->on_body(failure); });
}

void http_session::on_body(error_code failure) {
  if (failure)
    return refuse(failure);
  handle();
}

void http_session::handle() {
  phase_ = phase::handling;
  auto number = ++request_;
  reply_timer_.expires_after(core_.options.reply_timeout.value_or(core_.options.request_timeout));
  reply_timer_.async_wait([self = shared_from_this(), number](error_code failure) {
    self->on_reply_timeout(number, failure);
  });
  auto request = to_request(parser_->release());
  parser_.reset();
  auto reply = [weak_core = weak_core_, weak = weak_from_this(), number](http_response response) {
    // The session belongs to the server's thread: only the attempt to reach it is made here.
    if (auto core = weak_core.lock())
      asio::post(core->context, [weak, number, response = std::move(response)]() mutable {
        if (auto self = weak.lock())
          self->on_reply(number, std::move(response));
      });
  };
  try {
    core_.handler(std::move(request), std::move(reply));
  } catch (...) {
    on_reply(number, plain(500, "the request could not be handled"));
  }
}

void http_session::on_reply(std::uint64_t request, http_response response) {
  if (phase_ != phase::handling || request != request_ || !stream_.socket().is_open())
    return;
  reply_timer_.cancel();
  write(std::move(response));
}

void http_session::on_reply_timeout(std::uint64_t request, error_code failure) {
  if (failure || phase_ != phase::handling || request != request_)
    return;
  terms_.keep_alive = false;
  write(plain(503, "no answer within the time that was given"));
}

void http_session::refuse(error_code failure) {
  if (failure == http::error::header_limit || failure == http::error::buffer_overflow)
    return refuse(431, "the headers are too large");
  if (failure == http::error::body_limit)
    return refuse(413, "the body is too large");
  auto went_away = failure == http::error::end_of_stream || failure == http::error::partial_message;
  if (went_away || failure.category() != error_code(http::error::bad_method).category())
    return close();
  refuse(400, "this is no HTTP request: " + failure.message());
}

void http_session::refuse(unsigned status, std::string_view reason) {
  terms_.keep_alive = false;
  write(plain(status, reason));
}

void http_session::write(http_response response) {
  phase_ = phase::writing;
  if (!is_sendable(response))
    response = plain(500, "the answer was no valid HTTP");
  if (core_.stopping)
    terms_.keep_alive = false;
  head_ = render_head(response, terms_);
  body_.clear();
  if (may_have_body(response.status) && !terms_.headers_only)
    body_ = std::move(response.body);
  stream_.expires_after(core_.options.request_timeout);
  std::array<asio::const_buffer, 2> pieces{asio::buffer(head_), asio::buffer(body_)};
  asio::async_write(stream_, pieces, [self = shared_from_this()](error_code failure, std::size_t) {
    self->on_written(failure);
  });
}

void http_session::on_written(error_code failure) {
  body_ = {}; // an idle connection should not hold the memory of its largest answer
  if (failure)
    return close();
  if (terms_.keep_alive)
    return read_header();
  error_code ignored;
  stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  phase_ = phase::lingering;
  stream_.expires_after(linger_time);
  linger();
}

void http_session::linger() {
  if (core_.stopping)
    return close();
  stream_.async_read_some(asio::buffer(discarded_),
                          [self = shared_from_this()](error_code failure, std::size_t) {
                            failure ? self->close() : self->linger();
                          });
}

} // namespace mahavishnu::net
