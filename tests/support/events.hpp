// SPDX-License-Identifier: MIT
#pragma once

#include "support/catch.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

/// Things a test waits for: each wait has a deadline and none is a sleep.
namespace mahavishnu::test {

inline constexpr int deadline_ms = 20'000;

/// A directory of its own that goes with the test.
class scratch {
public:
  scratch() {
    auto name = (std::filesystem::temp_directory_path() / "mahavishnu-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const char* name) const { return path_ / name; }

private:
  std::filesystem::path path_;
};

/// A named pipe that a script writes lines to.
class mailbox {
public:
  explicit mailbox(const std::filesystem::path& path) : path_(path) {
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    descriptor_ = ::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
    REQUIRE(descriptor_ >= 0);
  }
  ~mailbox() { ::close(descriptor_); }
  mailbox(const mailbox&) = delete;
  mailbox& operator=(const mailbox&) = delete;

  std::string path() const { return path_.string(); }

  /// The next line, without its end; empty when none comes in time.
  std::string line() {
    std::string text;
    for (;;) {
      pollfd waiting{descriptor_, POLLIN, 0};
      if (::poll(&waiting, 1, deadline_ms) != 1)
        return {};
      char c = 0;
      if (::read(descriptor_, &c, 1) != 1)
        return {};
      if (c == '\n')
        return text;
      text += c;
    }
  }

private:
  std::filesystem::path path_;
  int descriptor_ = -1;
};

/// Whether that process, of whomever it is a child, is gone in time.
inline bool ends(pid_t pid) {
  auto descriptor = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (descriptor < 0)
    return true; // gone already
  pollfd waiting{descriptor, POLLIN, 0};
  auto ended = ::poll(&waiting, 1, deadline_ms) == 1;
  ::close(descriptor);
  return ended;
}

} // namespace mahavishnu::test
