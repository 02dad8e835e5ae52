// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace mahavishnu::wire {

/// What one attempt to read or write gave.
struct transfer {
  /// Bytes moved; 0 means: wait until the descriptor is ready again.
  std::size_t bytes = 0;
  /// The connection is over: end of file or an error.
  bool failed = false;
};

/// How bytes go through a connected, non-blocking descriptor. Used by one thread at a time.
class transport {
public:
  virtual ~transport() = default;

  virtual transfer read(int fd, std::span<char> into) = 0;
  virtual transfer write(int fd, std::span<const char> bytes) = 0;

  /// Whether bytes wait inside the transport, where no poll can see them.
  virtual bool has_pending() const = 0;

  /// Who is on the other side, for logs.
  virtual std::string peer() const = 0;
};

/// Bytes as they are.
std::unique_ptr<transport> make_plain_transport(std::string peer);

} // namespace mahavishnu::wire
