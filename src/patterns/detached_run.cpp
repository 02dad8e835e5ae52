// SPDX-License-Identifier: MIT
#include "patterns/detached_run.hpp"

#include "exec/keeper_program.hpp"
#include "exec/keeper_runner.hpp"

#include <algorithm>
#include <chrono>
#include <future>
#include <memory>

namespace mahavishnu {

namespace {

using namespace std::chrono_literals;

/// Long enough for whoever has started it to connect.
constexpr auto idle_time_of_keeper = 1s;
constexpr auto patience = 10s;
/// Besides the grace that the run was started with.
constexpr auto patience_with_end = 15s;

result<std::unique_ptr<exec::keeper_runner>> reach(const run_directory& run,
                                                   const std::string& keeper_program) {
  exec::keeper_link_options how;
  how.keeper_program = keeper_program;
  if (how.keeper_program.empty()) {
    auto found = exec::keeper_program();
    if (!found)
      return found.error();
    how.keeper_program = *found;
  }
  how.directory = run.keeper().string();
  // Whoever comes later is obeyed.
  auto now = std::chrono::system_clock::now().time_since_epoch();
  how.epoch = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(now).count());
  how.idle_time = idle_time_of_keeper;
  how.leaves_when_done = true;
  how.patience = patience;
  how.hears_at_once = false;
  auto thread = exec::keeper_thread::open();
  if (!thread)
    return thread.error();
  return exec::keeper_runner::open(*thread, how);
}

/// Something that comes from another thread, once; later ones are dropped.
template <class T>
class one_answer {
public:
  void give(T value) {
    if (!given_.test_and_set())
      promise_.set_value(std::move(value));
  }
  std::future<T> get() { return promise_.get_future(); }

private:
  std::atomic_flag given_;
  std::promise<T> promise_;
};

} // namespace

result<void> start_detached(const run_directory& run, exec::process_spec spec,
                            const std::string& keeper_program) {
  auto keeper = reach(run, keeper_program);
  if (!keeper)
    return keeper.error();
  auto answer = std::make_shared<one_answer<std::optional<error>>>();
  auto first = answer->get();
  auto handle = (*keeper)->start(
      std::move(spec), [answer](const exec::process_exit& exit) { answer->give(exit.failure); });
  // It comes back when all before it has been carried out.
  (*keeper)->measure(handle, [answer](std::uint64_t) { answer->give(std::nullopt); });
  if (first.wait_for(patience) != std::future_status::ready)
    return error{errc::unreachable, "the keeper in '" + run.keeper().string() +
                                        "' does not answer; look at its log there"};
  if (auto failure = first.get())
    return *failure;
  return {};
}

result<void> stop_detached(const run_directory& run, const std::string& run_id,
                           const std::string& keeper_program) {
  auto keeper = reach(run, keeper_program);
  if (!keeper)
    return keeper.error();
  auto known = std::ranges::find((*keeper)->adopted(), run_id, &exec::run_state::run);
  if (known == (*keeper)->adopted().end() || known->has_ended())
    return {};
  auto answer = std::make_shared<one_answer<bool>>();
  auto ended = answer->get();
  auto handle = (*keeper)->attach(
      run_id, [answer](const exec::process_exit&) { answer->give(true); }, 0);
  (*keeper)->stop(handle);
  if (ended.wait_for(patience_with_end) != std::future_status::ready)
    return error{errc::timeout, "run '" + run_id + "' does not end; its keeper goes on trying"};
  return {};
}

} // namespace mahavishnu
