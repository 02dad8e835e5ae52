// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/error.hpp"

namespace CLI {
class App;
class ParseError;
} // namespace CLI

namespace mahavishnu::cli {

/// What is wrong with a command line that cannot be parsed, and what was probably meant.
error wrong_line(const CLI::App& program, const CLI::ParseError& failure);

} // namespace mahavishnu::cli
