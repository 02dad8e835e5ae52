// SPDX-License-Identifier: MIT
#include "app/keepers.hpp"

#include "base/log.hpp"
#include "base/state_dir.hpp"
#include "exec/keeper_program.hpp"
#include "exec/left_keepers.hpp"

#include <future>
#include <utility>

namespace mahavishnu {

namespace {

/// What a task leaves to be done when it was stopped, such as removing a container, may take so
/// long after the last user of a runner has gone.
constexpr std::chrono::seconds for_what_is_left{10};

/// For the answer of a keeper, whose disk may be busy for so long with what others write.
constexpr std::chrono::seconds longest_silence{30};

/// Takes over a keeper that an earlier server has left, and ends what it runs. The runner is closed
/// when the last run has ended.
void end_all(const std::shared_ptr<exec::keeper_runner>& runner, const std::string& directory) {
  runner->connect([runner, directory](const result<std::vector<exec::run_state>>& runs) {
    if (!runs) {
      log::error("keepers", "what an earlier server has left in '{}' cannot be ended: {}",
                 directory, runs.error().message);
      return;
    }
    for (const auto& run : *runs) {
      log::warning("keepers", "{} run '{}' of an earlier server, whose task nobody knows any more",
                   run.has_ended() ? "dropping the end of" : "ending", run.run);
      // Whoever waits for the end has the runner until then.
      auto handle = runner->attach(run.run, [runner](const exec::process_exit&) {});
      runner->stop(handle);
    }
  });
}

} // namespace

keepers::keepers(std::filesystem::path directory, std::uint64_t epoch, std::string program,
                 std::chrono::milliseconds grace, std::string kept_outputs,
                 std::shared_ptr<exec::keeper_thread> thread)
    : directory_(std::move(directory)),
      epoch_(epoch),
      program_(std::move(program)),
      grace_(grace),
      kept_outputs_(std::move(kept_outputs)),
      thread_(std::move(thread)) {}

result<std::unique_ptr<keepers>> keepers::open(const std::filesystem::path& state_dir,
                                               std::chrono::milliseconds grace,
                                               std::string kept_outputs) {
  auto program = exec::keeper_program();
  if (!program)
    return error{program.error().code, program.error().message +
                                           "; or set exec.keepers to false, and processes end "
                                           "with the server"};
  auto epoch = state_dir::next_epoch(state_dir);
  if (!epoch)
    return epoch.error();
  auto thread = exec::keeper_thread::open();
  if (!thread)
    return thread.error();
  return std::unique_ptr<keepers>{new keepers{state_dir / state_dir::keepers, *epoch, *program,
                                              grace, std::move(kept_outputs), *thread}};
}

keepers::~keepers() = default;

std::shared_ptr<exec::process_runner> keepers::runner_of(const std::string& name, bool outlive) {
  if (auto node = taken_over_.extract(name)) {
    if (!outlive)
      node.mapped()->hear_at_once();
    return std::move(node.mapped());
  }
  auto directory = directory_ / name;
  return outlive ? open_outliving(directory) : open(directory);
}

exec::keeper_link_options keepers::options_for(const std::filesystem::path& directory) const {
  exec::keeper_link_options how;
  how.directory = directory.string();
  how.epoch = epoch_;
  how.keeper_program = program_;
  how.patience = longest_silence;
  return how;
}

std::shared_ptr<exec::keeper_runner> keepers::open(const std::filesystem::path& directory) {
  auto runner = exec::keeper_runner::open_later(thread_, options_for(directory));
  // It fails when the path is relative, and ours is not.
  runner.value()->close_when_idle(grace_ + for_what_is_left);
  return std::move(*runner);
}

std::shared_ptr<exec::keeper_runner>
keepers::open_outliving(const std::filesystem::path& directory) {
  auto how = options_for(directory);
  how.hears_at_once = false;
  how.kept_outputs = kept_outputs_;
  auto runner = exec::keeper_runner::open_later(thread_, how);
  auto end = [leaving = is_leaving_, limit = grace_ + for_what_is_left](exec::keeper_runner* its) {
    if (*leaving)
      its->close_if_idle();
    else
      its->close_when_idle(limit);
    delete its;
  };
  return {runner.value().release(), end};
}

result<keepers::left_runs> keepers::take_over(const known_pools& pools) {
  left_runs found;
  auto all = exec::find_left(directory_.string());
  if (!all)
    return all.error();
  for (const auto& left : *all) {
    auto name = std::filesystem::path(left.directory).filename().string();
    if (!left.has_work()) {
      if (auto removed = exec::remove_left(left.directory); !removed)
        log::warning("keepers", "{}", removed.error().message);
    } else if (pools.names.contains(name)) {
      auto runner = open_outliving(left.directory);
      auto reached = std::make_shared<std::promise<result<std::vector<exec::run_state>>>>();
      auto answer = reached->get_future();
      runner->connect([reached](auto runs) { reached->set_value(std::move(runs)); });
      auto runs = answer.get(); // it comes: a runner has its own patience
      if (!runs)
        return error{runs.error().code,
                     "what an earlier server has left in '" + left.directory +
                         "' cannot be taken over, and may still run: " + runs.error().message +
                         "; start the server again, or end that keeper first"};
      for (const auto& run : *runs)
        found[name].push_back(run.run);
      taken_over_[name] = std::move(runner);
    } else if (pools.waiting.contains(name) || !pools.is_complete) {
      log::warning("keepers", "what runs in '{}' is left alone: its pool cannot be read",
                   left.directory);
    } else {
      end_all(open(left.directory), left.directory);
    }
  }
  return found;
}

void keepers::end(const std::string& name, const std::string& run) {
  auto found = taken_over_.find(name);
  if (found == taken_over_.end())
    return;
  auto handle = found->second->attach(run, [](const exec::process_exit&) {});
  found->second->settle({run});
  found->second->stop(handle);
}

void keepers::let_end(const std::string& name, const std::string& run) {
  if (auto found = taken_over_.find(name); found != taken_over_.end())
    found->second->settle({run});
}

} // namespace mahavishnu
