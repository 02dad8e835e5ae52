// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/error.hpp"
#include "store/task_key.hpp"

#include <sqlite3.h>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace mahavishnu::store {

/// What goes into a column as bytes. Has to stay where it is until the statement has run.
struct blob {
  std::string_view bytes;
};

/// A statement that was prepared once and is used often.
class sqlite_statement {
public:
  sqlite_statement() = default;
  explicit sqlite_statement(sqlite3_stmt* statement) : statement_(statement) {}
  sqlite3_stmt* get() const { return statement_.get(); }

private:
  struct finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  std::unique_ptr<sqlite3_stmt, finalize> statement_;
};

/// One run of a statement, with its parameters in order. Columns count from 0.
class sqlite_run {
public:
  template <class... Value>
  explicit sqlite_run(const sqlite_statement& statement, const Value&... values)
      : statement_(statement.get()) {
    int at = 0;
    (bind(++at, values), ...);
  }
  ~sqlite_run() { sqlite3_reset(statement_); }
  sqlite_run(const sqlite_run&) = delete;
  sqlite_run& operator=(const sqlite_run&) = delete;

  /// SQLITE_ROW, SQLITE_DONE, or what went wrong.
  int step() { return code_ = code_ == SQLITE_OK ? sqlite3_step(statement_) : code_; }
  /// The same as a question: is there a row (more)?
  bool next();
  /// SQLITE_OK as long as nothing went wrong.
  int failure() const { return code_ == SQLITE_ROW || code_ == SQLITE_DONE ? SQLITE_OK : code_; }

  bool is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
  std::int64_t number(int column) const { return sqlite3_column_int64(statement_, column); }
  double fraction(int column) const { return sqlite3_column_double(statement_, column); }
  /// Good until the next step.
  std::string_view bytes(int column) const;

private:
  template <std::integral Number>
  void bind(int at, Number value) {
    note(sqlite3_bind_int64(statement_, at, static_cast<std::int64_t>(value)));
  }
  void bind(int at, const std::string& text) { bind(at, std::string_view{text}); }
  void bind(int at, std::string_view text);
  void bind(int at, blob value);
  template <class Value>
  void bind(int at, const std::optional<Value>& value) {
    if (value)
      bind(at, *value);
    else
      note(sqlite3_bind_null(statement_, at));
  }
  void note(int code) {
    if (code != SQLITE_OK)
      code_ = code;
  }

  sqlite3_stmt* statement_;
  int code_ = SQLITE_OK;
};

/// A connection to one file. Codes that it gives are those of SQLite, extended.
class sqlite_connection {
public:
  /// What is in the file, as people call it: "journal". Errors and the file itself say it.
  static result<sqlite_connection> open(const std::string& path, int flags,
                                        std::string_view kind = "journal");

  int execute(const std::string& sql) const;
  /// Keeps the first thing that goes wrong in `code`, so that many can be prepared in a row.
  sqlite_statement prepare(const std::string& sql, int& code) const;

  bool in_transaction() const { return sqlite3_get_autocommit(handle_.get()) == 0; }
  sqlite3* get() const { return handle_.get(); }
  const std::string& path() const { return path_; }
  const std::string& kind() const { return kind_; }
  /// "the journal 'PATH'".
  std::string name() const { return "the " + kind_ + " '" + path_ + "'"; }

  /// What the code means for whoever wanted to do this, with what the system said.
  error failure(std::string_view what, int code) const;
  /// Whether any failure since this was asked last was that the file is damaged.
  bool take_damage() const { return std::exchange(has_damage_, false); }

private:
  struct close {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  std::string path_;
  std::string kind_;
  std::unique_ptr<sqlite3, close> handle_;
  mutable bool has_damage_ = false;
};

/// Keeps the first thing that goes wrong, and is rolled back unless it was committed. That may fail
/// too: then the connection is still in a transaction.
class sqlite_transaction {
public:
  sqlite_transaction(const sqlite_connection& connection, const char* begin)
      : connection_(&connection), code_(connection.execute(begin)) {}
  ~sqlite_transaction() {
    if (connection_->in_transaction())
      connection_->execute("rollback");
  }
  sqlite_transaction(const sqlite_transaction&) = delete;
  sqlite_transaction& operator=(const sqlite_transaction&) = delete;

  void execute(const std::string& sql) {
    if (code_ == SQLITE_OK)
      code_ = connection_->execute(sql);
  }
  int commit() {
    execute("commit");
    return code_;
  }
  int code() const { return code_; }

private:
  const sqlite_connection* connection_;
  int code_;
};

/// "cannot WHAT the journal 'PATH': the reason; the fix".
error sqlite_failure(std::string_view what, const std::string& path, int code, int system_error,
                     std::string_view kind = "journal");

/// 0 when there is none.
std::uint64_t file_size(const std::string& path);

/// Whether the file holds something that SQLite cannot make sense of.
inline bool is_damage(int code) {
  return (code & 0xFF) == SQLITE_CORRUPT || (code & 0xFF) == SQLITE_NOTADB;
}

} // namespace mahavishnu::store
