// SPDX-License-Identifier: MIT
#pragma once

#include "exec/local_runner.hpp"
#include "exec/spawn.hpp"
#include "exec/unique_fd.hpp"
#include "support/catch.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <string>

namespace mahavishnu::test {

using exec::local_runner;
using exec::process_exit;
using exec::process_handle;
using exec::process_spec;

/// Longer than anything here takes on a loaded machine; reached only when something is broken.
constexpr std::chrono::seconds deadline{30};

inline std::unique_ptr<local_runner> open_runner() {
  auto runner = local_runner::open();
  REQUIRE(runner);
  return std::move(*runner);
}

inline process_spec shell(std::string script) {
  process_spec spec;
  spec.argv = {"/bin/sh", "-c", std::move(script)};
  return spec;
}

/// A process of a test, and the way to wait for its end.
struct running_process {
  process_handle handle = 0;
  std::future<process_exit> end;

  process_exit wait() {
    REQUIRE(end.wait_for(deadline) == std::future_status::ready);
    return end.get();
  }
};

inline running_process start(exec::process_runner& runner, process_spec spec) {
  auto promise = std::make_shared<std::promise<process_exit>>();
  running_process process;
  process.end = promise->get_future();
  process.handle = runner.start(
      std::move(spec), [promise](process_exit exit) { promise->set_value(std::move(exit)); });
  return process;
}

inline process_exit run(process_spec spec) {
  auto runner = open_runner();
  return start(*runner, std::move(spec)).wait();
}

/// A directory of its own for one test.
class scratch_directory {
public:
  scratch_directory() {
    std::string name = (std::filesystem::temp_directory_path() / "mahavishnu-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  scratch_directory(const scratch_directory&) = delete;
  ~scratch_directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  std::string path() const { return path_.string(); }

private:
  std::filesystem::path path_;
};

/// A named pipe on which a child tells the test something: the event to wait for.
class message_pipe {
public:
  explicit message_pipe(std::string path) : path_(std::move(path)) {
    REQUIRE(mkfifo(path_.c_str(), 0600) == 0);
    // Also for writing: so the pipe has no end before the first writer has come.
    fd_ = exec::unique_fd{::open(path_.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC)};
    REQUIRE(fd_);
  }

  const std::string& path() const { return path_; }

  /// The next line that a child writes.
  std::string wait_for_line() {
    for (std::string line;;) {
      pollfd ready{fd_.get(), POLLIN, 0};
      REQUIRE(poll(&ready, 1, std::chrono::milliseconds(deadline).count()) == 1);
      char c = 0;
      REQUIRE(::read(fd_.get(), &c, 1) == 1);
      if (c == '\n')
        return line;
      line += c;
    }
  }

  /// Lets that many children pass that read a line from the pipe.
  void write_lines(std::size_t count) {
    std::string lines(count, '\n');
    REQUIRE(::write(fd_.get(), lines.data(), count) == static_cast<ssize_t>(count));
  }

private:
  std::string path_;
  exec::unique_fd fd_;
};

/// Sends a signal to one process, and never to a group or to everybody.
inline void send_signal(pid_t pid, int signal) {
  REQUIRE(pid > 1);
  ::kill(pid, signal);
}

/// Whether a process that need not be ours ends before the deadline.
inline bool ends(pid_t pid) {
  auto process = exec::watch_exit(pid);
  if (!process)
    return errno == ESRCH;
  pollfd watched{process.get(), POLLIN, 0};
  return poll(&watched, 1, std::chrono::milliseconds(deadline).count()) == 1;
}

inline std::size_t open_descriptors() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
    ++count;
  return count;
}

} // namespace mahavishnu::test
