// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/error.hpp"
#include "mahavishnu/patterns/task_orchestrator.hpp"

#include <string>
#include <vector>

namespace mahavishnu {

/// What a call of a script comes to.
struct found_script {
  std::vector<std::string> argv;
  /// Where it runs unless it is told otherwise: absolute.
  std::string folder;
  /// The name without its ending.
  std::string stem;
};

/// Looks for the script, and for what runs it. `not_found` when there is none; `unauthorized` when
/// it cannot be executed.
result<found_script> find_script(const script_call& call, const std::string& search_path);

/// The same with the PATH of this process.
result<found_script> find_script(const script_call& call);

/// The name of a script without its folder and its ending.
std::string stem_of(const std::string& script);

} // namespace mahavishnu
