// SPDX-License-Identifier: MIT
#pragma once

#include "exec/keeper_runner.hpp"
#include "mahavishnu/base/error.hpp"

#include <atomic>
#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace mahavishnu {

/// The pools that keepers may be of.
struct known_pools {
  /// These go on.
  std::set<std::string> names;
  /// Nothing is done about these.
  std::set<std::string> waiting;
  /// Whether these are all; otherwise one that is not known is left alone.
  bool is_complete = true;
};

/// The keepers of one server: the parents of the processes of its pools, which outlive it.
class keepers {
public:
  /// @pre `server_lock` is held for the directory.
  /// Of processes that outlive us, outputs that are too long for the end of their run are kept in
  /// that directory; empty: nowhere.
  static result<std::unique_ptr<keepers>> open(const std::filesystem::path& state_dir,
                                               std::chrono::milliseconds grace,
                                               std::string kept_outputs = {});
  /// Waits until those whose runners have gone have ended, within bounds. No runner is left.
  ~keepers();

  /// By the name of their runner, the runs that an earlier server has left in its keeper and that
  /// go on, or whose end nobody has heard.
  using left_runs = std::map<std::string, std::vector<std::string>>;

  /// Takes over the keepers of the pools, and ends others that were left. Waits, within bounds. An
  /// error when one of them cannot be reached: what it runs would be run again.
  result<left_runs> take_over(const known_pools& pools);

  /// Ends such a run that nobody wants.
  void end(const std::string& name, const std::string& run);
  /// Leaves such a run to itself.
  void let_end(const std::string& name, const std::string& run);

  /// A runner whose processes have a keeper of their own. The keeper is started with the first of
  /// them, and ends after the last, once nobody has the runner any more; unless the processes are
  /// to `outlive` us. Does not wait.
  std::shared_ptr<exec::process_runner> runner_of(const std::string& name, bool outlive = false);

  /// Those that are to outlive us are left when nobody has their runner any more, unless we stay:
  /// then what is let go of is ended.
  void leave() { *is_leaving_ = true; }
  void stay() { *is_leaving_ = false; }

  /// Of this server.
  std::uint64_t epoch() const { return epoch_; }

private:
  keepers(std::filesystem::path directory, std::uint64_t epoch, std::string program,
          std::chrono::milliseconds grace, std::string kept_outputs,
          std::shared_ptr<exec::keeper_thread> thread);

  exec::keeper_link_options options_for(const std::filesystem::path& directory) const;
  std::shared_ptr<exec::keeper_runner> open(const std::filesystem::path& directory);
  std::shared_ptr<exec::keeper_runner> open_outliving(const std::filesystem::path& directory);

  std::filesystem::path directory_;
  std::uint64_t epoch_;
  std::string program_;
  std::chrono::milliseconds grace_;
  std::string kept_outputs_;
  std::shared_ptr<exec::keeper_thread> thread_;
  std::shared_ptr<std::atomic<bool>> is_leaving_ = std::make_shared<std::atomic<bool>>(true);
  /// Those that were taken over and that nobody has asked for yet.
  std::map<std::string, std::shared_ptr<exec::keeper_runner>> taken_over_;
};

} // namespace mahavishnu
