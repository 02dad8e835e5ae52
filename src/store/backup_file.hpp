// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/error.hpp"

#include <functional>
#include <string>

namespace mahavishnu::store {

/// Makes a backup, which is a SQLite journal in one file, and is there whole or not at all, for our
/// user alone: `write` fills an empty file beside it, which is checked, and gets the name when it
/// is on disk. Never replaces a file.
result<void> make_backup(const std::string& path,
                         const std::function<result<void>(const std::string&)>& write);

/// "cannot back up the journal to 'PATH': WHY".
error backup_failure(const std::string& path, const std::string& why);

} // namespace mahavishnu::store
