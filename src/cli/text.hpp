// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/messages/task.hpp"

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

/// How things look in the form for people.
namespace mahavishnu::cli {

/// `0.002 s`
std::string seconds(std::chrono::nanoseconds duration);

/// The first line, cut to so many bytes, with `...` when there is more.
std::string first_line(std::string_view text, std::size_t most);

/// `a=1, b=2`
std::string pairs(const std::map<std::string, std::string>& all);

/// How long ago, in one or two units: `45s`, `3m20s`, `2h`, `5d`.
std::string age_text(std::chrono::milliseconds duration);
template <class Duration>
std::string age(Duration duration) {
  return age_text(std::chrono::floor<std::chrono::milliseconds>(duration));
}

/// How long ago a moment was that is written as RFC 3339, or how soon it comes: `3m20s ago`,
/// `in 2h`; other texts as they are.
std::string age_of_moment(const std::string& rfc3339);

/// How a task ended, with what it said.
std::string show_result(const task_result& task);

/// 0 for a task that completed, otherwise its own code where it has one.
int exit_code_of_task(const task_result& task);

} // namespace mahavishnu::cli
