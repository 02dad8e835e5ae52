// SPDX-License-Identifier: MIT
#include "mcp/server/batch_answer.hpp"

#include <algorithm>
#include <utility>

namespace mahavishnu::mcp::server {

namespace {

/// Of answers for one array.
constexpr std::size_t most_kept = std::size_t{1} << 20;

} // namespace

batch_answer::batch_answer(std::shared_ptr<exchange> whole, std::size_t requests)
    : whole_(std::move(whole)),
      most_waiting_(whole_->http().most_waiting() / 2),
      most_bytes_(std::min(most_kept, most_waiting_ / 2)),
      missing_(requests) {}

void batch_answer::take(std::string answer, const json& id) {
  std::lock_guard guard{mutex_};
  auto is_last = --missing_ == 0;
  if (!answer.empty() && !has_room(answer.size(), is_last)) {
    if (whole_->may_stream())
      become_stream();
    if (!has_room(answer.size(), is_last))
      answer = error_text(id, {200, code::invalid_request,
                               "the answers of this array are too much for one; ask for it alone"});
  }
  if (is_stream_) {
    if (is_last)
      answer.empty() ? whole_->abandon() : whole_->end(std::move(answer));
    else if (!answer.empty())
      whole_->say(answer);
    return;
  }
  if (!answer.empty()) {
    bytes_ += answer.size();
    answers_.push_back(std::move(answer));
  }
  if (!is_last)
    return;
  if (answers_.empty())
    return whole_->abandon();
  std::string all;
  for (const auto& each : answers_)
    all.append(all.empty() ? "[" : ",").append(each);
  whole_->end(std::move(all += ']'));
}

/// The last answer of a stream harms nothing that comes behind it, and the only one of an array is
/// no more than it would be alone.
bool batch_answer::has_room(std::size_t bytes, bool is_last) const {
  if (is_stream_)
    return is_last || whole_->http().waiting() + bytes <= most_waiting_;
  return bytes_ + bytes <= most_bytes_ || (is_last && answers_.empty());
}

void batch_answer::become_stream() {
  if (std::exchange(is_stream_, true))
    return;
  for (const auto& each : std::exchange(answers_, {}))
    whole_->say(each);
}

void batch_answer::say(std::string_view message) {
  std::lock_guard guard{mutex_};
  if (!whole_->may_stream())
    return;
  become_stream();
  whole_->say(message);
}

} // namespace mahavishnu::mcp::server
