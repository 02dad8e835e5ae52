// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/messages/task.hpp"

#include <string>

namespace mahavishnu::test {

/// A task that only says what to do.
inline task_spec task_of(const std::string& prompt) {
  task_spec spec;
  spec.prompt = prompt;
  return spec;
}

} // namespace mahavishnu::test
