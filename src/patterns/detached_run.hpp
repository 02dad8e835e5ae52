// SPDX-License-Identifier: MIT
#pragma once

#include "exec/process_runner.hpp"
#include "mahavishnu/base/error.hpp"
#include "patterns/run_directory.hpp"

#include <string>

namespace mahavishnu {

/// Starts the process in a keeper of its own, in the directory of the run, and leaves it. Returns
/// when the keeper has written down that it was started.
result<void> start_detached(const run_directory& run, exec::process_spec spec,
                            const std::string& keeper_program);

/// Has the keeper of a run end it, and waits for that.
result<void> stop_detached(const run_directory& run, const std::string& run_id,
                           const std::string& keeper_program);

} // namespace mahavishnu
