// SPDX-License-Identifier: MIT
#pragma once

#include "exec/process_runner.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mahavishnu {

/// A script that an interpreter of a pool is to run.
struct script_request {
  std::string script;
  std::vector<std::string> arguments;
  /// Where it runs; empty: the directory of this process.
  std::string working_directory;
  /// Set on top of the environment of this process; a later entry of the same name wins.
  std::vector<std::pair<std::string, std::string>> environment;
  std::string stdin_text;
  /// Bytes kept of each stream, as in exec::process_spec.
  std::size_t output_limit = std::size_t{1} << 20;
  /// From its start; zero: without end.
  std::chrono::milliseconds timeout{0};
};

/// What a pool and the driver in its interpreter say to each other: frames, each with its length.
namespace interpreter_wire {

/// Refuses what cannot be said: no script, NUL bytes, names of variables that cannot be, too much.
result<void> check(const script_request& request);

/// @pre check() has nothing against it.
std::string encode_run(const script_request& request);
std::string encode_stop(std::chrono::milliseconds grace);

/// What a driver says.
struct notice {
  enum class kind : std::uint8_t {
    /// It takes scripts.
    hello,
    /// What the script has written, in `text`.
    output,
    error_output,
    /// The script has ended, with that wait status; so many bytes the interpreter itself takes.
    ended,
    /// The script has not been run, for the reason in `text`.
    failed,
  };

  kind what = kind::hello;
  std::string_view text;
  int wait_status = 0;
  std::uint64_t resident_bytes = 0;
};

/// Of a frame without its length; nothing when it makes no sense.
std::optional<notice> decode(std::string_view frame);

} // namespace interpreter_wire
} // namespace mahavishnu
