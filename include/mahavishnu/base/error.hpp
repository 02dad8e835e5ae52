// SPDX-License-Identifier: MIT
#pragma once

#include <boost/system/result.hpp>

#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>

namespace mahavishnu {

/// What kind of thing went wrong. Numbers travel between hosts: append, never renumber.
enum class errc : std::uint8_t {
  /// The caller gave something that cannot be right; asking again will not help.
  invalid_argument = 1,
  /// The named thing does not exist.
  not_found = 2,
  /// A thing of that name exists already.
  already_exists = 3,
  /// The caller may not do this.
  unauthorized = 4,
  /// The queue of the named pool has no room.
  pool_full = 5,
  /// There is no pool that could take the task.
  no_pools = 6,
  /// Somebody asked for the work to stop.
  cancelled = 7,
  /// The server is going down and takes no new work.
  shutting_down = 8,
  /// The server (or the node) cannot be reached.
  unreachable = 9,
  /// No answer within the time that was given.
  timeout = 10,
  /// A process could not be started or watched.
  process_failed = 11,
  /// A file, a directory or a socket refused.
  io_failed = 12,
  /// The settings contradict themselves.
  invalid_settings = 13,
  /// The other side speaks another version of our messages.
  incompatible = 14,
  /// A thing that this build or this machine cannot do.
  unsupported = 15,
  /// A bug of ours: an actor ended or broke its contract.
  internal = 16,
  /// Who ran it has died, and nobody knows how it ended.
  lost = 17,
};

/// Lower-case name of a code, as JSON answers carry it.
std::string_view to_string(errc code);

/// A failure: what, on which named thing, and what to do about it, in one lower-case sentence.
struct error {
  errc code = errc::internal;
  std::string message;

  friend bool operator==(const error&, const error&) = default;
};

/// `not_found: no pool 'build'`, for logs and tests.
std::ostream& operator<<(std::ostream& out, const error& failure);

template <class T>
using result = boost::system::result<T, error>;

/// Only for `value()` of a result that holds an error, which our own code never calls unchecked.
[[noreturn]] void throw_exception_from_error(const error& failure, const boost::source_location&);

} // namespace mahavishnu
