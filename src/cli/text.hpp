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

/// Rows of cells in columns that are as wide as they must be; the first row is the heading.
std::string table(const std::vector<std::vector<std::string>>& rows);

/// How a task ended, with what it said.
std::string show_result(const task_result& task);

/// 0 for a task that completed.
int exit_code_of_task(const task_result& task);

} // namespace mahavishnu::cli
