// SPDX-License-Identifier: MIT
#pragma once

#include "exec/run_state.hpp"

#include <mahavishnu/base/error.hpp>

#include <optional>
#include <string>
#include <vector>

namespace mahavishnu::exec {

/// The directory of a keeper, as somebody sees it who only looks.
struct left_keeper {
  std::string directory;
  /// Whether a keeper lives in it now: to be taken over by a runner with a greater epoch. Otherwise
  /// a keeper that is started there ends what is left of the last one and tells of all its runs.
  bool is_served = false;
  /// What its log tells of: runs that go on (or did, when it is not served) and those whose end
  /// nobody has heard.
  std::vector<run_state> runs;
  /// Whether the log may tell of less than there was.
  bool is_damaged = false;
  /// Why the log cannot be read.
  std::optional<error> failure;

  /// Whether a server has something to do here.
  bool has_work() const { return is_served || !runs.empty() || is_damaged || failure; }
};

/// The keepers' directories that stand in this one, by name. Reads only: no keeper is started,
/// asked or disturbed. A parent that does not exist has none.
result<std::vector<left_keeper>> find_left(const std::string& parent);

/// Removes the directory of a keeper with all that keepers keep in it, their output files among
/// it; anything else in it stays, and the directory with it. Refuses while a keeper serves it
/// (`already_exists`) or when its log tells of runs that nobody has heard (`invalid_argument`).
/// One that is not there is fine.
result<void> remove_left(const std::string& directory);

} // namespace mahavishnu::exec
