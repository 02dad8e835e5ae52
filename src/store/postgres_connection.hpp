// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/error.hpp"
#include "store/libpq.hpp"
#include "store/postgres_result.hpp"
#include "store/postgres_url.hpp"
#include "store/postgres_values.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace mahavishnu::store {

/// How long one waits for a connection.
constexpr std::chrono::seconds connect_limit{10};
/// How long a statement may wait for what another program has locked.
constexpr std::chrono::seconds lock_limit{10};
/// How long a statement may take; the server ends it.
constexpr std::chrono::seconds statement_limit{50};
/// How long nothing comes from a server until it counts as gone. More than the server gives to a
/// statement, so that it can say so itself.
constexpr std::chrono::seconds silence_limit{60};
/// How long something may take that goes through the whole journal and holds everybody up.
constexpr std::chrono::hours whole_limit{6};

/// A statement that is prepared once for each connection.
struct postgres_statement {
  const char* name;
  std::string text;
};

/// One statement of many that are sent together.
struct postgres_call {
  const postgres_statement* statement;
  postgres_values values;
};

/// A connection to one database. Nothing here waits without an end. When it is lost, all that comes
/// says so.
class postgres_connection {
public:
  static result<postgres_connection> open(const postgres_url& url);

  bool is_lost() const { return !handle_; }
  /// Whether it has ended while nobody used it, as far as that can be seen without asking.
  bool has_ended();
  /// What every statement gives from then on.
  postgres_result loss() const { return postgres_result::lost(loss_); }
  bool in_transaction() const;
  int server_version() const { return pq().PQserverVersion(handle_.get()); }
  PGconn* get() const { return handle_.get(); }

  /// How the journal is called in errors.
  const std::string& name() const { return name_; }
  void set_name(std::string name) { name_ = std::move(name); }

  /// Any number of statements in one text: all of them in one transaction, or none.
  postgres_result execute(const std::string& text, std::chrono::seconds silence = silence_limit);
  /// One statement with its values, not prepared. Rows are in binary.
  postgres_result query(const std::string& text, const postgres_values& values = {},
                        std::chrono::seconds silence = silence_limit);
  postgres_result run(const postgres_statement& statement, const postgres_values& values = {});

  /// The rows one by one, so that only one is in memory. A last result without rows says how it
  /// ended. When `take` throws, the connection is lost.
  postgres_result each_row(const std::string& text,
                           const std::function<void(const postgres_result& row)>& take,
                           std::chrono::seconds silence = silence_limit);

  /// All in one round trip. The first one that goes wrong ends it.
  postgres_result prepare(std::span<const postgres_statement> statements);

  // -- many calls in one round trip --------------------------------------------------------------

  /// Between these, results are those of the calls in their order.
  bool begin_pipeline();
  /// Hands it to the system, so that no more than one is in our memory.
  bool send(const postgres_statement& statement, const postgres_values& values = {});
  /// What all of them gave: the last one, or the first that is not good. What a commit has said
  /// stays said, whatever becomes of the connection after it.
  postgres_result end_pipeline();

  /// What the result means for whoever wanted to do this:
  /// "cannot WHAT the journal 'NAME': the reason; the fix".
  error failure(std::string_view what, const postgres_result& given) const;

private:
  using clock = std::chrono::steady_clock;

  bool connect(const postgres_url& url, std::string& why);
  bool flush();
  postgres_result next(std::chrono::seconds silence);
  /// Until there are no more: the last one, or the first that is not good.
  postgres_result all(std::chrono::seconds silence);
  postgres_result sent(int is_sent, std::chrono::seconds silence = silence_limit);
  bool lose(std::string why);
  std::string said() const;

  struct finish {
    void operator()(PGconn* handle) const { pq().PQfinish(handle); }
  };
  std::unique_ptr<PGconn, finish> handle_;
  std::string name_;
  /// Why there is none any more.
  std::string loss_ = "there is no connection";
};

/// Rolled back unless it was committed. When that fails too, the connection is lost.
class postgres_transaction {
public:
  postgres_transaction(postgres_connection& connection, const char* begin)
      : connection_(&connection), begun_(connection.execute(begin)) {}
  ~postgres_transaction() {
    if (!connection_->is_lost() && connection_->in_transaction())
      connection_->execute("rollback");
  }
  postgres_transaction(const postgres_transaction&) = delete;
  postgres_transaction& operator=(const postgres_transaction&) = delete;

  const postgres_result& begun() const { return begun_; }

private:
  postgres_connection* connection_;
  postgres_result begun_;
};

/// A name as it stands in SQL, whatever is in it.
std::string quoted_name(std::string_view name);

} // namespace mahavishnu::store
