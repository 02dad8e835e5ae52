// SPDX-License-Identifier: MIT
#include "wire/connection_stats.hpp"

namespace mahavishnu::wire {

namespace {

/// A peer chooses the type names it sends: only what cannot disturb a terminal reaches the log.
std::string printable(std::string_view text) {
  constexpr std::size_t limit = 120;
  std::string result{text.substr(0, limit)};
  for (auto& c : result)
    if (c < ' ' || c > '~')
      c = '?';
  return text.size() > limit ? result + "..." : result;
}

} // namespace

void connection_stats::refused_full() {
  ++refused_full_;
  tell("connection refused: too many are open");
}

void connection_stats::refused_user() {
  ++refused_user_;
  tell("connection refused: the peer runs as another user");
}

void connection_stats::timed_out() {
  ++timed_out_;
  tell("connection closed: no handshake in time");
}

void connection_stats::dropped(std::string_view what) {
  ++dropped_;
  if (!what.empty())
    tell("message dropped: " + printable(what) + " is not for this connection");
}

void connection_stats::closed(close_reason reason) {
  ++closed_[static_cast<std::size_t>(reason)];
  tell("connection closed: " + std::string{to_string(reason)});
}

connection_counts connection_stats::read() const {
  connection_counts counts;
  counts.open = open_;
  counts.accepted = accepted_;
  counts.refused_full = refused_full_;
  counts.refused_user = refused_user_;
  counts.timed_out = timed_out_;
  counts.passed = passed_;
  counts.dropped = dropped_;
  for (std::size_t i = 0; i < close_reason_count; ++i)
    counts.closed[i] = closed_[i];
  return counts;
}

void connection_stats::tell(std::string_view text) {
  if (!log_)
    return;
  const auto now = std::chrono::steady_clock::now();
  const std::lock_guard lock{mutex_};
  if (now < quiet_until_) {
    ++untold_;
    return;
  }
  quiet_until_ = now + std::chrono::seconds{1};
  if (untold_ == 0)
    log_(text);
  else
    log_(std::string{text} + " (and " + std::to_string(untold_) + " such lines before)");
  untold_ = 0;
}

} // namespace mahavishnu::wire
