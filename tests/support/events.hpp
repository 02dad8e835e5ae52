// SPDX-License-Identifier: MIT
#pragma once

#include "support/catch.hpp"
#include "support/scratch.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <functional>
#include <future>
#include <string>
#include <thread>

/// Things a test waits for: each wait has a deadline.
namespace mahavishnu::test {

/// Longer than anything here takes on a loaded machine; reached only when something is broken.
inline constexpr std::chrono::seconds deadline{30};

template <class T>
T wait_for(std::future<T> future) {
  REQUIRE(future.wait_for(deadline) == std::future_status::ready);
  return future.get();
}

/// Whether there is something to read before the deadline.
inline bool becomes_readable(int descriptor) {
  pollfd watched{descriptor, POLLIN, 0};
  return ::poll(&watched, 1, std::chrono::milliseconds{deadline}.count()) == 1;
}

/// Waits until it holds; false when it does not in time. For what sends no event.
inline bool comes_true(const std::function<bool()>& holds,
                       std::chrono::milliseconds limit = deadline) {
  auto give_up_at = std::chrono::steady_clock::now() + limit;
  while (!holds()) {
    if (std::chrono::steady_clock::now() >= give_up_at)
      return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{2});
  }
  return true;
}

/// A named pipe on which a script tells the test something: the event to wait for.
class message_pipe {
public:
  message_pipe() {
    REQUIRE(::mkfifo(path().c_str(), 0600) == 0);
    // Also for writing: so the pipe has no end before the first writer has come.
    descriptor_ = ::open(path().c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
    REQUIRE(descriptor_ >= 0);
  }
  ~message_pipe() { ::close(descriptor_); }
  message_pipe(const message_pipe&) = delete;
  message_pipe& operator=(const message_pipe&) = delete;

  std::string path() const { return (where_ / "pipe").string(); }

  /// The next line that a script writes.
  std::string wait_for_line() {
    for (std::string line;;) {
      REQUIRE(becomes_readable(descriptor_));
      char c = 0;
      REQUIRE(::read(descriptor_, &c, 1) == 1);
      if (c == '\n')
        return line;
      line += c;
    }
  }

  /// Lets that many scripts pass that read a line from the pipe.
  void write_lines(std::size_t count) {
    std::string lines(count, '\n');
    REQUIRE(::write(descriptor_, lines.data(), count) == static_cast<ssize_t>(count));
  }

private:
  scratch where_;
  int descriptor_ = -1;
};

/// Whether that process, of whomever it is a child, ends before the deadline.
inline bool ends(pid_t pid) {
  auto process = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (process < 0)
    return errno == ESRCH; // gone already
  auto ended = becomes_readable(process);
  ::close(process);
  return ended;
}

} // namespace mahavishnu::test
