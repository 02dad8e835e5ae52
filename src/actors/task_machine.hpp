// SPDX-License-Identifier: MIT
#pragma once

#include "actors/moment.hpp"
#include "mahavishnu/messages/task.hpp"

#include <boost/container/small_vector.hpp>

#include <algorithm>
#include <span>
#include <vector>

namespace mahavishnu {

/// Whether a task in the one state may go to the other.
constexpr bool may_follow(task_status from, task_status to) {
  using enum task_status;
  switch (from) {
  case queued:
    return to == running || to == parked || to == cancelled || to == timed_out || to == failed;
  case parked: return to == queued || to == cancelled || to == timed_out || to == failed;
  case running:
    return to == completed || to == failed || to == timed_out || to == cancelled || to == lost ||
           to == parked || to == queued;
  case completed:
  case failed:
  case timed_out:
  case cancelled:
  case lost: return false;
  }
  return false;
}

/// What a state means, for people.
std::string_view sentence_of(task_status status);

/// A task got to this state.
struct transition {
  moment at;
  task_status to = task_status::queued;
  /// How often it had run until then, this time included.
  std::uint16_t attempt = 0;
  /// Its number within the pool; 0 for none.
  std::uint32_t worker = 0;
  shared_text reason;

  friend bool operator==(const transition&, const transition&) = default;
};
static_assert(sizeof(transition) <= 48); // there are four for each task

/// Where a task stands, and how it came there. The usual task allocates nothing for it.
class task_machine {
public:
  /// The first ones and the latest ones of a long history are kept.
  static constexpr std::size_t longest_history = 256;

  /// Starts `parked` or else `queued`.
  explicit task_machine(moment at, task_status first = task_status::queued,
                        shared_text reason = {}) {
    if (first != task_status::parked)
      first = task_status::queued;
    history_.push_back({at, first, 0, 0, std::move(reason)});
  }

  /// Goes on where that one ended. @pre there is at least one transition.
  explicit task_machine(const std::vector<transition>& history) {
    auto most = std::min(history.size(), longest_history);
    left_out_ = history.size() - most;
    history_.assign(history.end() - static_cast<std::ptrdiff_t>(most), history.end());
  }

  /// Whether it may go there; when it may not, nothing changes.
  bool move(task_status to, moment at, std::uint32_t worker = 0, shared_text reason = {}) {
    if (!may_follow(status(), to))
      return false;
    auto attempt = this->attempt();
    if (to == task_status::running && attempt < UINT16_MAX)
      ++attempt;
    if (history_.size() == longest_history)
      forget_one();
    history_.push_back({at, to, attempt, worker, std::move(reason)});
    return true;
  }

  task_status status() const { return history_.back().to; }
  /// How often it has run, this time included.
  std::uint16_t attempt() const { return history_.back().attempt; }
  bool ended() const { return is_final(status()); }

  /// In their order, the start included.
  std::span<const transition> history() const { return {history_.data(), history_.size()}; }
  /// How many transitions are missing in the middle of the history.
  std::uint64_t left_out() const { return left_out_; }

private:
  void forget_one();

  boost::container::small_vector<transition, 4> history_;
  std::uint64_t left_out_ = 0;
};

} // namespace mahavishnu
