// SPDX-License-Identifier: MIT
#pragma once

#include "exec/keeper_runner.hpp"
#include "exec/support.hpp"
#include "support/scratch.hpp"

#include <dirent.h>
#include <signal.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace mahavishnu::test {

using exec::keeper_link_options;
using exec::keeper_runner;
using exec::keeper_thread;
using exec::run_state;

/// Processes that carry this mark: their MAHAVISHNU_RUN begins with it.
inline std::vector<pid_t> marked_processes(const std::string& mark) {
  std::vector<pid_t> found;
  auto variable = "MAHAVISHNU_RUN=" + mark;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    auto pid = std::atoi(entry.path().filename().c_str());
    if (pid <= 0)
      continue;
    auto environment = content_of(entry.path() / "environ");
    if (environment.starts_with(variable) || environment.find('\0' + variable) != std::string::npos)
      found.push_back(pid);
  }
  return found;
}

/// The keeper of a runner, which may be about to reach another one.
inline pid_t pid_of(const keeper_runner& runner) {
  std::optional<pid_t> pid;
  REQUIRE(comes_true([&] { return (pid = runner.keeper_pid()).has_value(); }));
  return *pid;
}

/// A directory for a keeper, and the thread that speaks to it. Ends the keeper when it goes.
class keeper_place {
public:
  keeper_place() : path_((scratch_ / "keeper").string()) {
    auto thread = keeper_thread::open();
    REQUIRE(thread);
    thread_ = *thread;
  }
  ~keeper_place() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored); // a keeper whose directory goes ends itself
    if (last_keeper_ > 1)
      ends(last_keeper_);
  }
  keeper_place(const keeper_place&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return (scratch_ / name).string(); }

  keeper_link_options options(std::uint64_t epoch = 1) const {
    keeper_link_options how;
    how.directory = path_;
    how.epoch = epoch;
    how.keeper_program = MAHAVISHNU_KEEPER;
    return how;
  }

  std::unique_ptr<keeper_runner> open(std::uint64_t epoch = 1) { return open(options(epoch)); }
  std::unique_ptr<keeper_runner> open(const keeper_link_options& how) {
    auto runner = keeper_runner::open(thread_, how);
    if (!runner)
      FAIL(runner.error().message);
    last_keeper_ = pid_of(**runner);
    return std::move(*runner);
  }
  result<std::unique_ptr<keeper_runner>> try_to_open(std::uint64_t epoch) {
    return keeper_runner::open(thread_, options(epoch));
  }

  /// What all processes of the keeper carry.
  std::string mark() const { return content_of(path_ + "/lock") + "."; }

private:
  scratch scratch_;
  std::string path_;
  std::shared_ptr<keeper_thread> thread_;
  pid_t last_keeper_ = -1;
};

/// Waits for the end of an adopted run.
inline running_process attach(keeper_runner& runner, const std::string& run,
                              std::size_t output_limit = process_spec{}.output_limit) {
  auto promise = std::make_shared<std::promise<process_exit>>();
  running_process process;
  process.end = promise->get_future();
  process.handle = runner.attach(
      run, [promise](process_exit exit) { promise->set_value(std::move(exit)); }, output_limit);
  return process;
}

inline process_spec named(std::string run, process_spec spec) {
  spec.run = std::move(run);
  return spec;
}

} // namespace mahavishnu::test
