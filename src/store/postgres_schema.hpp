// SPDX-License-Identifier: MIT
#pragma once

#include "store/postgres_connection.hpp"

#include <span>
#include <string>

namespace mahavishnu::store {

/// The SQL that makes each version of the tables from the one before; the first one makes them from
/// nothing. What has been released is never changed: append.
std::span<const char* const> postgres_tables();

/// The schema that the connection is for: the first one of the search path, if anybody has set one
/// for this connection, its user or its database; otherwise one of ours.
result<std::string> wanted_schema(postgres_connection& connection);

struct found_schema {
  /// With which it is locked; 0 when it is not there.
  std::int64_t number = 0;
  bool may_be_used = true;
};
result<found_schema> find_schema(postgres_connection& connection, const std::string& schema);
result<void> make_schema(postgres_connection& connection, const std::string& schema);

/// The version of the tables in the schema that the connection uses; 0 when it is empty. An error
/// for one with tables of others in it.
result<int> tables_version(postgres_connection& connection);

/// Refuses what a program with these steps cannot read. Changes nothing.
result<void> check_tables(postgres_connection& connection, std::span<const char* const> steps);

/// Takes the steps that are missing, each in a transaction of its own. @pre nobody else does.
result<void> bring_tables_up_to_date(postgres_connection& connection,
                                     std::span<const char* const> steps);

} // namespace mahavishnu::store
