// SPDX-License-Identifier: MIT
#pragma once

#include "exec/unique_fd.hpp"

#include <mahavishnu/base/error.hpp>

#include <cstdint>
#include <string>

namespace mahavishnu::exec {

/// Which server was obeyed last.
struct keeper_epoch {
  std::uint64_t number = 0;
  /// Tells that server, when it comes back, from another one with the same number.
  std::string server;
};

/// The directory of a keeper: who holds it is the one keeper in it, for as long as it lives.
class keeper_directory {
public:
  /// Makes it and what is missing above it, or checks that it is ours alone. `already_exists` when
  /// a keeper serves it.
  static result<keeper_directory> take(const std::string& path);

  /// Whether a keeper has ever been in it.
  static bool is_one(const std::string& path);

  /// Whether some keeper serves it now.
  static bool is_served(const std::string& path);

  /// A connected socket that does not block; none, with errno set, when nobody listens.
  static unique_fd connect(const std::string& path);

  const std::string& path() const { return path_; }
  std::string runs() const { return runs_in(path_); }
  static std::string runs_in(const std::string& path) { return path + "/runs"; }
  std::string outputs() const { return outputs_in(path_); }
  static std::string outputs_in(const std::string& path) { return path + "/out"; }

  /// Begins the mark of every process of this directory, and of no other.
  const std::string& mark() const { return mark_; }

  /// Whether it still stands where it stood.
  bool is_there() const;

  keeper_epoch read_epoch() const;
  result<void> write_epoch(const keeper_epoch& epoch) const;

  /// The socket that servers connect to; only our own user may.
  result<unique_fd> listen() const;
  void remove_socket() const;

  /// Removes all that keepers make in it, and the directory itself unless there is more in it.
  result<void> remove() const;

private:
  keeper_directory(std::string path, unique_fd directory, unique_fd lock, std::string mark)
      : path_(std::move(path)),
        directory_(std::move(directory)),
        lock_(std::move(lock)),
        mark_(std::move(mark)) {}

  std::string path_;
  unique_fd directory_;
  unique_fd lock_;
  std::string mark_;
};

} // namespace mahavishnu::exec
