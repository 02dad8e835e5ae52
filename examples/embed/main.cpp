// SPDX-License-Identifier: MIT
//
// Runs a task on a pool inside this program, without any server.
#include <mahavishnu/app/orchestrator.hpp>

#include <iostream>

int main() {
  auto orchestrator = mahavishnu::orchestrator::start();
  if (!orchestrator) {
    std::cerr << orchestrator.error().message << '\n';
    return 1;
  }

  mahavishnu::pool_config pool;
  pool.name = "local";
  pool.worker_type = "shell";
  pool.min_workers = 2;
  if (auto spawned = (*orchestrator)->spawn_pool(pool).get(); !spawned) {
    std::cerr << spawned.error().message << '\n';
    return 1;
  }

  mahavishnu::task_spec task;
  task.prompt = "echo \"hello from process $$ of $MAHAVISHNU_POOL_ID\"";
  auto result = (*orchestrator)->execute("local", task).get();
  if (!result) {
    std::cerr << result.error().message << '\n';
    return 1;
  }
  std::cout << to_string(result->status) << ": " << result->output.str();
  return result->exit_code;
}
