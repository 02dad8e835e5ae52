// SPDX-License-Identifier: MIT
#include "store/sqlite_schema.hpp"

#include <array>
#include <limits>
#include <string>

namespace mahavishnu::store {

namespace {

// What a list does not show comes last in a row: what is behind it on pages of its own is not read.
// The indices are small and grow at few places, so that a task costs few pages.
constexpr std::array steps{R"(
create table pools (
  id text primary key,
  record blob not null,
  sum integer not null
) without rowid;

create table tasks (
  id blob primary key,
  pool text not null,
  status integer not null,
  attempt integer not null,
  opened_at integer not null,
  ended_at integer,
  opened_sum integer not null,
  state_sum integer not null,
  output_sum integer not null,
  key text,
  work blob not null,
  progress blob not null,
  result blob not null,
  output blob not null,
  error_output blob not null
) without rowid;

create index tasks_open on tasks (id, pool, status) where ended_at is null;
create index tasks_by_pool on tasks (pool, status, id) where ended_at is not null;
create index tasks_by_status on tasks (status, id) where ended_at is not null;
create index tasks_by_end on tasks (ended_at, id) where ended_at is not null;
create index tasks_keyed on tasks (id) where key is not null;

-- How many there have to be and which: what no checksum of a record could show to be missing.
create table totals (
  of text primary key,
  count integer not null,
  digest integer not null,
  sum integer not null
) without rowid;
)"};

/// Of a file of that kind.
std::string meta(const std::string& kind) {
  return "create table if not exists meta (name text primary key, value not null) without rowid;"
         "insert or ignore into meta values ('kind', 'mahavishnu " +
         kind + "'), ('version', 0)"; // 0 is never seen: the first step comes in the transaction
}

error newer(const sqlite_connection& connection, int version, std::size_t known) {
  return {errc::incompatible, connection.name() +
                                  " was written by a newer version (its schema is " +
                                  std::to_string(version) + ", this program knows up to " +
                                  std::to_string(known) + "); use that one, or restore a backup"};
}

} // namespace

std::span<const char* const> journal_schema() {
  return steps;
}

result<int> schema_version(const sqlite_connection& connection) {
  int code = SQLITE_OK;
  auto tables = connection.prepare("select count(*), sum(name = 'meta') from sqlite_schema", code);
  if (code != SQLITE_OK)
    return connection.failure("read", code);
  sqlite_run found{tables};
  if (!found.next())
    return connection.failure("read", found.failure());
  if (found.number(0) == 0)
    return 0;
  auto stranger =
      error{errc::invalid_argument, "'" + connection.path() + "' is a SQLite file, but no " +
                                        connection.kind() + "; name another file, or move it away"};
  if (found.number(1) == 0)
    return stranger;
  auto version =
      connection.prepare("select (select value from meta where name = 'version') "
                         "where (select value from meta where name = 'kind') = 'mahavishnu " +
                             connection.kind() + "'",
                         code);
  if (code != SQLITE_OK)
    return is_damage(code) ? connection.failure("read", code) : stranger;
  sqlite_run read{version};
  if (!read.next())
    return read.failure() == SQLITE_OK ? stranger : connection.failure("read", read.failure());
  auto number = read.number(0);
  if (number < 1 || number > std::numeric_limits<int>::max())
    return connection.failure("read", SQLITE_CORRUPT);
  return static_cast<int>(number);
}

result<void> check_version(const sqlite_connection& connection,
                           std::span<const char* const> known) {
  auto version = schema_version(connection);
  if (!version)
    return version.error();
  if (*version > static_cast<int>(known.size()))
    return newer(connection, *version, known.size());
  return {};
}

result<void> bring_up_to_date(const sqlite_connection& connection,
                              std::span<const char* const> known) {
  for (;;) {
    auto before = schema_version(connection);
    if (!before)
      return before.error();
    if (*before == static_cast<int>(known.size()))
      return {};
    sqlite_transaction step{connection, "begin immediate"};
    if (step.code() != SQLITE_OK)
      return connection.failure("write", step.code());
    // Again: another program may have taken the step meanwhile.
    auto version = schema_version(connection);
    if (!version)
      return version.error();
    if (*version > static_cast<int>(known.size()))
      return newer(connection, *version, known.size());
    if (*version == static_cast<int>(known.size()))
      return {};
    step.execute(meta(connection.kind()));
    step.execute(known[static_cast<std::size_t>(*version)]);
    step.execute("update meta set value = " + std::to_string(*version + 1) +
                 " where name = 'version'");
    if (step.commit() != SQLITE_OK)
      return connection.failure(*version == 0 ? "make" : "bring up to date", step.code());
  }
}

} // namespace mahavishnu::store
