// SPDX-License-Identifier: MIT
#pragma once

#include "store/sqlite_file.hpp"
#include "store/sqlite_log.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mahavishnu::store {

/// Keeps a session with one file open: opens it again after a failure that it did not survive. What
/// is done with it is done in transactions.
template <class Session>
class sqlite_opener {
public:
  sqlite_opener(std::string path, sqlite_use use) : path_(std::move(path)), use_(use) {}

  result<void> open() {
    if (session_)
      return {};
    auto kind = Session::kind().name;
    if (auto there = use_ == sqlite_use::write ? make_file(path_, kind) : find_file(path_, kind);
        !there)
      return there;
    // Later, the end of the log is what a failure has left there.
    bool is_first = std::exchange(is_new_, false);
    auto torn = is_first && use_ == sqlite_use::write ? torn_log(path_ + "-wal") : std::nullopt;
    auto session = Session::open(path_, use_);
    if (!session)
      return session.error();
    if (torn)
      warn(*std::move(torn));
    session_ = std::move(*session);
    return {};
  }

  /// Opens it, and makes sure that nobody is in the middle of something.
  result<void> get_ready() {
    if (auto opened = open(); !opened)
      return opened;
    if (session_->connection.in_transaction())
      return error{errc::internal, session_->connection.name() +
                                       " was used by what it has called; let that return first"};
    return {};
  }

  /// Does this in one transaction, all of it or nothing.
  template <class Value, class Body>
  result<Value> within(const char* what, const char* begin, Body body) {
    if (auto free = get_ready(); !free)
      return free.error();
    bool is_lost = false;
    auto done = [&]() -> result<Value> {
      sqlite_transaction transaction{session_->connection, begin};
      if (transaction.code() != SQLITE_OK) {
        is_lost = (transaction.code() & 0xFF) != SQLITE_BUSY;
        return session_->connection.failure(what, transaction.code());
      }
      auto result = body(*session_);
      if (result && transaction.commit() != SQLITE_OK)
        return session_->connection.failure(what, transaction.code());
      return result;
    }();
    // A connection that cannot begin or cannot go back is no use; the next one may do better.
    if (is_lost || session_->connection.in_transaction())
      session_.reset();
    return done;
  }

  /// What emptying the log has said. To be called after a change.
  void note_log() {
    if (!session_)
      return;
    if (int code = session_->log.take_failure(); code != SQLITE_OK)
      warn(session_->connection.failure("empty the log of", code).message);
  }

  /// @pre get_ready() went well, and nothing was done since.
  Session& session() { return *session_; }
  const std::string& path() const { return path_; }

  void warn(std::string sentence) { warnings_.push_back(std::move(sentence)); }
  std::vector<std::string> take_warnings() { return std::exchange(warnings_, {}); }

private:
  std::string path_;
  sqlite_use use_;
  /// Nothing after a failure that it did not survive.
  std::optional<Session> session_;
  bool is_new_ = true;
  std::vector<std::string> warnings_;
};

} // namespace mahavishnu::store
