// SPDX-License-Identifier: MIT
#include "net/http_session.hpp"

#include "net/peer_user.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>

namespace mahavishnu::net {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

/// An unused connection should not hold the memory of its largest request.
constexpr std::size_t most_to_keep = 16384;

/// As the peer itself would write it: a socket for both protocols shows IPv4 within IPv6.
asio::ip::address plain_address(const asio::ip::address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  return address;
}

byte_stream stream_of(http_core& core, tcp::socket socket) {
  auto tls = core.tls ? core.tls->open(socket.native_handle()) : tls_session{};
  return {std::move(socket), std::move(tls)};
}

} // namespace

http_session::http_session(const std::shared_ptr<http_core>& core, tcp::socket socket)
    : core_(*core),
      weak_core_(core),
      stream_(stream_of(*core, std::move(socket))),
      timer_(core->context) {}

void http_session::start() {
  core_.sessions.insert(shared_from_this());
  error_code failure;
  stream_.socket().non_blocking(true, failure);
  if (failure)
    return close();
  await_request(core_.options.request_timeout);
}

void http_session::drain() {
  if (phase_ == phase::reading || phase_ == phase::lingering)
    close();
  else if (channel_)
    channel_->tell_stopping();
}

void http_session::close() {
  if (phase_ == phase::closed)
    return;
  if (phase_ == phase::reading)
    stream_.say_farewell(); // an answer that is cut gets none
  phase_ = phase::closed;
  auto self = shared_from_this();
  error_code ignored;
  stream_.socket().shutdown(tcp::socket::shutdown_both, ignored);
  stream_.socket().close(ignored);
  timer_.cancel();
  out_.clear();
  core_.sessions.erase(self);
  if (auto channel = std::exchange(channel_, nullptr))
    channel->close();
  if (core_.stopping && core_.sessions.empty() && core_.on_drained)
    core_.on_drained();
}

void http_session::await_request(std::chrono::seconds within) {
  phase_ = phase::reading;
  reader_.emplace(core_.options);
  has_invited_ = false;
  is_idle_ = true;
  set_time(deadline_, clock::now() + within);
  go_on();
}

bool http_session::has_room() const {
  return phase_ == phase::reading || phase_ == phase::lingering ||
         buffer_.size() < core_.options.max_header_bytes;
}

void http_session::wait_to_read() {
  if (is_waiting_to_read_ || has_read_all_ || phase_ == phase::closed)
    return;
  if (!has_room())
    return wait_for_reset();
  is_waiting_to_read_ = true;
  auto go_on = step(&http_session::read);
  // What is left to be skipped comes from the socket, and nothing of it is looked at.
  if (phase_ == phase::lingering)
    stream_.socket().async_wait(tcp::socket::wait_read, std::move(go_on));
  else if (stream_.holds_input())
    asio::post(core_.context, [go_on = std::move(go_on)] { go_on({}); });
  else
    stream_.socket().async_wait(stream_.read_waits_for(), std::move(go_on));
}

void http_session::wait_for_reset() {
  if (std::exchange(is_waiting_for_reset_, true))
    return;
  // Also when there is room again: after a reset there is nothing left to do anyway.
  stream_.socket().async_wait(tcp::socket::wait_error, step(&http_session::close));
}

void http_session::read() {
  is_waiting_to_read_ = false;
  if (!has_room())
    return;
  if (phase_ == phase::lingering)
    return skip();
  if (stream_.falls_back())
    return refuse({400, "this port speaks TLS; use https://"});
  auto most = core_.incoming.size();
  if (phase_ != phase::reading)
    most = std::min(most, core_.options.max_header_bytes - buffer_.size());
  error_code failure;
  auto count = stream_.read_some(asio::buffer(core_.incoming.data(), most), failure);
  if (failure == asio::error::would_block || failure == asio::error::try_again)
    return wait_to_read();
  if (failure == asio::error::eof)
    return on_end_of_input();
  if (failure == byte_stream::broken_tls() && phase_ == phase::reading)
    return hang_up(); // it may want to know what we have told it
  if (failure)
    return close();
  buffer_.append(core_.incoming.data(), count);
  go_on();
}

void http_session::skip() {
  error_code failure;
  stream_.socket().read_some(asio::buffer(core_.incoming), failure);
  if (failure && failure != asio::error::would_block && failure != asio::error::try_again)
    return close();
  wait_to_read();
}

void http_session::on_end_of_input() {
  has_read_all_ = true;
  if (phase_ == phase::reading)
    close();
  else if (channel_)
    channel_->tell_gone();
}

void http_session::go_on() {
  if (is_going_on_)
    return; // a request was answered at once, and the loop below goes on with the next
  is_going_on_ = true;
  std::size_t used = 0;
  while (phase_ == phase::reading && used < buffer_.size()) {
    used += reader_->feed(std::string_view{buffer_}.substr(used));
    if (reader_->refused())
      refuse(*reader_->refused());
    else if (reader_->is_done())
      handle();
    else
      break;
  }
  buffer_.erase(0, used);
  auto is_between_requests = phase_ != phase::reading || !reader_->has_begun();
  if (buffer_.empty() && buffer_.capacity() > most_to_keep && is_between_requests)
    buffer_ = {};
  is_going_on_ = false;
  // One deadline for all of a request, so that a drop now and then does not put it off.
  if (phase_ == phase::reading && is_idle_ && (reader_->has_begun() || !buffer_.empty())) {
    is_idle_ = false;
    set_time(deadline_, clock::now() + core_.options.request_timeout);
  }
  if (phase_ == phase::reading && has_read_all_)
    return close();
  if (phase_ == phase::reading && reader_->expects_invitation() && buffer_.empty() &&
      !std::exchange(has_invited_, true)) {
    out_.add("HTTP/1.1 100 Continue\r\n\r\n");
    write();
  }
  wait_to_read();
}

void http_session::handle() {
  phase_ = phase::handling;
  terms_ = reader_->terms();
  takes_time_ = false;
  pulse_ = {};
  stop_at_ = never;
  auto channel = std::make_shared<answer_channel>(weak_core_, weak_from_this(),
                                                  core_.options.max_stream_bytes);
  channel_ = channel;
  auto request = reader_->take_request();
  request.peer = peer();
  if (has_read_all_)
    channel->tell_gone();
  try {
    core_.handler(std::move(request), http_answer{channel});
  } catch (...) {
    channel->reply(plain_answer(500, "the request could not be handled"));
  }
  advance();
  if (phase_ == phase::handling && channel_ == channel && !takes_time_)
    set_time(deadline_,
             clock::now() + core_.options.reply_timeout.value_or(core_.options.request_timeout));
}

const http_peer& http_session::peer() {
  if (peer_)
    return *peer_;
  peer_.emplace();
  error_code failure;
  auto other = stream_.socket().remote_endpoint(failure);
  if (failure)
    return *peer_;
  auto address = plain_address(other.address());
  peer_->address = address.to_string();
  peer_->port = other.port();
  peer_->is_loopback = address.is_loopback();
  if (peer_->is_loopback && core_.options.find_peer_user)
    peer_->user = peer_user(stream_.socket().native_handle());
  return *peer_;
}

void http_session::set_time(clock::time_point& which, clock::time_point at) {
  which = at;
  if (at < armed_)
    arm(at);
}

void http_session::arm(clock::time_point at) {
  armed_ = at;
  timer_.expires_at(at);
  timer_.async_wait(step(&http_session::on_timer));
}

void http_session::on_timer() {
  armed_ = never;
  auto now = clock::now();
  if (deadline_ <= now) {
    deadline_ = never;
    on_deadline();
  }
  if (next_pulse_ <= now && phase_ != phase::closed)
    on_pulse();
  if (stop_at_ <= now) {
    stop_at_ = never;
    if (channel_)
      channel_->tell_stopping();
  }
  auto next = std::min({deadline_, next_pulse_, stop_at_});
  if (phase_ != phase::closed && next < armed_)
    arm(next);
}

void http_session::on_deadline() {
  if (phase_ != phase::handling)
    return close();
  auto channel = std::exchange(channel_, nullptr);
  terms_.keep_alive = false;
  begin(plain_answer(503, "no answer within the time that was given"), false);
  write();
  channel->close();
}

} // namespace mahavishnu::net
