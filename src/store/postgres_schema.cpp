// SPDX-License-Identifier: MIT
#include "store/postgres_schema.hpp"

#include <array>
#include <cctype>
#include <limits>

namespace mahavishnu::store {

namespace {

constexpr const char* usual_schema = "mahavishnu";

// Text may be any bytes, which `text` cannot hold. Numbers come first, so that nothing is padded. A
// row has to be short in an index, and a pool may be called anything: the tasks of a pool are found
// by how its name begins, and the pools by a sum over their names.
constexpr std::array steps{R"(
create table pools (
  id bytea not null,
  mark bigint not null,
  record bytea not null,
  sum integer not null
);
create unique index pools_by_id on pools (sha256(id));

create table tasks (
  id uuid primary key,
  mark bigint not null,
  opened_at bigint not null,
  ended_at bigint,
  attempt integer not null,
  opened_sum integer not null,
  state_sum integer not null,
  output_sum integer not null,
  status smallint not null check (status between 0 and 255),
  pool bytea not null,
  key bytea,
  work bytea not null,
  progress bytea not null,
  result bytea not null,
  output bytea not null,
  error_output bytea not null
);

create index tasks_open on tasks (id) where ended_at is null;
create index tasks_by_pool on tasks (substr(pool, 1, 32), (status::integer), id)
  where ended_at is not null;
create index tasks_by_status on tasks (status, id) where ended_at is not null;
create index tasks_by_end on tasks (ended_at, id) where ended_at is not null;
create index tasks_keyed on tasks (id) where key is not null;
-- A vacuum for each fiftieth of a million rows, and not only for each fifth.
alter table tasks set (autovacuum_vacuum_scale_factor = 0.02,
                       autovacuum_analyze_scale_factor = 0.02);

-- How many there have to be and which (all their marks, xor): what no checksum of a record could
-- show to be missing. And which span of whose changes was the last to be written. A checksum over
-- all of that. There is one row, and each change gives it the next number: as long as anybody
-- reads something old, all old rows stay, and the newest one is the first of its index.
create table totals (
  pool_count bigint not null,
  pool_digest bigint not null,
  open_count bigint not null,
  open_digest bigint not null,
  ended_count bigint not null,
  ended_digest bigint not null,
  writer uuid,
  span bigint not null,
  number bigint not null,
  sum bytea not null
);
create index totals_newest on totals (number);
insert into totals values (0, 0, 0, 0, 0, 0, null, 0, 0, sha256(decode(repeat('00', 64), 'hex')));
)"};

constexpr const char* meta = R"(
create table if not exists meta (name text primary key, value text not null);
insert into meta values ('kind', 'mahavishnu journal'), ('version', '0') on conflict do nothing;
)"; // 0 is never seen: the first step comes in the same transaction

/// The first of the names in a search path; in lower case unless it is quoted.
std::string first_name(const std::string& path) {
  std::string name;
  bool is_quoted = false;
  for (std::size_t i = path.find_first_not_of(' '); i < path.size(); ++i) {
    char each = path[i];
    if (each == '"' && is_quoted && i + 1 < path.size() && path[i + 1] == '"')
      name += path[++i];
    else if (each == '"')
      is_quoted = !is_quoted;
    else if (!is_quoted && (each == ',' || each == ' '))
      break;
    else
      name += is_quoted ? each : static_cast<char>(std::tolower(static_cast<unsigned char>(each)));
  }
  return name;
}

error newer(const postgres_connection& connection, int version, std::size_t known) {
  return {errc::incompatible, "the journal '" + connection.name() +
                                  "' was written by a newer version (its schema is " +
                                  std::to_string(version) + ", this program knows up to " +
                                  std::to_string(known) + "); use that one, or restore a backup"};
}

} // namespace

std::span<const char* const> postgres_tables() {
  return steps;
}

result<std::string> wanted_schema(postgres_connection& connection) {
  auto found = connection.query("select setting, source in ('client', 'user', 'database', "
                                "'database user'), current_user::text "
                                "from pg_settings where name = 'search_path'");
  if (!found)
    return connection.failure("open", found);
  auto name = found.rows() == 1 && found.number(1) != 0 ? first_name(found.text(0)) : "";
  if (name == "$user")
    name = found.text(2);
  return name.empty() ? usual_schema : name;
}

result<found_schema> find_schema(postgres_connection& connection, const std::string& schema) {
  auto found = connection.query("select oid::bigint, has_schema_privilege(oid, 'usage') "
                                "from pg_namespace where nspname = $1::text",
                                postgres_values::of(std::string_view{schema}));
  if (!found)
    return connection.failure("open", found);
  return found.rows() == 1 ? found_schema{found.number(0), found.number(1) != 0} : found_schema{};
}

result<void> make_schema(postgres_connection& connection, const std::string& schema) {
  auto made = connection.execute("create schema " + quoted_name(schema));
  // Another one may have made it meanwhile.
  if (!made && made.state() != "42P06" && made.state() != "23505")
    return connection.failure("make", made);
  return {};
}

result<int> tables_version(postgres_connection& connection) {
  auto tables = connection.query("select count(*), count(*) filter (where relname = 'meta') "
                                 "from pg_class where relkind in ('r', 'p', 'v', 'm', 'f', 'S') "
                                 "and relnamespace = (select oid from pg_namespace "
                                 "where nspname = current_schema())");
  if (!tables)
    return connection.failure("read", tables);
  if (tables.number(0) == 0)
    return 0;
  auto stranger =
      error{errc::invalid_argument,
            "'" + connection.name() +
                "' has tables, but no journal; give it a schema of its own, with "
                "?options=-csearch_path%3DNAME at the end of the URL, or move them away"};
  if (tables.number(1) == 0)
    return stranger;
  auto version = connection.query(
      "select (select value from meta where name = 'version')::text "
      "where (select value from meta where name = 'kind')::text = 'mahavishnu journal'");
  if (!version && version.state() != "42703") // a table of that name with other columns
    return connection.failure("read", version);
  if (version.rows() == 0)
    return stranger;
  auto digits = version.text(0);
  if (digits.empty() || digits.size() > 9 ||
      digits.find_first_not_of("0123456789") != std::string::npos || digits[0] == '0')
    return error{errc::io_failed, "the version of the journal '" + connection.name() +
                                      "' is damaged: '" + digits + "' is none; restore a backup"};
  return std::stoi(digits);
}

result<void> check_tables(postgres_connection& connection, std::span<const char* const> known) {
  auto version = tables_version(connection);
  if (!version)
    return version.error();
  if (*version > static_cast<int>(known.size()))
    return newer(connection, *version, known.size());
  return {};
}

result<void> bring_tables_up_to_date(postgres_connection& connection,
                                     std::span<const char* const> known) {
  for (;;) {
    auto version = tables_version(connection);
    if (!version)
      return version.error();
    if (*version > static_cast<int>(known.size()))
      return newer(connection, *version, known.size());
    if (*version == static_cast<int>(known.size()))
      return {};
    auto stepped = connection.execute(
        std::string(meta) + known[static_cast<std::size_t>(*version)] +
        ";update meta set value = '" + std::to_string(*version + 1) + "' where name = 'version'");
    if (!stepped)
      return connection.failure(*version == 0 ? "make" : "bring up to date", stepped);
  }
}

} // namespace mahavishnu::store
