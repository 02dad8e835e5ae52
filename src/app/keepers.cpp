// SPDX-License-Identifier: MIT
#include "app/keepers.hpp"

#include "base/log.hpp"
#include "base/state_dir.hpp"
#include "exec/keeper_program.hpp"
#include "exec/left_keepers.hpp"

#include <utility>

namespace mahavishnu {

namespace {

/// What a task leaves to be done when it was stopped, such as removing a container, may take so
/// long after the last user of a runner has gone.
constexpr std::chrono::seconds for_what_is_left{10};

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
                 std::chrono::milliseconds grace, std::shared_ptr<exec::keeper_thread> thread)
    : directory_(std::move(directory)),
      epoch_(epoch),
      program_(std::move(program)),
      grace_(grace),
      thread_(std::move(thread)) {}

result<std::unique_ptr<keepers>> keepers::open(const std::filesystem::path& state_dir,
                                               std::chrono::milliseconds grace) {
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
  std::unique_ptr<keepers> opened{
      new keepers{state_dir / state_dir::keepers, *epoch, *program, grace, *thread}};
  if (auto ended = opened->end_left(); !ended)
    return ended.error();
  return opened;
}

keepers::~keepers() = default;

std::shared_ptr<exec::process_runner> keepers::runner_of(const std::string& name) {
  return open(directory_ / name);
}

std::shared_ptr<exec::keeper_runner> keepers::open(const std::filesystem::path& directory) {
  exec::keeper_link_options how;
  how.directory = directory.string();
  how.epoch = epoch_;
  how.keeper_program = program_;
  auto runner = exec::keeper_runner::open_later(thread_, how);
  // It fails when the path is relative, and ours is not.
  runner.value()->close_when_idle(grace_ + for_what_is_left);
  return std::move(*runner);
}

result<void> keepers::end_left() {
  auto all = exec::find_left(directory_.string());
  if (!all)
    return all.error();
  for (const auto& left : *all) {
    if (left.has_work())
      end_all(open(left.directory), left.directory);
    else if (auto removed = exec::remove_left(left.directory); !removed)
      log::warning("keepers", "{}", removed.error().message);
  }
  return {};
}

} // namespace mahavishnu
