// SPDX-License-Identifier: MIT
#pragma once

#include <mahavishnu/base/error.hpp>

#include <string>

namespace mahavishnu::exec {

/// The path of mahavishnu-keeper: what MAHAVISHNU_KEEPER names, else the one beside this program,
/// else the one in ../libexec/mahavishnu from there, as it is installed.
result<std::string> keeper_program();

/// The same for a program at `own_path`, with that value of MAHAVISHNU_KEEPER; nullptr when it is
/// not set.
result<std::string> keeper_program_for(const std::string& own_path, const char* named);

} // namespace mahavishnu::exec
