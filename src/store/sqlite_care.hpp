// SPDX-License-Identifier: MIT
#pragma once

#include "store/journal_store.hpp"
#include "store/sqlite_session.hpp"

namespace mahavishnu::store {

/// What can be done about a journal in one SQLite file besides using it.
result<store_report> check_sqlite(const sqlite_session& session);
result<void> backup_sqlite(const sqlite_session& session, const std::string& path);
result<void> compact_sqlite(const sqlite_session& session);

} // namespace mahavishnu::store
