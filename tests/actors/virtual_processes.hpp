// SPDX-License-Identifier: MIT
#pragma once

#include "actors/worker.hpp"
#include "support/manual_runner.hpp"
#include "virtual_time.hpp"

#include <caf/typed_actor.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace mahavishnu::test {

inline exec::process_exit exit_with(int code, std::string output = {}) {
  exec::process_exit how;
  how.exit_code = code;
  how.standard_output = std::move(output);
  return how;
}

/// Virtual time, and shell workers over processes that end when the test says so.
class virtual_processes : public virtual_time {
public:
  /// These are remembered in `workers`.
  worker_type shell_workers() {
    auto shell = shell_worker();
    shell.make = [this, make = shell.make](caf::actor_system& system,
                                           const std::shared_ptr<const worker_options>& options,
                                           const worker_identity& who) {
      return workers.emplace_back(who.id, make(system, options, who)).second;
    };
    return shell;
  }

  using virtual_time::kill;
  /// Kills the present actor of that worker.
  void kill(const worker_id& worker) {
    auto at = std::ranges::find(workers.rbegin(), workers.rend(), worker,
                                &std::pair<worker_id, worker_actor>::first);
    REQUIRE(at != workers.rend());
    kill(at->second);
  }

  /// Prompts of all processes started so far, in order.
  std::vector<std::string> prompts() const {
    std::vector<std::string> all;
    for (const auto& each : runner->started())
      all.push_back(each.spec.argv.back());
    return all;
  }

  /// Ends the process that was started for that prompt.
  void finish(const std::string& prompt, exec::process_exit how = {}) {
    REQUIRE(runner->finish(process(prompt), std::move(how)));
    run();
  }

  bool was_stopped(const std::string& prompt) const {
    return std::ranges::count(runner->stopped(), process(prompt)) > 0;
  }

  std::shared_ptr<manual_runner> runner = std::make_shared<manual_runner>();
  std::vector<std::pair<worker_id, worker_actor>> workers; // all that were ever spawned

protected:
  ~virtual_processes() = default;

  /// Lets go of the workers, whom also a process holds that still "runs".
  void end_processes() {
    workers.clear();
    for (const auto& each : runner->started())
      runner->finish(each.handle, {});
    run();
  }

private:
  exec::process_handle process(const std::string& prompt) const {
    for (const auto& each : runner->started())
      if (each.spec.argv.back() == prompt)
        return each.handle;
    FAIL("no process ran '" << prompt << "'");
    return 0;
  }
};

} // namespace mahavishnu::test
