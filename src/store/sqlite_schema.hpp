// SPDX-License-Identifier: MIT
#pragma once

#include "store/sqlite_connection.hpp"

#include <span>

namespace mahavishnu::store {

/// The SQL that makes each version of the schema from the one before; the first one makes it from
/// nothing. What has been released is never changed: append.
std::span<const char* const> journal_schema();

/// The version of a journal; 0 for an empty file. An error for a file that is no journal.
result<int> schema_version(const sqlite_connection& connection);

/// Refuses what a program with these steps cannot read. Changes nothing.
result<void> check_version(const sqlite_connection& connection, std::span<const char* const> steps);

/// Takes the steps that are missing, each in a transaction of its own.
result<void> bring_up_to_date(const sqlite_connection& connection,
                              std::span<const char* const> steps);

} // namespace mahavishnu::store
