// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/error.hpp"

#include <fmt/core.h>

#include <string>
#include <string_view>

/// The log of the process. Lines go to standard error and, when set, to a file; data for programs
/// never goes here.
namespace mahavishnu::log {

enum class level { debug, info, warning, error, critical };

struct options {
  level least = level::info;
  /// Empty: standard error only.
  std::string file;
  /// One JSON object a line instead of text.
  bool json = false;
  /// Lines are written by a thread of their own, so that nobody waits for a slow reader; when 2048
  /// lines wait, the oldest are given up.
  bool background = false;
};

/// The level of that name (DEBUG, info, ...).
result<level> level_from(std::string_view name);

/// Replaces the log of the process; before the first call, warnings and worse go to standard error.
result<void> open(const options& how);

/// Writes what still waits and stops the thread.
void close();

bool wants(level at);
void write(level at, std::string_view component, std::string_view text);

template <class... Args>
void debug(std::string_view component, fmt::format_string<Args...> text, Args&&... args) {
  if (wants(level::debug))
    write(level::debug, component, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void info(std::string_view component, fmt::format_string<Args...> text, Args&&... args) {
  if (wants(level::info))
    write(level::info, component, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void warning(std::string_view component, fmt::format_string<Args...> text, Args&&... args) {
  if (wants(level::warning))
    write(level::warning, component, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void error(std::string_view component, fmt::format_string<Args...> text, Args&&... args) {
  if (wants(level::error))
    write(level::error, component, fmt::format(text, std::forward<Args>(args)...));
}

} // namespace mahavishnu::log
