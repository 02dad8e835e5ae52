// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/error.hpp"

#include <chrono>
#include <filesystem>
#include <utility>

namespace mahavishnu::wire {

/// Owns one open file descriptor.
class descriptor {
public:
  descriptor() = default;
  explicit descriptor(int fd) : fd_(fd) {}
  descriptor(descriptor&& other) noexcept : fd_(other.release()) {}
  descriptor& operator=(descriptor&& other) noexcept {
    if (this != &other)
      reset(other.release());
    return *this;
  }
  ~descriptor() { reset(); }

  explicit operator bool() const { return fd_ >= 0; }
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }
  void reset(int fd = -1);

private:
  int fd_ = -1;
};

/// What to do with a socket file that is there already.
enum class leftover {
  /// It may belong to a server that runs: refuse.
  keep,
  /// The caller holds the lock of the directory, so no server runs: remove it.
  remove,
};

/// Listens on a socket file that only its owner may connect to. The path may be longer than the
/// address of a socket; only the file's own name has to fit.
result<descriptor> listen_unix(const std::filesystem::path& path, leftover existing);

/// Connects to a socket file and makes sure that the server runs as the same user. Returns within
/// `timeout`; the descriptor does not block.
result<descriptor> connect_unix(const std::filesystem::path& path,
                                std::chrono::milliseconds timeout);

/// Whether the process on the other side of a connected UNIX socket ran as our effective user when
/// it connected (or began to listen).
bool is_same_user(int fd);

} // namespace mahavishnu::wire
