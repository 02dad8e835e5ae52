// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/error.hpp"

#include <string>

namespace CLI {
class App;
class ParseError;
} // namespace CLI

namespace mahavishnu::cli {

/// The command that a line is for, when it has been read: `mahavishnu pool list`.
std::string command_path(const CLI::App& program);

/// What is wrong with a command line that cannot be parsed, and what was probably meant.
error wrong_line(const CLI::App& program, const CLI::ParseError& failure);

} // namespace mahavishnu::cli
