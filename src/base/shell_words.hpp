// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/error.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mahavishnu {

/// The words of a command line, with the quotes and backslashes of a POSIX shell and nothing else
/// of it: `$`, `*`, `|`, `;` and their like are plain characters. An error says what is not closed.
result<std::vector<std::string>> shell_words(std::string_view line);

/// A text as one word of a shell, in quotes unless it needs none.
std::string shell_word(std::string_view text);

} // namespace mahavishnu
