// SPDX-License-Identifier: MIT
#pragma once

#include "exec/keeper_runner.hpp"
#include "mahavishnu/base/error.hpp"

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

namespace mahavishnu {

/// The keepers of one server: the parents of the processes of its pools, which outlive it. Those
/// that an earlier server of the same directory has left are ended with all that they run, since
/// nobody knows their tasks any more.
class keepers {
public:
  /// @pre `server_lock` is held for the directory.
  static result<std::unique_ptr<keepers>> open(const std::filesystem::path& state_dir,
                                               std::chrono::milliseconds grace);
  /// Waits until those whose runners have gone have ended, within bounds. No runner is left.
  ~keepers();

  /// A runner whose processes have a keeper of their own. The keeper is started with the first of
  /// them, and ends after the last, once nobody has the runner any more. Does not wait.
  std::shared_ptr<exec::process_runner> runner_of(const std::string& name);

  /// Of this server.
  std::uint64_t epoch() const { return epoch_; }

private:
  keepers(std::filesystem::path directory, std::uint64_t epoch, std::string program,
          std::chrono::milliseconds grace, std::shared_ptr<exec::keeper_thread> thread);

  std::shared_ptr<exec::keeper_runner> open(const std::filesystem::path& directory);
  result<void> end_left();

  std::filesystem::path directory_;
  std::uint64_t epoch_;
  std::string program_;
  std::chrono::milliseconds grace_;
  std::shared_ptr<exec::keeper_thread> thread_;
};

} // namespace mahavishnu
