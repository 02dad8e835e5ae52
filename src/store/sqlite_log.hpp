// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

namespace mahavishnu::store {

/// What is wrong with the write-ahead log of a file, as a sentence. SQLite leaves out all behind
/// the last whole transaction without a word, so this has to be asked before it opens the file.
std::optional<std::string> torn_log(const std::string& log_path);

} // namespace mahavishnu::store
