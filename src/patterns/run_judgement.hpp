// SPDX-License-Identifier: MIT
#pragma once

#include "exec/run_state.hpp"
#include "mahavishnu/patterns/run.hpp"

#include <optional>
#include <string>

namespace mahavishnu {

/// What can be seen of a run besides its record. To be looked at in this order: whoever was gone
/// when it was looked at has written nothing after it.
struct run_evidence {
  bool owner_lives = false;
  bool keeper_lives = false;
  /// What the log of the keeper says of it.
  std::optional<exec::run_state> kept;
  /// What is wrong with that log; empty when nothing is.
  std::string log_damage;
  std::optional<run_time> asked_to_end_at;
  std::optional<run_progress> progress;
};

/// The record of a run as it is now, from what was written down and what can be seen.
run_record judge(run_record written, const run_evidence& seen);

/// How a script ended that ended badly, in words; empty for one that did well.
std::string words_for_exit(int exit_code);

} // namespace mahavishnu
