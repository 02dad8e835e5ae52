// SPDX-License-Identifier: MIT
#pragma once

#include "exec/keeper_closing.hpp"
#include "exec/keeper_link.hpp"
#include "exec/loop_thread.hpp"
#include "exec/process_runner.hpp"
#include "exec/run_state.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mahavishnu::exec {

/// The thread that serves the connections to all keepers of this process.
class keeper_thread {
public:
  static result<std::shared_ptr<keeper_thread>> open();
  /// Waits until every keeper that is to be closed when it is idle has gone, which each of them
  /// does within its limit and half a minute. Not from this thread itself, that is, from no `done`:
  /// so its last owner is not a runner.
  ~keeper_thread();

  event_loop& loop() { return *loop_; }
  /// Starts keepers.
  process_engine& starter() { return starter_; }
  process_handle next_handle() { return ++last_handle_; }

  /// Ends the keeper of a link that nobody owns any more. On the thread itself.
  void close_when_idle(std::shared_ptr<keeper_link> link, std::string directory,
                       std::chrono::milliseconds limit);

private:
  explicit keeper_thread(std::unique_ptr<event_loop> loop)
      : loop_(std::move(loop)), starter_(*loop_, {}) {}

  void look_for_the_end();

  std::unique_ptr<event_loop> loop_;
  process_engine starter_;
  process_handle last_handle_ = 0;
  std::list<keeper_closing> closings_;
  bool is_ending_ = false;
  loop_thread thread_;
};

/// Runs processes in a keeper: a process of its own, which lives on with its children and with what
/// they write when this one ends in any way. Whoever opens the same directory next, with a greater
/// epoch, gets all of it.
///
/// A connection that was lost is made anew. A keeper that dies takes its children with it: they end
/// with a failure, and another keeper is started.
class keeper_runner final : public process_runner {
public:
  /// Connects to the keeper in the directory, and starts it when there is none. Blocks, no longer
  /// than the patience of the options.
  static result<std::unique_ptr<keeper_runner>> open(std::shared_ptr<keeper_thread> thread,
                                                     keeper_link_options options);

  /// The same without connecting, so it never blocks: the keeper is reached, or started, when it is
  /// first needed, for a run or by connect() or attach().
  static result<std::unique_ptr<keeper_runner>> open_later(std::shared_ptr<keeper_thread> thread,
                                                           keeper_link_options options);

  /// Leaves the keeper with all that it runs, unless close_when_idle() says otherwise. Every `done`
  /// that has not come gets a failure that says so, soon, on the keeper's thread. Never blocks, and
  /// may be called from any thread and from any `done`.
  ~keeper_runner() override;

  /// When this object goes, its keeper goes on until what runs in it has ended, and no longer than
  /// this; then it is closed, and its directory is removed with the outputs in it. The directory
  /// stays when it tells of an end that nobody has heard. Every `done` comes as long as the
  /// keeper's thread lives; when it has returned, the end counts as heard.
  void close_when_idle(std::chrono::milliseconds limit) { close_within_ = limit; }

  /// When this object goes, its keeper is left with what runs there; one in which nothing runs is
  /// closed as above.
  void close_if_idle() { closes_if_idle_ = true; }

  /// From now on an end counts as heard as soon as `done` has returned.
  void hear_at_once();

  /// What the keeper had from an earlier server when it was opened: runs that go on, and those
  /// whose end nobody has heard. Each is to be attached to, or heard. Of a runner that was opened
  /// for later, connect() tells it.
  const std::vector<run_state>& adopted() const { return adopted_; }

  /// Reaches the keeper and gives what it has from an earlier server.
  void connect(std::function<void(result<std::vector<run_state>>)> done);

  /// Waits for the end of an adopted run; one that has ended already ends at once.
  process_handle attach(const std::string& run, std::function<void(process_exit)> done,
                        std::size_t output_limit = process_spec{}.output_limit) override;
  void settle(std::vector<std::string> runs) override;

  /// The end of the run is in good hands: the keeper need not tell it again.
  void heard(const std::string& run);
  /// Nobody will read the files of the run any more.
  void forget(const std::string& run);

  /// Ends everything that the keeper runs and the keeper itself; `done` comes after the last end.
  void close(std::chrono::milliseconds longest_grace, std::function<void()> done);

  /// None while it is reached anew.
  std::optional<pid_t> keeper_pid() const { return link_->keeper_pid(); }

  process_handle start(process_spec spec, std::function<void(process_exit)> done) override;
  void stop(process_handle handle) override;
  void measure(process_handle handle, std::function<void(std::uint64_t)> done) override;
  void write_input(process_handle handle, std::string bytes, bool last,
                   std::function<void(result<void>)> done) override;
  void resize(process_handle handle, terminal_size size) override;
  void follow(process_handle handle, std::function<void(const output_growth&)> grown) override;
  std::string file_of(const std::string& run, output_growth::stream which) const override;

private:
  keeper_runner(std::shared_ptr<keeper_thread> thread, keeper_link_options options);

  std::shared_ptr<keeper_thread> thread_;
  /// Shared with what waits on the thread.
  std::shared_ptr<keeper_link> link_;
  /// Begins the names of runs that were given none; the epoch makes it another one each time.
  std::string made_up_names_;
  std::string directory_;
  std::vector<run_state> adopted_;
  std::optional<std::chrono::milliseconds> close_within_;
  bool closes_if_idle_ = false;
  std::atomic<process_handle> last_handle_ = 0;
};

} // namespace mahavishnu::exec
