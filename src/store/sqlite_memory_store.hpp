// SPDX-License-Identifier: MIT
#pragma once

#include "store/memory_store.hpp"
#include "store/sqlite_use.hpp"

#include <memory>
#include <string>

namespace mahavishnu::store {

/// A memory in one SQLite file, and its write-ahead log beside it. A schema that is newer than this
/// program is refused and left as it is.
result<std::unique_ptr<memory_store>> open_sqlite_memory(const std::string& path,
                                                         sqlite_use use = sqlite_use::write);

} // namespace mahavishnu::store
