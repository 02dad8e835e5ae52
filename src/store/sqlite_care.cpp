// SPDX-License-Identifier: MIT
#include "store/sqlite_care.hpp"

#include "base/durable_file.hpp"
#include "store/record_sums.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <tuple>
#include <utility>

namespace mahavishnu::store {

namespace {

/// More than these are only counted: nobody reads them, and a ruined file has millions.
constexpr std::size_t most_problems = 1000;

class problems {
public:
  void add(std::string sentence) {
    if (sentences_.size() < most_problems)
      sentences_.push_back(std::move(sentence));
    else
      ++more_;
  }
  std::vector<std::string> take() {
    if (more_ > 0)
      sentences_.push_back("and " + std::to_string(more_) + " problems more");
    return std::move(sentences_);
  }

private:
  std::vector<std::string> sentences_;
  std::uint64_t more_ = 0;
};

record_total check_pools(const sqlite_session& at, problems& problems) {
  record_total seen;
  sqlite_run row{at.pools};
  while (row.next()) {
    pool_id pool{std::string{row.bytes(0)}};
    seen.add(pool);
    if (row.number(2) != record_sum::of_pool(pool, row.bytes(1)))
      problems.add(at.damaged("the record of pool '" + pool.value + "'").message);
  }
  if (row.failure() != SQLITE_OK)
    problems.add(at.connection.failure("read the pools of", row.failure()).message);
  return seen;
}

/// Those that are open, and those that have ended.
std::pair<record_total, record_total> check_tasks(const sqlite_session& at, problems& problems) {
  record_total open;
  record_total ended;
  auto code = at.each_task([&](std::optional<task_id> task, const sqlite_run& row) {
    if (!task)
      return problems.add(at.damaged("the id of a record").message);
    auto read = at.read_task(*task, row, 1, true);
    if (!read)
      problems.add(read.error().message);
    (row.is_null(5) ? open : ended).add(*task);
  });
  if (code != SQLITE_OK)
    problems.add(at.connection.failure("read all tasks of", code).message);
  return {open, ended};
}

void check_totals(const sqlite_session& at, const record_totals& seen, problems& problems) {
  auto written = at.read_totals();
  auto text = [](const record_totals& all) {
    return std::to_string(all.pools.count) + " pools, " + std::to_string(all.open.count) +
           " open tasks and " + std::to_string(all.ended.count) + " that have ended";
  };
  if (!written)
    problems.add(written.error().message);
  else if (!*written)
    problems.add(at.damaged("how much there is to be").message);
  else if (**written != seen)
    problems.add("the journal '" + at.connection.path() + "' has " + text(seen) +
                 ", and these are not those that were written: " + text(**written));
}

void check_pages(const sqlite_session& at, problems& found) {
  int code = SQLITE_OK;
  auto all = at.connection.prepare("pragma integrity_check(100)", code);
  if (code == SQLITE_OK) {
    sqlite_run row{all};
    while (row.next())
      if (row.bytes(0) != "ok")
        found.add("'" + at.connection.path() + "': " + std::string(row.bytes(0)));
    code = row.failure();
  }
  if (code != SQLITE_OK)
    found.add(at.connection.failure("check all pages of", code).message);
}

error already_there(const std::string& path) {
  return {errc::already_exists,
          "'" + path + "' is there already; name a file that is not, or remove it"};
}

error cannot_back_up(const std::string& path, const std::string& why) {
  return {errc::io_failed, "cannot back up the journal to '" + path + "': " + why};
}

error system_refused(const std::string& path) {
  return cannot_back_up(path, std::generic_category().message(errno) +
                                  "; look at the rights of its directory and at the free space");
}

/// Whether it is one file, which can be read anywhere. `ask` may make it one first.
int is_without_log(const sqlite_connection& connection, const char* ask) {
  int code = SQLITE_OK;
  auto asked = connection.prepare(ask, code);
  if (code != SQLITE_OK)
    return code;
  sqlite_run mode{asked};
  if (mode.next() && mode.bytes(0) != "delete")
    return SQLITE_IOERR; // it does not say why it did not work
  return mode.failure();
}

result<void> copy_to(const sqlite_session& at, const std::string& path, const std::string& wanted) {
  auto to = sqlite_connection::open(path, SQLITE_OPEN_READWRITE);
  if (!to)
    return to.error();
  // What a crash leaves behind of it has another name, and all is synced at the end.
  int code = to->execute("pragma journal_mode = off; pragma synchronous = off");
  if (code == SQLITE_OK) {
    auto* copy = sqlite3_backup_init(to->get(), "main", at.connection.get(), "main");
    code = copy ? sqlite3_backup_step(copy, -1) : sqlite3_extended_errcode(to->get());
    auto last = copy ? sqlite3_backup_finish(copy) : code;
    code = code == SQLITE_DONE ? last : code;
  }
  if (code == SQLITE_OK)
    code = is_without_log(*to, "pragma journal_mode = delete");
  if (code == SQLITE_OK)
    return {};
  if (is_damage(code))
    return cannot_back_up(wanted, at.connection.failure("read", code).message);
  auto in_file = sqlite3_system_errno(to->get());
  return cannot_back_up(wanted, (in_file != 0 ? std::generic_category().message(in_file)
                                              : std::string{sqlite3_errstr(code)}) +
                                    "; look at the free space");
}

/// A copy of something damaged is no backup, and whoever needs it finds out too late.
result<void> check_copy(const std::string& path, const std::string& wanted) {
  auto copy = sqlite_session::open(path, sqlite_use::read);
  if (!copy)
    return copy.error();
  if (int code = is_without_log(copy->connection, "pragma journal_mode"); code != SQLITE_OK)
    return cannot_back_up(wanted, sqlite3_errstr(code));
  sqlite_transaction instant{copy->connection, "begin"};
  if (instant.code() != SQLITE_OK)
    return copy->connection.failure("check", instant.code());
  auto report = check_sqlite(*copy);
  if (!report)
    return report.error();
  if (report->problems.empty())
    return {};
  return cannot_back_up(wanted, std::to_string(report->problems.size()) +
                                    " problems were found in what was copied, the first one: " +
                                    report->problems.front());
}

/// Gives the file its name, unless another one has it.
result<void> name_copy(const std::string& copy, const std::string& path) {
  if (auto synced = sync_to_disk(copy); !synced)
    return synced;
  if (::link(copy.c_str(), path.c_str()) != 0)
    return errno == EEXIST ? already_there(path) : system_refused(path);
  return sync_to_disk(std::filesystem::absolute(path).parent_path());
}

int checkpoint(const sqlite_session& at) {
  return sqlite3_wal_checkpoint_v2(at.connection.get(), nullptr, SQLITE_CHECKPOINT_TRUNCATE,
                                   nullptr, nullptr);
}

} // namespace

result<store_report> check_sqlite(const sqlite_session& at) {
  problems problems;
  record_totals seen;
  seen.pools = check_pools(at, problems);
  std::tie(seen.open, seen.ended) = check_tasks(at, problems);
  check_totals(at, seen, problems);
  check_pages(at, problems);
  store_report report;
  report.pools = seen.pools.count;
  report.open_tasks = seen.open.count;
  report.ended_tasks = seen.ended.count;
  report.bytes = file_size(at.connection.path()) + file_size(at.connection.path() + "-wal");
  report.problems = problems.take();
  return report;
}

result<void> backup_sqlite(const sqlite_session& at, const std::string& path) {
  if (::access(path.c_str(), F_OK) == 0)
    return already_there(path);
  auto beside = path + ".unfinished.XXXXXX";
  int descriptor = ::mkostemp(beside.data(), O_CLOEXEC); // for our user alone
  if (descriptor < 0)
    return system_refused(path);
  ::close(descriptor);
  auto copied = copy_to(at, beside, path);
  if (copied)
    copied = check_copy(beside, path);
  if (copied)
    copied = name_copy(beside, path);
  // All of it when that went wrong; otherwise what may be left of turning it into one file.
  for (const auto* end : {"", "-journal", "-wal", "-shm"})
    ::unlink((beside + end).c_str());
  return copied;
}

result<void> compact_sqlite(const sqlite_session& at) {
  int code = checkpoint(at);
  if (code == SQLITE_OK)
    code = at.connection.execute("vacuum");
  if (code != SQLITE_OK)
    return at.connection.failure("compact", code);
  code = checkpoint(at);
  if (code != SQLITE_OK && (code & 0xFF) != SQLITE_BUSY) // somebody reads: the log shrinks later
    return at.connection.failure("compact", code);
  return {};
}

} // namespace mahavishnu::store
