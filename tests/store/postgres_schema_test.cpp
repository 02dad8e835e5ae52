// SPDX-License-Identifier: MIT
#include "store/postgres_schema.hpp"
#include "store/postgres_server.hpp"

using namespace mahavishnu;
using namespace mahavishnu::test;

namespace {

std::string quoted_schema(const scratch& place) {
  return quoted_name(schema_of(place));
}

postgres_connection connect(const postgres_server& server, const scratch& place) {
  server.sql("create schema if not exists " + quoted_schema(place));
  return good(postgres_connection::open(good(postgres_url::parse(server.url(schema_of(place))))));
}

std::string text(postgres_connection& connection, const std::string& sql) {
  auto found = connection.query(sql);
  REQUIRE(found.rows() == 1);
  return found.text(0);
}

} // namespace

TEST_CASE("older tables are brought up to date step by step, with all that is in them") {
  NEEDS_POSTGRES;
  const char* steps[] = {"create table lamps (name text); insert into lamps values ('old')",
                         "alter table lamps add column watts integer default 40",
                         "update lamps set watts = watts + 2"};
  for (std::size_t known = 1; known <= 3; ++known) {
    auto connection = connect(server, place);
    CHECK(good(tables_version(connection)) == static_cast<int>(known) - 1);
    good(bring_tables_up_to_date(connection, std::span{steps}.first(known)));
    CHECK(good(tables_version(connection)) == static_cast<int>(known));
    good(bring_tables_up_to_date(connection, std::span{steps}.first(known)));
  }
  auto connection = connect(server, place);
  CHECK(text(connection, "select name || watts from lamps") == "old42");
}

TEST_CASE("a step that fails leaves the tables before it, and is taken the next time, too") {
  NEEDS_POSTGRES;
  const char* broken[] = {"create table lamps (name text)",
                          "create table chairs (name text); insert into nowhere values (1)"};
  auto connection = connect(server, place);
  auto failed = bring_tables_up_to_date(connection, broken);
  REQUIRE(failed.has_error());
  CHECK_THAT(failed.error().message,
             ContainsSubstring(schema_of(place)) && ContainsSubstring("nowhere"));
  CHECK(good(tables_version(connection)) == 1);
  CHECK(text(connection, "select count(*)::text from pg_tables where tablename = 'chairs' and "
                         "schemaname = current_schema()") == "0");

  const char* mended[] = {broken[0], "create table chairs (name text)"};
  good(bring_tables_up_to_date(connection, mended));
  CHECK(good(tables_version(connection)) == 2);
}

TEST_CASE("tables of a newer version are refused and left as they are") {
  NEEDS_POSTGRES;
  good(open_in(server, place)->apply(std::vector<change>{opened(task_number(1))}));
  server.sql("update " + quoted_schema(place) + ".meta set value = '1000' where name = 'version'");
  for (auto use : {postgres_use::write, postgres_use::read}) {
    auto refused = open_postgres(server.url(schema_of(place)), use);
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == errc::incompatible);
    CHECK_THAT(refused.error().message, ContainsSubstring(schema_of(place)) &&
                                            ContainsSubstring("newer version") &&
                                            ContainsSubstring("restore a backup"));
  }
  CHECK(server.sql("select count(*) from " + quoted_schema(place) + ".tasks") == "1");
  server.sql("update " + quoted_schema(place) + ".meta set value = 'x' where name = 'version'");
  CHECK_THAT(open_postgres(server.url(schema_of(place))).error().message,
             ContainsSubstring("damaged"));
}

TEST_CASE("a schema with other tables is refused and left as it is") {
  NEEDS_POSTGRES;
  for (const std::string tables :
       {"create table lamps (name text)", "create table meta (lamps text)",
        "create table meta (name text, value text); "
        "insert into meta values ('version', 1), ('kind', 'lamps')"}) {
    auto schema = quoted_schema(place);
    server.sql("drop schema if exists " + schema + " cascade; create schema " + schema +
               "; set search_path = " + schema + "; " + tables);
    for (auto use : {postgres_use::write, postgres_use::read}) {
      auto refused = open_postgres(server.url(schema_of(place)), use);
      REQUIRE(refused.has_error());
      CHECK_THAT(refused.error().message,
                 ContainsSubstring(schema_of(place)) && ContainsSubstring("search_path"));
    }
    CHECK(server.sql("select count(*) from pg_tables where schemaname = '" + schema_of(place) +
                     "'") == "1");
  }
}

TEST_CASE("who reads waits for who writes to make the tables") {
  NEEDS_POSTGRES;
  auto missing = open_postgres(server.url(schema_of(place)), postgres_use::read);
  REQUIRE(missing.has_error());
  CHECK(missing.error().code == errc::not_found);
  server.sql("create schema " + quoted_schema(place));
  auto empty = open_postgres(server.url(schema_of(place)), postgres_use::read);
  REQUIRE(empty.has_error());
  CHECK(empty.error().code == errc::incompatible);
  CHECK_THAT(empty.error().message, ContainsSubstring("is empty"));
  open_in(server, place);
  CHECK(open_tasks(*open_in(server, place, postgres_use::read)).empty());
}

TEST_CASE("the schema is the first of the search path that somebody has set, or one of ours") {
  NEEDS_POSTGRES;
  auto wanted = [&](const std::string& path, const std::string& user = "postgres") {
    auto connection = good(postgres_connection::open(good(postgres_url::parse(
        server.url("", user) + (path.empty() ? "" : "&options=-csearch_path%3D" + path)))));
    return good(wanted_schema(connection));
  };
  CHECK(wanted("") == "mahavishnu");
  CHECK(wanted("Lamps,public") == "lamps");
  CHECK(wanted("%22Lamps,%22%22x%22,public") == "Lamps,\"x");
  CHECK(wanted("%22%24user%22,public") == "postgres");
  server.sql("create role reader_of_lamps login; "
             "alter role reader_of_lamps set search_path = lamps, public");
  CHECK(wanted("", "reader_of_lamps") == "lamps");
  server.sql("drop role reader_of_lamps");
}

TEST_CASE("a schema whose name PostgreSQL would cut is refused") {
  NEEDS_POSTGRES;
  auto refused = open_postgres(server.url(std::string(70, 's')));
  server.sql("drop schema if exists " + std::string(63, 's'));
  REQUIRE(refused.has_error());
  CHECK_THAT(refused.error().message, ContainsSubstring("63 bytes"));
}
