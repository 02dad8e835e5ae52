// SPDX-License-Identifier: MIT
#include "net/http_exchange.hpp"

#include "base/text.hpp"
#include "net/request_head.hpp"

#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>

#include <algorithm>
#include <utility>

namespace mahavishnu::net {

namespace http = boost::beast::http;

namespace {

constexpr unsigned most_redirections = 3;
constexpr unsigned most_interim_answers = 16;
/// A server that keeps a connection for so long may close it a little earlier.
constexpr std::chrono::seconds margin_of_keeping{1};

/// What a callback throws is its own business, and must not keep others from being called.
template <class Callback, class... Arguments>
void call(const Callback& callback, Arguments&&... arguments) {
  try {
    callback(std::forward<Arguments>(arguments)...);
  } catch (...) {
  }
}

} // namespace

http_exchange::http_exchange(client_core& core, request_number number, client_request request,
                             url where, answer_callback callback)
    : core_(core),
      number_(number),
      request_(std::move(request)),
      where_(std::move(where)),
      callback_(std::move(callback)),
      whole_timer_(core.context),
      stage_timer_(core.context) {}

void http_exchange::start() {
  if (request_.whole_timeout) {
    whole_timer_.expires_after(*request_.whole_timeout);
    whole_timer_.async_wait([self = shared_from_this()](error_code called_off) {
      if (!called_off && !self->has_ended_)
        self->fail(explain_timeout(self->where_, self->stage_, *self->request_.whole_timeout));
    });
  }
  ask_for_connection();
}

void http_exchange::limit_stage(std::optional<std::chrono::milliseconds> time) {
  stage_timer_.cancel();
  ++limit_;
  if (!time)
    return;
  stage_timer_.expires_after(*time);
  stage_timer_.async_wait(
      [self = shared_from_this(), limit = limit_, time = *time](error_code called_off) {
        if (!called_off && !self->has_ended_ && limit == self->limit_)
          self->fail(explain_timeout(self->where_, self->stage_, time));
      });
}

// -- a connection -------------------------------------------------------------

void http_exchange::ask_for_connection() {
  stage_ = request_stage::waiting;
  auto has_room = core_.pool.ask(
      where_, number_, request_.is_urgent,
      [self = shared_from_this()](auto connection) { self->use(std::move(connection)); });
  if (!has_room)
    fail(explain_full_queue(where_, core_.options.max_waiting));
}

void http_exchange::use(connection_pool::connection_ptr connection) {
  connection_ = std::move(connection);
  ++attempt_;
  connection_->is_kept ? send() : connect();
}

void http_exchange::connect() {
  stage_ = request_stage::resolving;
  limit_stage(request_.connect_timeout);
  connection_->resolve(where_, step(&http_exchange::on_resolved));
}

void http_exchange::on_resolved(error_code failure) {
  if (failure)
    return fail(failure);
  stage_ = request_stage::connecting;
  connection_->connect(step(&http_exchange::on_connected));
}

void http_exchange::on_connected(error_code failure) {
  if (failure)
    return fail(failure);
  if (!where_.secure)
    return send();
  stage_ = request_stage::securing;
  auto tls = core_.tls.get();
  if (!tls)
    return fail(tls.error());
  connection_->secure(**tls, where_, step(&http_exchange::on_secured));
}

void http_exchange::on_secured(error_code failure) {
  if (failure)
    return fail(explain_tls_failure(where_, failure, connection_->verification_failure()));
  send();
}

// -- the request and its answer -----------------------------------------------

void http_exchange::send() {
  stage_ = request_stage::asking;
  limit_stage(request_.head_timeout);
  head_ = render_request_head(request_, where_);
  connection_->write(head_, request_.body, step(&http_exchange::on_sent));
}

void http_exchange::on_sent(error_code) {
  // Also when not all of it was taken: a server may refuse a request before its end, and say why.
  read_head();
}

void http_exchange::read_head() {
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(core_.options.max_header_bytes));
  parser_->body_limit(request_.max_body_bytes);
  parser_->skip(request_.method == "HEAD");
  parser_->eager(true);
  parser_->get().body().take = [this](std::string_view piece) { take_piece(piece); };
  connection_->with_stream([&](auto& stream) {
    http::async_read_header(stream, connection_->buffer(), *parser_, step(&http_exchange::on_head));
  });
}

void http_exchange::on_head(error_code failure) {
  if (parser_->got_some())
    stage_ = request_stage::reading;
  if (failure && is_last_use())
    return fail(failure);
  if (failure) {
    was_repeated_ = true;
    connection_ = core_.pool.replace(connection_);
    ++attempt_;
    return connect();
  }
  auto status = parser_->get().result_int();
  if (status == 101 || (status < 200 && ++interim_answers_ > most_interim_answers))
    return fail(http::error::bad_status);
  if (status < 200)
    return read_head();
  take_head();
  read_body();
}

bool http_exchange::is_last_use() const {
  auto may_be_stale = connection_->is_kept && stage_ == request_stage::asking;
  return !may_be_stale || was_repeated_ || !is_repeatable(request_);
}

void http_exchange::take_head() {
  limit_stage(std::nullopt);
  answer_.status = parser_->get().result_int();
  for (const auto& field : parser_->get())
    answer_.headers.emplace_back(to_lower(field.name_string()), std::string(field.value()));
  if (redirections_ < most_redirections)
    redirected_to_ = redirection(request_, where_, answer_);
  if (!redirected_to_ && request_.on_head)
    call(request_.on_head, answer_);
}

void http_exchange::read_body() {
  if (parser_->is_done())
    return finish();
  connection_->with_stream([&](auto& stream) {
    http::async_read_some(stream, connection_->buffer(), *parser_, step(&http_exchange::on_body));
  });
}

void http_exchange::on_body(error_code failure) {
  failure ? fail(failure) : read_body();
}

void http_exchange::take_piece(std::string_view piece) {
  if (redirected_to_ || has_ended_)
    return;
  if (request_.on_piece)
    call(request_.on_piece, piece);
  else
    answer_.body += piece;
}

// -- the end ------------------------------------------------------------------

void http_exchange::fail(error_code reason) {
  fail(explain_failure(where_, stage_, reason,
                       {core_.options.max_header_bytes, request_.max_body_bytes}));
}

void http_exchange::fail(error reason) {
  if (has_ended_)
    return;
  // The server may have begun with what was sent first.
  if (was_repeated_ && reason.code == errc::unreachable)
    reason.code = errc::io_failed;
  if (connection_)
    core_.pool.give_back(where_, std::exchange(connection_, nullptr), false);
  else
    core_.pool.withdraw(where_, number_);
  end(std::move(reason));
}

void http_exchange::finish() {
  auto kept = kept_for(answer_.headers);
  auto keep_time = core_.options.idle_timeout;
  if (kept)
    keep_time = std::min<std::chrono::milliseconds>(keep_time, *kept - margin_of_keeping);
  auto is_usable = parser_->keep_alive() && connection_->buffer().size() == 0 &&
                   keep_time.count() > 0 && !core_.stopping;
  connection_->is_kept = true;
  connection_->keep_until = std::chrono::steady_clock::now() + keep_time;
  core_.pool.give_back(where_, std::exchange(connection_, nullptr), is_usable);
  if (!redirected_to_)
    return end(std::move(answer_));
  where_ = *std::exchange(redirected_to_, std::nullopt);
  ++redirections_;
  answer_ = {};
  ask_for_connection();
}

void http_exchange::end(result<client_answer> outcome) {
  auto self = shared_from_this();
  has_ended_ = true;
  whole_timer_.cancel();
  stage_timer_.cancel();
  core_.exchanges.erase(number_);
  call(std::exchange(callback_, nullptr), std::move(outcome));
}

} // namespace mahavishnu::net
