// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/patterns/task_orchestrator.hpp"

#include <string>
#include <vector>

namespace mahavishnu {

/// Runs all tasks, so many at a time; see task_orchestrator::concurrent. `mark` begins that of
/// their processes.
result<std::vector<module_result>> run_concurrently(const concurrent_options& how,
                                                    const std::string& mark);

} // namespace mahavishnu
