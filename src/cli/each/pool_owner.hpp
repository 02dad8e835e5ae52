// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mahavishnu::cli::each {

/// The process that a pool is made for, so that whoever finds the pool can tell whether that is no
/// more. A number alone would be that of another process some day, or of another container now.
struct pool_owner {
  /// The label that has it.
  static constexpr std::string_view label = "mahavishnu-each";

  std::uint64_t pid_namespace = 0;
  pid_t pid = 0;
  /// Ticks since the system started.
  std::uint64_t started = 0;

  /// Ourselves; nothing when the system cannot tell.
  static std::optional<pool_owner> self();
  static std::optional<pool_owner> parse(std::string_view text);
  std::string text() const;

  /// Whether it has ended for certain, which only its own pid namespace knows.
  bool is_gone() const;

  friend bool operator==(const pool_owner&, const pool_owner&) = default;
};

} // namespace mahavishnu::cli::each
