// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/error.hpp"

namespace mahavishnu::cli {

/// Exit codes of every command; docs/cli.md explains them, and scripts rely on them.
enum exit_code : int {
  done = 0,
  /// The request failed, or the task did.
  failed = 1,
  /// The command line or the settings are wrong.
  wrong_usage = 2,
  /// No server can be reached.
  no_server = 3,
  not_permitted = 4,
  /// What was named does not exist.
  not_found = 5,
  /// There is no room, it exists already, or the server takes no new work.
  refused = 6,
  timed_out = 124,
  interrupted = 130,
};

exit_code exit_code_of(errc code);

} // namespace mahavishnu::cli
