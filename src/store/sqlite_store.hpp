// SPDX-License-Identifier: MIT
#pragma once

#include "store/journal_store.hpp"
#include "store/sqlite_use.hpp"

namespace mahavishnu::store {

/// A journal in one SQLite file, and its write-ahead log beside it. A schema that is newer than
/// this program is refused and left as it is.
result<std::unique_ptr<journal_store>> open_sqlite(const std::string& path,
                                                   sqlite_use use = sqlite_use::write);

} // namespace mahavishnu::store
