// SPDX-License-Identifier: MIT
#include "store/sqlite_memory_session.hpp"

#include "store/facets.hpp"
#include "store/field_sum.hpp"
#include "store/sqlite_memory_schema.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace mahavishnu::store {

namespace {

void prepare_rows(sqlite_memory_session& at, int& code) {
  auto prepare = [&](const std::string& sql) { return at.connection.prepare(sql, code); };
  at.pool_by_id = prepare("select * from pools where id = ?");
  at.pool_by_number = prepare("select * from pools where number = ?");
  at.pool_numbers = prepare("select number from pools where id = ?1 or name = ?1");
  at.add_pool = prepare("insert into pools values (?, ?, ?, ?, ?, ?, ?)");
  at.put_pool = prepare("update pools set id = ?2, name = ?3, type = ?4, records = ?5, "
                        "newest_at = ?6, sum = ?7 where number = ?1");
  at.drop_pool = prepare("delete from pools where number = ?");
  at.pools = prepare("select * from pools order by id");
  at.tag_number = prepare("select number from tags where tag = ?");
  at.tag_by_number = prepare("select tag, sum from tags where number = ?");
  at.last_tag = prepare("select max(ifnull((select max(number) from tags), 0), "
                        "ifnull((select seq from sqlite_sequence where name = 'tags'), 0))");
  at.put_tag = prepare("insert into tags values (?, ?, ?)");
  at.drop_tag = prepare("delete from tags where number = ?");
  at.find_content = prepare("select id, sum from contents where hash = ? and bytes = ?");
  at.content_by_id = prepare("select bytes, sum from contents where id = ?");
  at.put_content = prepare("insert into contents values (?, ?, ?, ?)");
  at.drop_content = prepare("delete from contents where id = ?");
  at.use_of = prepare("select * from uses where content = ?");
  at.add_use = prepare("insert into uses values (?, ?, ?, ?)");
  at.put_use = prepare("update uses set newest_at = ?2, times = ?3, sum = ?4 where content = ?1");
  at.drop_use = prepare("delete from uses where content = ?");
  at.newest_uses = prepare("select * from uses indexed by uses_by_newest "
                           "where (newest_at, content) < (?, ?) "
                           "order by newest_at desc, content desc");
  at.documents_by_hash = prepare("select * from documents indexed by documents_by_hash "
                                 "where content = ? and hash = ?");
  at.document_by_id = prepare("select * from documents where id = ?");
  at.documents_of_content = prepare("select * from documents indexed by documents_by_content "
                                    "where content = ? order by newest_at desc");
  at.add_document =
      prepare("insert into documents values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  at.put_document = prepare("update documents set first_at = ?2, newest_at = ?3, times = ?4, "
                            "sum = ?5 where id = ?1");
  at.drop_document = prepare("delete from documents where id = ?");
  at.reached_from = prepare("select id, reached from documents where id >= ? order by id limit 1");
  at.documents_between =
      prepare("select *, 0 from documents where id between ? and ? and newest_at >= ? "
              "and first_at <= ? order by id desc");
  at.has_record = prepare("select task from records where task = ?");
  at.record_by_task = prepare("select * from records where task = ?");
  at.put_record = prepare("insert into records values (?, ?, ?, ?, ?)");
  at.drop_record = prepare("delete from records where task = ?");
  at.records_by_age =
      prepare("select * from records indexed by records_by_time order by at, document, task "
              "limit ?");
  at.records_backwards =
      prepare("select at, document from records indexed by records_by_time where at <= ? "
              "order by at desc, document desc");
  at.newest_record =
      prepare("select * from records indexed by records_by_document where document = ? and at <= ? "
              "order by at desc, task desc limit 1");
  at.count_records = prepare("select count(*), max(at) from records indexed by records_by_document "
                             "where document = ? and at >= ? and at <= ?");
}

void prepare_texts(sqlite_memory_session& at, int& code) {
  auto prepare = [&](const std::string& sql) { return at.connection.prepare(sql, code); };
  at.put_text = prepare("insert into texts (rowid, title, content, facets) values (?, ?, ?, ?)");
  at.drop_text = prepare("insert into texts (texts, rowid, title, content, facets) "
                         "values ('delete', ?, ?, ?, ?)");
  // The newest first: however many there are, only so many are looked at.
  at.ranked_texts =
      prepare("select documents.*, worth(texts, documents.size) from texts cross join documents "
              "on documents.id = texts.rowid where texts match ? and texts.rowid between ? and ? "
              "and newest_at >= ? and first_at <= ? order by texts.rowid desc");
  at.filtered_texts =
      prepare("select documents.*, 0 from texts cross join documents "
              "on documents.id = texts.rowid where texts match ? and texts.rowid between ? and ? "
              "and newest_at >= ? and first_at <= ? order by texts.rowid desc");
  at.text_with = prepare("select 1 from texts cross join documents "
                         "on documents.id = texts.rowid where texts match ? limit 1");
  at.put_word = prepare("insert into words values (?, ?) on conflict do update "
                        "set documents = documents + excluded.documents");
  at.words_from = prepare("select word, documents from words where word >= ? and word < ? "
                          "order by word limit ?");
  at.common_words = prepare("select word, documents from words indexed by words_by_documents "
                            "where documents >= 16 order by documents desc limit ?");
  at.word_documents = prepare("select documents from words where word = ?");
  at.words_behind = prepare("select word from words where word > ? order by word limit ?");
  at.word_is_used = prepare("select 1 from word_places where term = ? limit 1");
  at.drop_word = prepare("delete from words where word = ?");
  at.state = prepare("select cursor, records, contents, documents, size, counted, reached, late, "
                     "last_content, last_document, swept, sum from state where id = 1");
  at.any_record = prepare("select 1 from records limit 1");
  at.add_state = prepare("insert into state values (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  at.put_state = prepare("update state set cursor = ?1, records = ?2, contents = ?3, "
                         "documents = ?4, size = ?5, counted = ?6, reached = ?7, late = ?8, "
                         "last_content = ?9, last_document = ?10, swept = ?11, sum = ?12 "
                         "where id = 1");
}

void prepare_outbox(sqlite_memory_session& at, int& code) {
  auto prepare = [&](const std::string& sql) { return at.connection.prepare(sql, code); };
  const std::string row = "content, state, due, tries, reason, sum";
  at.target_by_name = prepare("select * from targets where name = ?");
  at.target_by_number = prepare("select * from targets where number = ?");
  at.targets = prepare("select * from targets order by name");
  at.last_target = prepare("select ifnull(max(number), 0) from targets");
  at.add_target = prepare("insert into targets values (?, ?, ?, ?, ?, ?)");
  at.put_target = prepare("update targets set name = ?2, is_enabled = ?3, forgotten = ?4, "
                          "last_error = ?5, sum = ?6 where number = ?1");
  at.contents_not_for = prepare("select id from contents where not exists (select 1 from outbox "
                                "where target = ? and content = contents.id) order by id");
  at.add_outgoing = prepare("insert into outbox values (?, ?, ?, ?, ?, ?, ?)");
  at.put_outgoing = prepare("update outbox set state = ?3, due = ?4, tries = ?5, reason = ?6, "
                            "sum = ?7 where target = ?1 and content = ?2");
  at.outgoing_due = prepare("select " + row +
                            " from outbox indexed by outbox_waiting where state = 0 "
                            "and target = ? and due <= ? order by due, content");
  at.outgoing_by_content =
      prepare("select " + row + " from outbox where target = ? and content = ?");
  at.outgoing_of_content = prepare("select target, state from outbox where content = ?");
  at.drop_outgoing = prepare("delete from outbox where content = ?");
  at.count_outgoing =
      prepare("select state, count(*) from outbox indexed by outbox_by_state where target = ? "
              "group by state");
}

/// Before all documents.
constexpr wall_time before_all = std::numeric_limits<wall_time>::min();

template <class Number>
bool fits(std::int64_t value) {
  return value >= std::numeric_limits<Number>::min() && value <= std::numeric_limits<Number>::max();
}

} // namespace

std::uint32_t pool_row::sum() const {
  return field_sum::of(number, id, name, type, records, newest_at);
}

std::uint32_t document_row::sum() const {
  return field_sum::of(id, hash, content, pool, status, week, reached, first_at, newest_at, times,
                       size, facets, worker_type, title);
}

std::uint32_t record_row::sum() const {
  return field_sum::of(task.high(), task.low(), document, at, worker);
}

std::uint32_t use_row::sum() const {
  return field_sum::of(content, newest_at, times);
}

std::uint32_t memory_state::sum() const {
  return field_sum::of(cursor, records, contents, documents, size, counted, reached, late,
                       last_content, last_document, swept);
}

const sqlite_file_kind& sqlite_memory_session::kind() {
  // A power cut may take the last commits, all behind some instant. The cursor is in the same
  // commits, so what is gone is collected again.
  // Its indexes are written all over, so that a page in a longer log is written once instead of
  // many times.
  static const sqlite_file_kind memory{"memory", memory_schema(), 32 * 1024, false, 20'000, false};
  return memory;
}

result<sqlite_memory_session> sqlite_memory_session::open(const std::string& path, sqlite_use use) {
  auto connection = open_file(path, use, kind());
  if (!connection)
    return connection.error();
  sqlite_memory_session opened;
  opened.connection = std::move(*connection);
  opened.log = log_emptying{opened.connection, kind()};
  int code = SQLITE_OK;
  opened.words = sqlite_words::of(opened.connection, code);
  prepare_rows(opened, code);
  prepare_texts(opened, code);
  prepare_outbox(opened, code);
  if (code != SQLITE_OK)
    return opened.connection.failure("open", code);
  return opened;
}

result<pool_row> sqlite_memory_session::read_pool(const sqlite_run& row) const {
  pool_row read{row.number(0),
                std::string{row.bytes(1)},
                std::string{row.bytes(2)},
                std::string{row.bytes(3)},
                static_cast<std::uint64_t>(row.number(4)),
                row.number(5)};
  if (row.number(6) != read.sum())
    return damaged("the record of pool '" + read.id + "'");
  return read;
}

result<document_row> sqlite_memory_session::read_document(const sqlite_run& row, int column) const {
  auto status = row.number(column + 4);
  document_row read{row.number(column),
                    row.number(column + 1),
                    row.number(column + 2),
                    row.number(column + 3),
                    static_cast<std::uint8_t>(status),
                    row.number(column + 5),
                    row.number(column + 6),
                    row.number(column + 7),
                    row.number(column + 8),
                    static_cast<std::uint64_t>(row.number(column + 9)),
                    static_cast<std::uint64_t>(row.number(column + 10)),
                    std::string{row.bytes(column + 11)},
                    std::string{row.bytes(column + 12)},
                    std::string{row.bytes(column + 13)}};
  if (!fits<std::uint8_t>(status) || row.number(column + 14) != read.sum())
    return damaged("document " + std::to_string(read.id));
  return read;
}

result<record_row> sqlite_memory_session::read_record(const sqlite_run& row) const {
  auto task = task_key::read(row.bytes(0));
  if (!task)
    return damaged("the id of a record");
  record_row read{*task, row.number(1), row.number(2), std::string{row.bytes(3)}};
  if (row.number(4) != read.sum())
    return damaged("the record of task '" + task->str() + "'");
  return read;
}

result<std::optional<memory_state>> sqlite_memory_session::read_state() const {
  sqlite_run row{state};
  if (!row.next()) {
    if (is_damage(row.failure()))
      return std::optional<memory_state>{};
    if (row.failure() != SQLITE_OK)
      return connection.failure("read", row.failure());
    sqlite_run record{any_record};
    if (record.next())
      return std::optional<memory_state>{};
    if (record.failure() != SQLITE_OK)
      return connection.failure("read", record.failure());
    memory_state first; // of a memory in which nothing was written yet
    first.reached = before_all;
    return std::optional{first};
  }
  auto number = [&row](int column) { return static_cast<std::uint64_t>(row.number(column)); };
  memory_state read{std::string{row.bytes(0)},
                    number(1),
                    number(2),
                    number(3),
                    number(4),
                    number(5),
                    row.number(6),
                    row.number(7),
                    row.number(8),
                    row.number(9),
                    std::string{row.bytes(10)}};
  return row.number(11) == read.sum() ? std::optional{read} : std::nullopt;
}

result<std::optional<use_row>> sqlite_memory_session::read_use(std::int64_t content) const {
  sqlite_run row{use_of, content};
  if (row.next()) {
    use_row read{content, row.number(1), static_cast<std::uint64_t>(row.number(2))};
    return row.number(3) == read.sum() ? std::optional{read} : std::nullopt;
  }
  if (row.failure() != SQLITE_OK)
    return connection.failure("read", row.failure());
  return std::optional<use_row>{};
}

result<document_row> sqlite_memory_session::document(std::int64_t id) const {
  sqlite_run row{document_by_id, id};
  if (row.next()) {
    auto read = read_document(row);
    return read && read->id != id ? damaged("the list of documents") : read;
  }
  return unread("document " + std::to_string(id), row.failure());
}

result<std::string> sqlite_memory_session::content(std::int64_t id) const {
  sqlite_run row{content_by_id, id};
  if (row.next() && row.number(1) == field_sum::of(id, row.bytes(0)))
    return std::string{row.bytes(0)};
  return unread("content " + std::to_string(id), row.failure());
}

result<memory_record> sqlite_memory_session::whole(const record_row& record,
                                                   const document_row& document) const {
  memory_record made;
  {
    sqlite_run row{pool_by_number, document.pool};
    if (!row.next())
      return unread("pool " + std::to_string(document.pool), row.failure());
    auto pool = read_pool(row);
    if (!pool)
      return pool.error();
    if (pool->number != document.pool)
      return damaged("the list of pools");
    made.pool = pool_id{pool->id};
    made.pool_name = std::move(pool->name);
    made.pool_type = std::move(pool->type);
  }
  for (auto number : tags_among(document.facets)) {
    sqlite_run row{tag_by_number, number};
    if (!row.next() || row.number(1) != field_sum::of(number, row.bytes(0)))
      return unread("tag " + std::to_string(number), row.failure());
    made.tags.emplace_back(row.bytes(0));
  }
  std::sort(made.tags.begin(), made.tags.end());
  made.task = record.task;
  made.worker_type = document.worker_type;
  made.worker = worker_id{record.worker};
  made.status = document.status;
  made.at = record.at;
  made.title = document.title;
  return made;
}

result<std::optional<record_row>> sqlite_memory_session::record(const task_id& task) const {
  task_key key{task};
  sqlite_run row{record_by_task, blob{key.bytes()}};
  if (row.next()) {
    auto read = read_record(row);
    if (!read)
      return read.error();
    if (read->task != task) // what leads to it has led to another one
      return damaged("the list of records, in which task '" + task.str() + "' is,");
    return std::optional{std::move(*read)};
  }
  if (row.failure() != SQLITE_OK)
    return unread("the record of task '" + task.str() + "'", row.failure());
  return std::optional<record_row>{};
}

result<record_row> sqlite_memory_session::newest_of(const document_row& document,
                                                    wall_time latest) const {
  sqlite_run row{newest_record, document.id, latest};
  if (!row.next())
    return unread("the list of records of document " + std::to_string(document.id), row.failure());
  auto read = read_record(row);
  if (read && read->document != document.id)
    return damaged("the list of records of document " + std::to_string(document.id));
  return read;
}

int sqlite_memory_session::write(const pool_row& row) const {
  if (row.records == 0)
    return run(sqlite_run{drop_pool, row.number});
  return change_or_add(connection, put_pool, add_pool, row.number, row.id, row.name, row.type,
                       row.records, row.newest_at, row.sum());
}

int sqlite_memory_session::write(const document_row& row) const {
  // What else it says is never changed.
  if (int code =
          run(sqlite_run{put_document, row.id, row.first_at, row.newest_at, row.times, row.sum()});
      code != SQLITE_OK || has_changed(connection))
    return code;
  return run(sqlite_run{add_document, row.id, row.hash, row.content, row.pool, row.status, row.week,
                        row.reached, row.first_at, row.newest_at, row.times, row.size, row.facets,
                        row.worker_type, row.title, row.sum()});
}

int sqlite_memory_session::write(const use_row& row) const {
  return change_or_add(connection, put_use, add_use, row.content, row.newest_at, row.times,
                       row.sum());
}

int sqlite_memory_session::write(const memory_state& row) const {
  return change_or_add(connection, put_state, add_state, blob{row.cursor}, row.records,
                       row.contents, row.documents, row.size, row.counted, row.reached, row.late,
                       row.last_content, row.last_document, row.swept, row.sum());
}

int sqlite_memory_session::write_texts() const {
  return connection.execute("savepoint texts; release texts");
}

error sqlite_memory_session::damaged(const std::string& what) const {
  return {errc::io_failed, what + " in " + connection.name() +
                               " is damaged: its bytes are not those that were written; remove the "
                               "file while the server is down, and all is collected again from the "
                               "journal"};
}

error sqlite_memory_session::unread(const std::string& what, int code) const {
  if (code == SQLITE_OK || is_damage(code))
    return damaged(what);
  if ((code & 0xFF) != SQLITE_INTERRUPT) // whoever set a time knows
    failure_ = code;
  return connection.failure("read", code);
}

} // namespace mahavishnu::store
