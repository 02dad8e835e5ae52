// SPDX-License-Identifier: MIT
#pragma once

#include "exec/child.hpp"
#include "exec/epoll_set.hpp"

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <variant>
#include <vector>

namespace mahavishnu::exec {

/// One epoll set for all children: their exits, their pipes, their deadlines, and a queue of what
/// other threads want done. Everything but the post functions runs on the thread that is in run().
class child_loop {
public:
  using clock = std::chrono::steady_clock;

  struct start_command {
    process_handle handle;
    process_spec spec;
    child::callback done;
  };
  struct stop_command {
    process_handle handle;
  };
  struct measure_command {
    process_handle handle;
    std::function<void(std::uint64_t)> done;
  };
  /// End every child, each with its grace but no more than this; start no other.
  struct end_command {
    std::chrono::milliseconds longest_grace;
  };
  using command = std::variant<start_command, stop_command, measure_command, end_command>;

  static result<std::unique_ptr<child_loop>> open();

  /// Has a command done by the loop; from any thread.
  void post(command what);

  /// Serves the children until an end_command has been posted and the last child is gone.
  void run();

private:
  using timers = std::multimap<clock::time_point, process_handle>;

  /// A child and the loop's own notes on it.
  struct entry {
    child process;
    /// Set from the first stop on: when the group is killed.
    std::optional<timers::iterator> deadline;
    bool killed = false;
  };

  /// Which descriptor of a child an event is about; the low bits of the event's number.
  enum class channel : std::uint64_t { exit, input, output, error, wake_up };

  child_loop(epoll_set events, unique_fd wake_up);

  void carry_out(start_command& what);
  void carry_out(stop_command& what);
  void carry_out(measure_command& what);
  void carry_out(end_command& what);
  void carry_out_commands();

  void handle_event(std::uint64_t number);
  void begin_stop(process_handle handle, entry& running, std::chrono::milliseconds grace);
  void handle_deadlines();
  int wait_time() const;

  void finish(process_handle handle, entry& running);
  void give_up(process_handle handle, entry& running);
  void forget(process_handle handle, entry& running);

  bool watch(int fd, std::uint32_t events, process_handle handle, channel what);

  epoll_set events_;
  unique_fd wake_up_;
  std::vector<std::string> inherited_;
  std::vector<char> buffer_;
  std::unordered_map<process_handle, entry> children_;
  timers timers_;
  std::optional<std::chrono::milliseconds> ending_;

  std::mutex mutex_;
  std::deque<command> commands_;
};

} // namespace mahavishnu::exec
