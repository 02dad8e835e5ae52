// SPDX-License-Identifier: MIT
#pragma once

#include "exec/event_loop.hpp"
#include "exec/frame_socket.hpp"
#include "exec/output_capture.hpp"
#include "exec/process_runner.hpp"
#include "patterns/interpreter_wire.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mahavishnu {

/// How a script of a pool ended.
struct script_outcome {
  exec::process_exit exit;
  std::chrono::milliseconds duration{0};
  bool timed_out = false;
  bool cancelled = false;
};

/// One process that runs one script after the other; all of it on the thread of the loop. The
/// process and its driver reach each other by a socket that no script sees.
class interpreter {
public:
  using clock = exec::event_loop::clock;

  struct options {
    /// The interpreter with its own flags; the driver and its socket are added.
    std::vector<std::string> command;
    std::string driver;
    /// Where the socket is to be; nobody else may enter there.
    std::filesystem::path socket;
    std::chrono::milliseconds start_limit;
    std::chrono::milliseconds grace;
  };
  struct callbacks {
    /// It is idle: for the first time, or after a script.
    std::function<void()> idle;
    /// Its process has ended; may destroy it. Nothing comes after.
    std::function<void()> gone;
  };
  enum class phase : std::uint8_t {
    /// The process has been started; its driver has not said hello.
    starting,
    idle,
    busy,
    /// It takes no more scripts, and its process is on its way out.
    ending,
  };

  interpreter(exec::event_loop& loop, exec::process_runner& runner, options how, callbacks calls);
  interpreter(const interpreter&) = delete;
  ~interpreter();

  /// Once; when it fails nothing has been started and `gone` does not come.
  result<void> start();

  /// @pre it is idle.
  void run(std::uint64_t number, const script_request& request,
           std::function<void(script_outcome)> done);
  /// Ends the script of that number if it is the one that runs.
  void cancel(std::uint64_t number);
  /// Ends the process, and with it the script that runs.
  void end();

  phase state() const { return phase_; }
  /// Scripts that have been given to it.
  std::uint64_t scripts() const { return scripts_; }
  /// Of the interpreter itself, when the last script ended.
  std::uint64_t resident_bytes() const { return resident_bytes_; }
  /// Why it is no good, once it is gone; nothing when it was ended on purpose.
  const std::optional<error>& failure() const { return failure_; }

private:
  struct running_script {
    std::uint64_t number;
    std::function<void(script_outcome)> done;
    exec::output_capture output;
    exec::output_capture error_output;
    clock::time_point started_at;
    script_outcome end;
    bool stopping = false;
  };

  result<exec::unique_fd> listen() const;
  void accept();
  void hear(std::string_view frame);
  void stop_script();
  void finish_script();
  void note_exit(const exec::process_exit& exit);
  void break_off(std::string why);
  void disconnect();

  exec::event_loop& loop_;
  exec::process_runner& runner_;
  options options_;
  callbacks calls_;
  phase phase_ = phase::starting;
  exec::process_handle process_ = 0;
  exec::unique_fd listener_;
  exec::event_loop::watch_id listening_ = 0;
  std::unique_ptr<exec::frame_socket> socket_;
  exec::event_loop::timer patience_;
  std::optional<running_script> script_;
  std::uint64_t scripts_ = 0;
  std::uint64_t resident_bytes_ = 0;
  std::optional<error> failure_;
};

} // namespace mahavishnu
