// SPDX-License-Identifier: MIT
#include "mcp/server/batch_answer.hpp"

#include <utility>

namespace mahavishnu::mcp::server {

void batch_answer::take(std::string answer) {
  std::lock_guard guard{mutex_};
  auto is_last = --missing_ == 0;
  if (is_stream_) {
    if (is_last)
      answer.empty() ? whole_->abandon() : whole_->end(std::move(answer));
    else if (!answer.empty())
      whole_->say(answer);
    return;
  }
  if (!answer.empty())
    answers_.push_back(std::move(answer));
  if (!is_last)
    return;
  if (answers_.empty())
    return whole_->abandon();
  std::string all;
  for (const auto& each : answers_)
    all.append(all.empty() ? "[" : ",").append(each);
  whole_->end(std::move(all += ']'));
}

void batch_answer::say(std::string_view message) {
  std::lock_guard guard{mutex_};
  if (!whole_->may_stream())
    return;
  if (!std::exchange(is_stream_, true))
    for (const auto& each : answers_)
      whole_->say(each);
  whole_->say(message);
}

} // namespace mahavishnu::mcp::server
