// SPDX-License-Identifier: MIT
#pragma once

#include "exec/event_loop.hpp"
#include "exec/frame_socket.hpp"
#include "exec/keeper_wire.hpp"
#include "exec/process_engine.hpp"
#include "exec/run_state.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace mahavishnu::exec {

/// Where a keeper is and how it is spoken to.
struct keeper_link_options {
  /// Its own directory: an absolute path. It is made with what is missing above it.
  std::string directory;
  /// The keeper obeys the server with the greatest one.
  std::uint64_t epoch = 1;
  /// The path of mahavishnu-keeper, for when no keeper lives in the directory.
  std::string keeper_program;
  /// How long a keeper that is started here lives on without a server, a child and an end to tell.
  std::chrono::milliseconds idle_time{10'000};
  /// Whether one that is started here leaves after that time even with ends that nobody has heard:
  /// they are in its log.
  bool leaves_when_done = false;
  /// How long it may take until a keeper answers.
  std::chrono::milliseconds patience{10'000};
  /// Whether an end counts as heard, and its files may go, as soon as `done` has returned.
  /// Otherwise heard() and forget() say so.
  bool hears_at_once = true;
  /// Where what is too long for the exit of its run is kept; empty: nowhere.
  std::string kept_outputs{};
};

/// A server's side of the connection to one keeper: reaches it, starts it when there is none, and
/// knows what becomes of its runs whichever side dies. Belongs to the thread of its loop, which
/// calls all that it is given.
class keeper_link {
public:
  using exit_callback = process_engine::exit_callback;

  /// `starter` starts the keeper; `next_handle` gives numbers for it.
  keeper_link(event_loop& loop, process_engine& starter,
              std::function<process_handle()> next_handle, keeper_link_options options,
              std::vector<std::string> environment, std::string working_directory);
  /// @pre shut_down() has been called.
  ~keeper_link();

  /// Reaches the keeper. Gives the runs that it has from an earlier server.
  void connect(std::function<void(result<std::vector<run_state>>)> done);

  void start(process_handle handle, process_spec spec, exit_callback done);
  /// Reaches the keeper first when it has not been reached.
  void attach(process_handle handle, const std::string& run, std::size_t output_limit,
              exit_callback done);
  void stop(process_handle handle);
  void measure(process_handle handle, std::function<void(std::uint64_t)> done);
  void write_input(process_handle handle, std::string bytes, bool last,
                   std::function<void(result<void>)> done);
  void resize(process_handle handle, terminal_size size);
  void follow(process_handle handle, std::function<void(const output_growth&)> grown);
  void heard(const std::string& run);
  void forget(const std::string& run);
  /// Both, as soon as the run has ended.
  void settle(const std::string& run);
  /// Has the keeper end everything and itself; `done` comes when it has gone.
  void close(std::chrono::milliseconds longest_grace, std::function<void()> done);

  /// From now on an end counts as heard as soon as `done` has returned.
  void hear_at_once() { options_.hears_at_once = true; }

  /// Whether nothing runs, as far as is known here.
  bool is_idle() const;
  /// Has `idle` called once, when nothing runs.
  void when_idle(std::function<void()> idle);

  /// Goes away from the keeper, which goes on: everything that waits is told so.
  void shut_down();

  /// Of the keeper, if one is connected; from any thread. Never a number that kill() would take for
  /// everybody.
  std::optional<pid_t> keeper_pid() const {
    auto pid = pid_.load();
    return pid > 1 ? std::optional{pid} : std::nullopt;
  }

private:
  enum class phase {
    /// There is no connection, and nobody needs one.
    apart,
    /// A keeper is looked for or started.
    reaching,
    /// It has been greeted, and has not told all its runs.
    greeting,
    obeyed,
    /// Another server is obeyed, or the keeper was closed: nothing more is done.
    over
  };

  struct waiting_input {
    std::string bytes;
    std::size_t sent = 0;
    bool last = false;
    std::function<void(result<void>)> done;
  };

  /// A run that somebody here waits for.
  struct waited_run {
    std::string run;
    std::size_t output_limit = 0;
    exit_callback done;
    /// Kept until the keeper has said that it knows the run.
    std::string start_frame;
    /// The directory and the process of the keeper that it was sent to.
    std::string sent_to;
    pid_t sent_to_pid = -1;
    bool is_known = false;
    bool stop_wanted = false;
    /// Nobody needs to hear of its end again.
    bool is_settled = false;
    std::function<void(const output_growth&)> grown;
    std::deque<waiting_input> input;
    std::size_t input_bytes_waiting = 0;
    /// Of all its input, what the keeper has taken.
    std::uint64_t input_position = 0;
    /// The piece that is on its way, 0 when none is.
    std::uint64_t input_request = 0;
    std::size_t input_piece = 0;
  };
  using waited_runs = std::unordered_map<process_handle, waited_run>;

  // -- reaching the keeper
  void reach();
  void try_to_reach();
  void try_again_soon();
  void start_keeper();
  void greet(unique_fd socket);
  void connection_lost();
  void give_up(const error& why);
  void end_for_good(const error& why);
  void complete_greeting();
  void resume(process_handle handle, waited_run& run, const run_state* known);

  // -- what the keeper says
  void handle_frame(std::string_view frame);
  void handle(keeper_wire::welcome& said);
  void handle(keeper_wire::refused& said);
  void handle(keeper_wire::superseded& said);
  void handle(keeper_wire::state& said);
  void handle(keeper_wire::input_taken& said);
  void handle(keeper_wire::measured& said);
  void handle(keeper_wire::grown& said);
  void handle(keeper_wire::pong&) {}

  void finish(process_handle handle, const run_state& state);
  void fail(process_handle handle, const error& why);
  void fail_all(const error& why);
  waited_run take(process_handle handle);
  void look_whether_idle();
  process_exit exit_of(const run_state& state, std::size_t output_limit) const;
  void keep_long_outputs(const std::string& run, process_exit& exit) const;

  void send(const keeper_wire::command& what,
            frame_socket::urgency when = frame_socket::urgency::now);
  bool may_be_sent(const waited_run& run) const;
  void send_start(waited_run& run);
  void send_wishes(process_handle handle, waited_run& run);
  void send_input(process_handle handle, waited_run& run);
  std::string path_of(const std::string& run, output_growth::stream which) const;

  event_loop& loop_;
  process_engine& starter_;
  std::function<process_handle()> next_handle_;
  keeper_link_options options_;
  std::vector<std::string> environment_;
  std::string working_directory_;
  /// Tells this server, when its connection was lost, from another with the same epoch.
  std::string server_;

  phase phase_ = phase::apart;
  std::optional<error> over_because_;
  std::unique_ptr<frame_socket> socket_;
  event_loop::clock::time_point give_up_at_;
  event_loop::timer patience_;
  event_loop::timer retry_;
  bool is_starting_ = false;
  std::atomic<pid_t> pid_ = -1;
  std::string mark_;
  bool knows_all_ = false;
  std::vector<std::function<void(result<std::vector<run_state>>)>> connecting_;
  std::vector<std::function<void()>> closing_;
  std::chrono::milliseconds longest_grace_{0};
  std::function<void()> idle_;

  std::uint64_t states_to_come_ = 0;
  std::map<std::string, run_state> listed_;
  /// Runs of the keeper that nobody here waits for.
  std::map<std::string, run_state> adoptable_;
  waited_runs runs_;
  std::unordered_map<std::string, process_handle> handles_;
  std::uint64_t last_request_ = 0;
  std::map<std::uint64_t, std::function<void(std::uint64_t)>> measuring_;
  std::unordered_map<std::uint64_t, process_handle> feeding_;
  /// The last that were heard: what a lost connection may have swallowed is said again.
  std::deque<std::string> recently_heard_;
  /// Answers that come after the end find nobody.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

} // namespace mahavishnu::exec
