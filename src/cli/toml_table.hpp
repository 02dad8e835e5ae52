// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/error.hpp"

#include <string>
#include <string_view>

namespace mahavishnu::cli {

/// A TOML file in which the table `[GROUP.NAME]`, and those below it, are replaced by this text; it
/// comes at the end where there is none yet. All other bytes stay. Refuses what is no TOML as far
/// as that has to be understood, and a file that has the table in another form.
result<std::string> with_toml_table(std::string_view file, std::string_view group,
                                    std::string_view name, std::string_view table);

/// A text as a TOML string.
std::string toml_string(std::string_view text);

} // namespace mahavishnu::cli
