// SPDX-License-Identifier: MIT
#pragma once

#include "exec/event_loop.hpp"
#include "exec/process_table.hpp"
#include "exec/tree_end.hpp"

#include <functional>
#include <map>
#include <string>

namespace mahavishnu::exec {

/// Finds and ends what runs have left behind in a program that is not told of orphans, by the mark
/// in their environment. All processes are looked at a moment after a run has ended, and no more
/// often than once a second whatever the number of runs: so it costs a run next to nothing.
class leftovers {
public:
  /// `mark` begins that of every run; `runs` says of the rest of one whether that run goes on. To
  /// `reaper`, or to a program above this one, go the orphans.
  leftovers(event_loop& loop, std::string mark, pid_t reaper,
            std::function<bool(const std::string& run)> runs);
  leftovers(const leftovers&) = delete;
  ~leftovers();

  /// A run has ended, so something may be left.
  void note_end();

  /// Looks now if there is reason to, and calls `over` when nothing is left that could be ended.
  void end_all(std::function<void()> over);

private:
  void look();
  void look_at(event_loop::clock::time_point when);
  void find(const process_table& table);
  void look_for_the_end();

  event_loop& loop_;
  std::string mark_;
  pid_t reaper_;
  std::function<bool(const std::string&)> runs_;
  event_loop::timer next_;
  event_loop::clock::time_point looked_at_;
  bool is_due_ = false;
  /// What is being ended, by run.
  std::map<std::string, tree_end> endings_;
  std::function<void()> over_;
};

} // namespace mahavishnu::exec
