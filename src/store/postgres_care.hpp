// SPDX-License-Identifier: MIT
#pragma once

#include "store/journal_store.hpp"
#include "store/postgres_session.hpp"

namespace mahavishnu::store {

/// What can be done about a journal in PostgreSQL besides using it.
result<store_report> check_postgres(postgres_session& session);
/// As a journal in one SQLite file.
result<void> backup_postgres(postgres_session& session, const std::string& path);
/// With all that another journal has, or with nothing. Refused when there is something already.
result<void> fill_postgres(postgres_session& session, journal_store& from);
result<void> compact_postgres(postgres_session& session);

} // namespace mahavishnu::store
