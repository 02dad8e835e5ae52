// SPDX-License-Identifier: MIT
#pragma once

#include "exec/local_runner.hpp"
#include "mahavishnu/patterns/task_orchestrator.hpp"
#include "patterns/interpreter_pool.hpp"

#include <memory>
#include <vector>

namespace mahavishnu {

/// The interpreters that the calls of one orchestrator share.
class shared_interpreters {
public:
  static result<std::unique_ptr<shared_interpreters>> open(std::size_t most_interpreters);

  /// Runs all tasks; see task_orchestrator::pooled.
  result<std::vector<module_result>> run(const concurrent_options& how);

private:
  shared_interpreters(std::unique_ptr<exec::local_runner> runner,
                      std::unique_ptr<interpreter_pool> pool)
      : runner_(std::move(runner)), pool_(std::move(pool)) {}

  std::unique_ptr<exec::local_runner> runner_;
  std::unique_ptr<interpreter_pool> pool_;
};

} // namespace mahavishnu
