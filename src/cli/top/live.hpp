// SPDX-License-Identifier: MIT
#pragma once

#include "cli/command_line.hpp"
#include "cli/top/view_state.hpp"

#include <csignal>
#include <optional>

namespace mahavishnu::cli::top {

/// Signals as something that can be waited for beside other things. Made before there are threads,
/// which inherit that these signals are kept back. What the parent has us ignore (nohup) stays
/// ignored.
class signal_inbox {
public:
  /// Those that end us; for a screen also what changes it.
  explicit signal_inbox(bool has_screen);
  ~signal_inbox();
  signal_inbox(const signal_inbox&) = delete;
  signal_inbox& operator=(const signal_inbox&) = delete;

  int descriptor() const { return descriptor_; }
  std::optional<int> next();
  /// Does now what that signal does to a process by itself.
  void let_through(int which);

private:
  sigset_t kept_{};
  sigset_t before_{};
  int descriptor_ = -1;
};

/// What a view begins with.
struct watch_wish {
  page first = page::tasks;
  std::vector<std::string> pools{}; // ids; none: all
  std::chrono::milliseconds interval{2000};
  /// Without a screen: so many pictures, and so many tasks in each.
  std::optional<std::int64_t> count{};
  std::int32_t limit = most_tasks;
};

/// Seconds between two pictures, as an option may have them: a server has other things to do.
inline constexpr double shortest_interval = 0.1, longest_interval = 86'400;

/// Whether there is somebody at a terminal that can do more than write lines.
bool may_have_screen(const invocation& now, const output& out);

/// The view that fills the screen, until somebody leaves it. Returns the exit code.
int watch(const invocation& now, const output& out, signal_inbox& signals, const watch_wish& wish);

/// One picture after the other, as lines or as JSON.
int print_pictures(const invocation& now, const output& out, signal_inbox& signals,
                   const watch_wish& wish);

} // namespace mahavishnu::cli::top
