// SPDX-License-Identifier: MIT
#include "net/http_answer.hpp"

#include "net/answer_channel.hpp"

namespace mahavishnu::net {

void http_answer::reply(http_response response) const {
  if (channel_)
    channel_->reply(std::move(response));
}

void http_answer::begin(http_response head) const {
  if (channel_)
    channel_->begin(std::move(head));
}

void http_answer::send(std::string piece) const {
  if (channel_)
    channel_->send(std::move(piece));
}

void http_answer::end() const {
  if (channel_)
    channel_->end();
}

std::size_t http_answer::waiting() const {
  return channel_ ? channel_->waiting() : 0;
}

std::size_t http_answer::most_waiting() const {
  return channel_ ? channel_->most_waiting() : 0;
}

void http_answer::on_gone(std::function<void()> callback) const {
  if (channel_)
    channel_->on_gone(std::move(callback));
}

void http_answer::on_stopping(std::function<void()> callback) const {
  if (channel_)
    channel_->on_stopping(std::move(callback));
}

void http_answer::stop_at(std::chrono::steady_clock::time_point when) const {
  if (channel_)
    channel_->stop_at(when);
}

void http_answer::keep_alive(std::chrono::milliseconds every, std::string piece) const {
  if (channel_)
    channel_->keep_alive({every, std::move(piece)});
}

void http_answer::take_time() const {
  if (channel_)
    channel_->take_time();
}

void http_answer::run_soon(std::function<void()> task) const {
  if (channel_)
    channel_->run_soon(std::move(task));
}

bool http_answer::is_over() const {
  return !channel_ || channel_->is_over();
}

} // namespace mahavishnu::net
