// SPDX-License-Identifier: MIT
#include "net/http_session.hpp"

#include <array>
#include <charconv>

/// The half of a session that writes.
namespace mahavishnu::net {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr std::chrono::seconds linger_time{2};

/// What stands before a chunk: its size, in hexadecimal.
std::string chunk_head(std::size_t size) {
  std::array<char, 20> text{};
  auto* end = std::to_chars(text.data(), text.data() + text.size(), size, 16).ptr;
  return std::string(text.data(), end) + "\r\n";
}

} // namespace

http_response plain_answer(unsigned status, std::string_view reason) {
  http_response response;
  response.status = status;
  response.content_type = "text/plain";
  response.body = std::string(reason) + '\n';
  return response;
}

void http_session::refuse(const refusal& reason) {
  terms_ = reader_->terms();
  terms_.keep_alive = false;
  begin(plain_answer(reason.status, reason.reason), false);
  write();
}

void http_session::look(const answer_channel& channel) {
  if (channel_.get() != &channel)
    return;
  try {
    if (channel_->is_over_limit())
      close();
    else if (out_.empty())
      advance();
    // Otherwise it looks again when that is written, and until then nobody need wake it.
  } catch (...) {
    close();
  }
}

void http_session::advance() {
  take_news();
  write();
}

void http_session::take_news() {
  auto news = channel_->take();
  if (news.takes_time) {
    takes_time_ = true;
    if (phase_ == phase::handling && !is_write_limited_)
      deadline_ = never;
  }
  if (news.pulse)
    pulse_ = std::move(*news.pulse);
  if (news.stop_at)
    set_time(stop_at_, *news.stop_at);
  if (news.head && phase_ == phase::handling)
    begin(std::move(*news.head), news.is_stream);
  if (phase_ != phase::streaming)
    return;
  add_chunk(std::move(news.pieces));
  if (news.has_ended) {
    if (terms_.end == body_end::by_chunks)
      out_.add("0\r\n\r\n");
    phase_ = phase::writing;
  } else if (news.pulse) {
    set_time(next_pulse_, pulse_.every.count() > 0 ? clock::now() + pulse_.every : never);
  }
}

void http_session::begin(http_response head, bool is_stream) {
  if (!is_sendable(head)) {
    head = plain_answer(500, "the answer was no valid HTTP");
    is_stream = false;
  }
  terms_.end = !is_stream        ? body_end::by_length
               : terms_.http_1_0 ? body_end::by_closing
                                 : body_end::by_chunks;
  auto has_body = may_have_body(head.status) && !terms_.headers_only;
  if (core_.stopping || (terms_.end == body_end::by_closing && has_body))
    terms_.keep_alive = false;
  deadline_ = never;
  if (is_write_limited_) // what was to be written before has its limit still
    set_time(deadline_, clock::now() + core_.options.request_timeout);
  out_.add(render_head(head, terms_));
  if (is_stream && has_body) {
    phase_ = phase::streaming;
    std::vector<std::string> first;
    first.push_back(std::move(head.body));
    add_chunk(std::move(first));
    if (pulse_.every.count() > 0)
      set_time(next_pulse_, clock::now() + pulse_.every);
  } else {
    phase_ = phase::writing;
    if (has_body)
      out_.add(std::move(head.body));
  }
}

void http_session::add_chunk(std::vector<std::string> pieces) {
  std::size_t size = 0;
  for (const auto& piece : pieces)
    size += piece.size();
  if (size == 0)
    return; // an empty chunk would be the last one
  auto is_chunk = terms_.end == body_end::by_chunks;
  if (is_chunk)
    out_.add(chunk_head(size));
  for (auto& piece : pieces)
    out_.add(std::move(piece));
  if (is_chunk)
    out_.add("\r\n");
}

void http_session::write() {
  if (is_waiting_to_write_ || phase_ == phase::closed)
    return;
  while (!out_.empty()) {
    error_code failure;
    auto count = stream_.write_some(out_.next(), failure);
    if (failure == asio::error::would_block || failure == asio::error::try_again)
      return wait_to_write();
    if (failure)
      return close();
    out_.consume(count);
  }
  on_written();
}

void http_session::wait_to_write() {
  if (channel_)
    channel_->set_in_flight(out_.bytes());
  if (!std::exchange(is_write_limited_, true))
    set_time(deadline_, clock::now() + core_.options.request_timeout);
  is_waiting_to_write_ = true;
  stream_.socket().async_wait(
      tcp::socket::wait_write,
      [self = shared_from_this(), go_on = step(&http_session::write)](error_code failure) {
        self->is_waiting_to_write_ = false;
        go_on(failure);
      });
}

void http_session::on_written() {
  auto was_blocked = std::exchange(is_write_limited_, false);
  if (phase_ == phase::writing)
    return complete_answer();
  if (phase_ != phase::handling && phase_ != phase::streaming)
    return;
  channel_->set_in_flight(0);
  if (phase_ == phase::streaming) {
    deadline_ = never;
    if (pulse_.every.count() > 0)
      next_pulse_ = clock::now() + pulse_.every;
  }
  if (was_blocked)
    advance();
}

void http_session::complete_answer() {
  if (auto channel = std::exchange(channel_, nullptr))
    channel->complete();
  next_pulse_ = never;
  stop_at_ = never;
  if (!terms_.keep_alive || core_.stopping)
    return hang_up();
  await_request(core_.options.idle_timeout.value_or(core_.options.request_timeout));
}

void http_session::hang_up() {
  if (!stream_.say_farewell())
    return wait_to_write();
  if (core_.stopping || has_read_all_)
    return close();
  error_code ignored;
  stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
  phase_ = phase::lingering;
  set_time(deadline_, clock::now() + linger_time);
  wait_to_read();
}

void http_session::on_pulse() {
  next_pulse_ = never;
  if (phase_ != phase::streaming || pulse_.every.count() <= 0)
    return;
  next_pulse_ = clock::now() + pulse_.every;
  if (!out_.empty())
    return; // it does not read, so it need not be told that we are there
  add_chunk({pulse_.piece});
  write();
}

} // namespace mahavishnu::net
