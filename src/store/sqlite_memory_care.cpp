// SPDX-License-Identifier: MIT
#include "store/sqlite_memory_care.hpp"

#include "store/field_sum.hpp"
#include "store/problems.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <unordered_map>
#include <utility>

namespace mahavishnu::store {

namespace {

/// How many records there are of something.
using counts = std::unordered_map<std::int64_t, std::uint64_t>;

class checking {
public:
  explicit checking(const sqlite_memory_session& at) : at_(at) {}

  memory_report run(sqlite_use use) {
    check_records();
    check_documents();
    check_contents();
    check_pools();
    check_state();
    check_outbox();
    check_targets();
    check_words();
    check_pages();
    if (use == sqlite_use::write) // SQLite takes it for a change, though it changes nothing
      check_index();
    report_.problems = problems_.take();
    report_.bytes = file_size(at_.connection.path()) + file_size(at_.connection.path() + "-wal");
    return std::move(report_);
  }

private:
  void add(std::string problem) { problems_.add(std::move(problem)); }

  void each_row(const char* what, const char* sql,
                const std::function<void(const sqlite_run&)>& take) {
    int code = SQLITE_OK;
    auto all = at_.connection.prepare(sql, code);
    if (code == SQLITE_OK) {
      sqlite_run row{all};
      while (row.next())
        take(row);
      code = row.failure();
    }
    if (code != SQLITE_OK)
      add(at_.connection.failure("read all " + std::string{what} + " of", code).message);
  }

  void expect(const std::string& what, std::uint64_t said, std::uint64_t found) {
    if (said != found)
      add(what + " in " + at_.connection.name() + " is said to have " + std::to_string(said) +
          " records, and " + std::to_string(found) + " were found");
  }

  void check_records() {
    each_row("records", "select * from records not indexed", [&](const sqlite_run& row) {
      ++report_.records;
      auto record = at_.read_record(row);
      if (!record)
        return add(record.error().message);
      ++of_document_[record->document];
    });
  }

  void check_documents() {
    each_row("documents", "select * from documents not indexed", [&](const sqlite_run& row) {
      auto document = at_.read_document(row);
      ++documents_;
      if (!document)
        return add(document.error().message);
      auto found = std::exchange(of_document_[document->id], 0);
      expect("document " + std::to_string(document->id), document->times, found);
      of_content_[document->content] += document->times;
      of_pool_[document->pool] += document->times;
    });
    for (const auto& [document, records] : of_document_)
      if (records > 0)
        add(at_.damaged("document " + std::to_string(document)).message);
  }

  void check_contents() {
    counts said;
    each_row("uses", "select * from uses not indexed", [&](const sqlite_run& row) {
      use_row use{row.number(0), row.number(1), static_cast<std::uint64_t>(row.number(2))};
      if (row.number(3) != use.sum())
        add(at_.damaged("the count of content " + std::to_string(use.content)).message);
      said[use.content] = use.times;
    });
    each_row("contents", "select id, bytes, sum from contents not indexed",
             [&](const sqlite_run& row) {
               ++report_.contents;
               auto id = row.number(0);
               if (row.number(2) != field_sum::of(id, row.bytes(1)))
                 add(at_.damaged("content " + std::to_string(id)).message);
               expect("content " + std::to_string(id), said[id], std::exchange(of_content_[id], 0));
             });
    for (const auto& [content, records] : of_content_)
      if (records > 0)
        add(at_.damaged("content " + std::to_string(content)).message);
  }

  void check_pools() {
    each_row("pools", "select * from pools not indexed", [&](const sqlite_run& row) {
      auto pool = at_.read_pool(row);
      if (!pool)
        return add(pool.error().message);
      expect("pool '" + pool->id + "'", pool->records, std::exchange(of_pool_[pool->number], 0));
    });
    for (const auto& [pool, records] : of_pool_)
      if (records > 0)
        add(at_.damaged("pool " + std::to_string(pool)).message);
    each_row("tags", "select number, tag, sum from tags not indexed", [&](const sqlite_run& row) {
      if (row.number(2) != field_sum::of(row.number(0), row.bytes(1)))
        add(at_.damaged("tag " + std::to_string(row.number(0))).message);
    });
  }

  void check_state() {
    auto state = at_.read_state();
    if (!state || !*state)
      return add(state
                     ? at_.damaged("what there is to be, and up to where it was collected,").message
                     : state.error().message);
    if ((*state)->records != report_.records || (*state)->contents != report_.contents ||
        (*state)->documents != documents_)
      add(at_.connection.name() + " has " + std::to_string(report_.records) + " records and " +
          std::to_string(report_.contents) +
          " contents, and these are not as many as were written: " +
          std::to_string((*state)->records) + " and " + std::to_string((*state)->contents));
  }

  void check_outbox() {
    each_row("of what is to be sent",
             "select target, content, state, due, tries, reason, sum from outbox not indexed",
             [&](const sqlite_run& row) {
               auto sum = field_sum::of(row.number(0), row.number(1),
                                        static_cast<std::uint8_t>(row.number(2)), row.number(3),
                                        static_cast<std::uint32_t>(row.number(4)), row.bytes(5));
               if (row.number(6) != sum)
                 add(at_.damaged("what is to be sent of content " + std::to_string(row.number(1)))
                         .message);
             });
  }

  void check_targets() {
    each_row(
        "targets",
        "select number, name, is_enabled, forgotten, last_error, sum from targets "
        "not indexed",
        [&](const sqlite_run& row) {
          auto sum = field_sum::of(row.number(0), row.bytes(1),
                                   static_cast<std::uint8_t>(row.number(2) != 0),
                                   static_cast<std::uint64_t>(row.number(3)), row.bytes(4));
          if (row.number(5) != sum)
            add(at_.damaged("the state of target '" + std::string{row.bytes(1)} + "'").message);
        });
  }

  /// There may be more of them than are in use.
  void check_words() {
    each_row(
        "words",
        "select term from every_word where term not in (select word from words) "
        "and col <> 'facets' limit 1",
        [&](const sqlite_run& row) {
          add(at_.damaged("the list of words, which has no '" + std::string{row.bytes(0)} + "',")
                  .message);
        });
  }

  void check_pages() {
    each_row("pages", "pragma integrity_check(100)", [&](const sqlite_run& row) {
      if (row.bytes(0) != "ok")
        add("'" + at_.connection.path() + "': " + std::string{row.bytes(0)});
    });
  }

  /// With all texts.
  void check_index() {
    if (int code =
            at_.connection.execute("insert into texts (texts, rank) values ('integrity-check', 1)");
        code != SQLITE_OK)
      add(is_damage(code) ? at_.damaged("the index of words").message
                          : at_.connection.failure("check the index of", code).message);
  }

  const sqlite_memory_session& at_;
  memory_report report_;
  problems problems_;
  std::uint64_t documents_ = 0;
  counts of_document_, of_content_, of_pool_;
};

} // namespace

result<memory_state> count_memory_again(const sqlite_memory_session& at) {
  int code = SQLITE_OK;
  auto all = at.connection.prepare(
      "select (select count(*) from records), (select count(*) from contents), count(*), "
      "ifnull(sum(size), 0), ifnull(max(reached), ?1), ifnull(max(reached - first_at), 0), "
      "ifnull(max(id), 0), "
      "(select ifnull(max(id), 0) from contents), (select ifnull(max(documents), 0) from words) "
      "from documents",
      code);
  if (code != SQLITE_OK)
    return at.connection.failure("count the records of", code);
  sqlite_run row{all, std::numeric_limits<wall_time>::min()};
  if (!row.next())
    return at.connection.failure("count the records of", row.failure());
  auto number = [&row](int column) { return static_cast<std::uint64_t>(row.number(column)); };
  memory_state counted;
  counted.records = number(0);
  counted.contents = number(1);
  counted.documents = number(2);
  counted.size = number(3);
  counted.reached = row.number(4);
  counted.late = row.number(5);
  counted.last_document = row.number(6);
  counted.last_content = row.number(7);
  counted.counted = number(8); // no fewer than any word has
  return counted;
}

namespace {

struct counted_records {
  std::uint64_t times = 0;
  wall_time newest_at = 0;
};

result<counted_records> count_documents(const sqlite_memory_session& at, const char* sql,
                                        std::int64_t of) {
  int code = SQLITE_OK;
  auto all = at.connection.prepare(sql, code);
  if (code != SQLITE_OK)
    return at.connection.failure("count the records of", code);
  sqlite_run row{all, of};
  if (!row.next())
    return at.connection.failure("count the records of", row.failure());
  return counted_records{static_cast<std::uint64_t>(row.number(0)), row.number(1)};
}

} // namespace

result<use_row> count_use_again(const sqlite_memory_session& at, std::int64_t content) {
  auto counted = count_documents(
      at, "select ifnull(sum(times), 0), max(newest_at) from documents where content = ?", content);
  if (!counted)
    return counted.error();
  return use_row{content, counted->newest_at, counted->times};
}

result<void> count_pool_again(const sqlite_memory_session& at, pool_row& pool) {
  auto counted = count_documents(
      at, "select ifnull(sum(times), 0), max(newest_at) from documents where pool = ?",
      pool.number);
  if (!counted)
    return counted.error();
  pool.records = counted->times;
  pool.newest_at = counted->newest_at;
  return {};
}

result<memory_report> check_memory(const sqlite_memory_session& at, sqlite_use use) {
  return checking{at}.run(use);
}

} // namespace mahavishnu::store
