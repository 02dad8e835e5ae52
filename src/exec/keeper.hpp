// SPDX-License-Identifier: MIT
#pragma once

#include "base/clock.hpp"
#include "exec/event_loop.hpp"
#include "exec/frame_socket.hpp"
#include "exec/keeper_directory.hpp"
#include "exec/keeper_wire.hpp"
#include "exec/process_engine.hpp"
#include "exec/run_log.hpp"
#include "exec/run_state.hpp"

#include <chrono>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <variant>

namespace mahavishnu::exec {

struct keeper_options {
  std::string directory;
  /// Without a server, a child and an end that nobody has heard, a keeper ends itself after this.
  std::chrono::milliseconds idle_time{10'000};
  /// For who comes back to read the log and not to be told: an end that nobody has heard is no
  /// reason to stay.
  bool leaves_when_done = false;
};

/// The parent of the processes of one pool, which outlives the server: it obeys one server at a
/// time, tells it of every end until the server says that it has heard it, and writes down what the
/// next keeper over the same directory has to know. The only thread of its process.
class keeper {
public:
  static result<std::unique_ptr<keeper>> open(const keeper_options& options,
                                              const wall_clock& clock);

  /// Serves until there is nothing more to do.
  void run();

private:
  /// Somebody who has connected; obeyed or not yet.
  struct connection {
    std::unique_ptr<frame_socket> socket;
    /// Until it has said hello.
    event_loop::timer patience;
  };
  using connections = std::list<connection>;

  struct kept_run {
    run_state state;
    process_handle handle = 0;
    bool has_all_input = false;
    bool is_followed = false;
    bool is_forgotten = false;
  };

  keeper(const keeper_options& options, const wall_clock& clock, keeper_directory directory,
         run_log log, std::unique_ptr<event_loop> loop);

  result<void> open_doors();
  void adopt(run_log_contents known);

  // -- connections
  void accept_all();
  void handle_frame(connections::iterator from, std::string_view frame);
  void greet(connections::iterator from, keeper_wire::hello& said);
  void refuse(connections::iterator from, error why);
  void drop(connections::iterator which);
  void drop_if_deaf();
  void tell(const keeper_wire::notice& what,
            frame_socket::urgency when = frame_socket::urgency::now);

  // -- what the server wants
  void carry_out(keeper_wire::hello&) {}
  void carry_out(keeper_wire::start& what);
  void carry_out(keeper_wire::stop& what);
  void carry_out(keeper_wire::write_input& what);
  void carry_out(keeper_wire::resize& what);
  void carry_out(keeper_wire::measure& what);
  void carry_out(keeper_wire::follow& what);
  void carry_out(keeper_wire::unfollow& what);
  void carry_out(keeper_wire::heard& what);
  void carry_out(keeper_wire::forget& what);
  void carry_out(keeper_wire::close& what);
  void carry_out(keeper_wire::ping& what);

  kept_run* find_running(const std::string& run);
  void note_end(const std::string& run, process_exit exit);
  void remove_files(const std::string& run) const;
  std::int64_t now() const;

  // -- ends
  void handle_signals();
  void handle_directory();
  void end_everything(std::chrono::milliseconds longest_grace);
  void leave_when_told();
  void look_at_rest();

  keeper_options options_;
  const wall_clock& clock_;
  keeper_directory directory_;
  run_log log_;
  std::unique_ptr<event_loop> loop_;
  process_engine engine_;

  unique_fd listener_;
  unique_fd signals_;
  unique_fd watcher_;
  /// All who are connected; the server that is obeyed is one of them, or it is the end.
  connections connections_;
  connections::iterator server_ = connections_.end();
  /// Counts the servers, so that an answer that comes late reaches no other one.
  std::uint64_t server_number_ = 0;
  keeper_epoch epoch_;

  std::map<std::string, kept_run> runs_;
  process_handle last_handle_ = 0;
  std::size_t unheard_ = 0;
  bool knows_all_ = true;
  /// Of the start, before there is a place for them to go.
  std::vector<std::string> warnings_;
  bool ending_ = false;
  bool is_asking_whether_deaf_ = false;
  event_loop::timer rest_;
};

} // namespace mahavishnu::exec
