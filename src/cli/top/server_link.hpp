// SPDX-License-Identifier: MIT
#pragma once

#include "cli/command_line.hpp"
#include "cli/top/view_state.hpp"

#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <thread>
#include <variant>

namespace mahavishnu::cli::top {

using question = std::variant<snapshot_wish, read_output, description_wish, cancel_task>;

/// What became of a question: what was asked for, or why it is not to be had.
struct answer {
  question to;
  std::variant<error, snapshot, task_output, std::string, task_cancelled> what;
};

/// Asks the server in a thread of its own, so that keys need not wait for it; connects again when
/// it was away.
class server_link {
public:
  /// Begins to connect; what is wrong with the settings is told to `out`.
  server_link(const invocation& now, const output& out);
  ~server_link();
  server_link(const server_link&) = delete;
  server_link& operator=(const server_link&) = delete;

  /// Waits until it is connected for the first time; later it tries again with each question.
  result<void> connected();

  /// One after the other. The caller has few questions at a time: it knows which are open.
  void ask(question what);
  std::vector<answer> answers();
  /// Can be read when there are answers.
  int descriptor() const { return news_; }

  /// True when nobody waits for the server any more; nothing is asked from now on.
  bool end(std::chrono::milliseconds patience);

private:
  void work(const output& out);

  const invocation& now_;
  std::promise<result<void>> connected_;
  int news_ = -1;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<question> questions_;
  std::vector<answer> answers_;
  bool must_end_ = false;
  bool has_ended_ = false;
  std::thread thread_;
};

} // namespace mahavishnu::cli::top
