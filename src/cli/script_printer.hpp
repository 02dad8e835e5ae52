// SPDX-License-Identifier: MIT
#pragma once

#include "cli/output.hpp"
#include "mahavishnu/patterns/task_orchestrator.hpp"

#include <string_view>
#include <vector>

namespace mahavishnu::cli {

/// What a script has written, to the same stream of this command.
void pass_on(script_stream which, std::string_view bytes);

/// Shows results one after the other, so that none has to be kept: as JSON all of them are one
/// object, unless they are wanted as they come.
class script_printer {
public:
  script_printer(const output& out, const std::vector<script_call>& tasks, bool lines);

  void show(const module_result& one);
  /// Says how many have failed, and returns the exit code.
  int finish();

private:
  const output& out_;
  const std::vector<script_call>& tasks_;
  bool items_;
  std::size_t succeeded_ = 0;
};

} // namespace mahavishnu::cli
