// SPDX-License-Identifier: MIT
#pragma once

#include "exec/event_loop.hpp"
#include "exec/loop_thread.hpp"
#include "exec/process_runner.hpp"
#include "patterns/interpreter.hpp"
#include "patterns/interpreter_wire.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

namespace mahavishnu {

struct interpreter_pool_options {
  /// Python 3.9 or later, with flags of its own if need be.
  std::vector<std::string> command{"python3"};
  /// Processes; each runs one script at a time.
  std::size_t most_interpreters = 4;
  /// Scripts that wait for one.
  std::size_t most_waiting = 1000;
  /// A process ends after so many scripts, or once it takes so many bytes of resident memory.
  std::uint64_t most_scripts = 1000;
  std::uint64_t most_bytes = std::uint64_t{512} << 20;
  /// A process that has nothing to do for so long ends.
  std::chrono::milliseconds idle_limit{60'000};
  std::chrono::milliseconds start_limit{30'000};
  /// Between SIGTERM and SIGKILL for a script that is stopped.
  std::chrono::milliseconds grace{2000};
};

/// Interpreters that have started already take script after script: a bounded number of processes,
/// started when they are needed. Each script finds an interpreter that has run none before, and
/// whatever it does to its process hurts no other (docs/decisions says how). Thread-safe; no call
/// but the destructor blocks.
class interpreter_pool {
public:
  using run_number = std::uint64_t;
  using done_callback = std::function<void(script_outcome)>;

  /// What has happened so far, for who wants to know.
  struct counts {
    std::uint64_t started = 0;
    std::uint64_t recycled = 0;
    std::size_t interpreters = 0;
    /// Scripts that run or wait.
    std::size_t unfinished = 0;
  };

  /// The runner must outlive the pool. Nothing is started yet.
  static result<std::unique_ptr<interpreter_pool>> open(exec::process_runner& runner,
                                                        interpreter_pool_options options);

  /// Ends all scripts and interpreters, and returns after the last `done`. Not to be called from a
  /// `done`.
  ~interpreter_pool();

  /// `done` is called exactly once, on a thread of the pool, unless this is an error: a request
  /// that makes no sense, or no room. It must be short, and what it throws is dropped.
  result<run_number> run(script_request request, done_callback done);

  /// A script that waits never runs; one that runs is ended. Numbers that are unknown or have ended
  /// do no harm.
  void cancel(run_number number);

  counts now() const;

private:
  struct waiting_script {
    run_number number;
    script_request request;
    done_callback done;
  };
  struct seat {
    std::unique_ptr<interpreter> process;
    exec::event_loop::timer idle_end;
  };
  using seats = std::list<seat>;

  interpreter_pool(exec::process_runner& runner, interpreter_pool_options options,
                   std::unique_ptr<exec::event_loop> loop, std::filesystem::path directory);

  void serve();
  void start_one();
  void give_work(seats::iterator where);
  void note_idle(seats::iterator where);
  void note_gone(seats::iterator where);
  void note_start_failure(const error& why);
  void cancel_now(run_number number);
  void fail_all_waiting(const error& why);
  void close();
  done_callback counted(done_callback done);
  bool has_outlived(const interpreter& process) const;
  std::size_t starting() const;

  exec::process_runner& runner_;
  interpreter_pool_options options_;
  std::unique_ptr<exec::event_loop> loop_;
  std::filesystem::path directory_;
  std::deque<waiting_script> waiting_;
  seats seats_;
  std::uint64_t last_seat_ = 0;
  exec::event_loop::timer next_try_;
  bool closing_ = false;

  std::atomic<bool> refusing_ = false;
  std::atomic<run_number> last_number_ = 0;
  std::atomic<std::size_t> unfinished_ = 0;
  std::atomic<std::uint64_t> started_ = 0;
  std::atomic<std::uint64_t> recycled_ = 0;
  std::atomic<std::size_t> interpreters_ = 0;
  exec::loop_thread thread_;
};

} // namespace mahavishnu
