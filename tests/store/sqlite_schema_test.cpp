// SPDX-License-Identifier: MIT
#include "store/sqlite_schema.hpp"
#include "store/support.hpp"

using namespace mahavishnu;
using namespace mahavishnu::test;

namespace {

sqlite_connection connect(const std::string& path) {
  return good(sqlite_connection::open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE));
}

void run(const std::string& path, const std::string& sql) {
  auto connection = connect(path);
  INFO(sql);
  REQUIRE(connection.execute(sql) == SQLITE_OK);
}

std::string text(const sqlite_connection& connection, const std::string& sql) {
  int code = SQLITE_OK;
  auto statement = connection.prepare(sql, code);
  REQUIRE(code == SQLITE_OK);
  sqlite_run row{statement};
  REQUIRE(row.next());
  return std::string{row.bytes(0)};
}

} // namespace

TEST_CASE("an older schema is brought up to date step by step, with all that is in it") {
  scratch place;
  auto path = (place / "journal.db").string();
  const char* steps[] = {"create table lamps (name text); insert into lamps values ('old')",
                         "alter table lamps add column watts integer default 40",
                         "update lamps set watts = watts + 2"};
  for (std::size_t known = 1; known <= 3; ++known) {
    auto connection = connect(path);
    CHECK(good(schema_version(connection)) == static_cast<int>(known) - 1);
    good(bring_up_to_date(connection, std::span{steps}.first(known)));
    CHECK(good(schema_version(connection)) == static_cast<int>(known));
    good(bring_up_to_date(connection, std::span{steps}.first(known)));
  }
  CHECK(text(connect(path), "select name || watts from lamps") == "old42");

  auto all_at_once = connect(place / "new.db");
  good(bring_up_to_date(all_at_once, steps));
  CHECK(text(all_at_once, "select name || watts from lamps") == "old42");
}

TEST_CASE("a step that fails leaves the schema before it, and is taken the next time") {
  scratch place;
  auto path = (place / "journal.db").string();
  const char* broken[] = {"create table lamps (name text)",
                          "create table chairs (name text); insert into nowhere values (1)"};
  auto connection = connect(path);
  auto failed = bring_up_to_date(connection, broken);
  REQUIRE(failed.has_error());
  CHECK_THAT(failed.error().message, ContainsSubstring(path));
  CHECK(good(schema_version(connection)) == 1);
  CHECK(text(connection, "select count(*) from sqlite_schema where name = 'chairs'") == "0");

  const char* mended[] = {broken[0], "create table chairs (name text)"};
  good(bring_up_to_date(connection, mended));
  CHECK(good(schema_version(connection)) == 2);
}

TEST_CASE("a journal of a newer version is refused and left as it is") {
  scratch place;
  auto path = (place / "journal.db").string();
  good(open_journal(path)->apply(std::vector<change>{opened(task_number(1))}));
  run(path, "update meta set value = 1000 where name = 'version'");
  auto bytes = content_of(path);
  for (auto use : {sqlite_use::write, sqlite_use::read}) {
    auto refused = open_sqlite(path, use);
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == errc::incompatible);
    CHECK_THAT(refused.error().message, ContainsSubstring(path) &&
                                            ContainsSubstring("newer version") &&
                                            ContainsSubstring("restore a backup"));
  }
  CHECK(content_of(path) == bytes);
}

TEST_CASE("a reader waits for a writer to bring the schema up to date") {
  scratch place;
  auto path = place / "journal.db";
  place.write("journal.db", "");
  auto refused = open_sqlite(path, sqlite_use::read);
  REQUIRE(refused.has_error());
  CHECK(refused.error().code == errc::incompatible);
  CHECK_THAT(refused.error().message, ContainsSubstring("is empty"));
  CHECK(std::filesystem::file_size(path) == 0);
  open_journal(path);
  CHECK(open_tasks(*open_journal(path, sqlite_use::read)).empty());
}

TEST_CASE("what is no journal is refused and left as it is") {
  scratch place;
  run(place / "lamps.db", "create table lamps (name text)");
  run(place / "other.db", "create table meta (name text, value); "
                          "insert into meta values ('version', 1), ('kind', 'lamps')");
  run(place / "third.db", "create table meta (lamps text)");
  place.write("text.db", std::string(5000, 'x'));
  for (const auto& name : {"lamps.db", "other.db", "third.db", "text.db"}) {
    auto path = (place / name).string();
    auto bytes = content_of(path);
    for (auto use : {sqlite_use::write, sqlite_use::read}) {
      auto refused = open_sqlite(path, use);
      REQUIRE(refused.has_error());
      CHECK_THAT(refused.error().message, ContainsSubstring(path) && ContainsSubstring("move it"));
    }
    CHECK(content_of(path) == bytes);
  }
  auto directory = open_sqlite(place.path());
  REQUIRE(directory.has_error());
  CHECK_THAT(directory.error().message, ContainsSubstring("is no file"));
}
