// SPDX-License-Identifier: MIT
#pragma once

#include "store/postgres_connection.hpp"
#include "store/postgres_store.hpp"
#include "store/support.hpp"

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <string>

namespace mahavishnu::test {

/// A PostgreSQL of our own behind a UNIX socket in a directory of its own. It goes with the
/// process.
class postgres_server {
public:
  /// The one of this process, running. Nothing where PostgreSQL is not installed, unless it has to
  /// be: with MAHAVISHNU_TEST_POSTGRES=required that is a failure.
  static postgres_server* shared();

  ~postgres_server();
  postgres_server(const postgres_server&) = delete;
  postgres_server& operator=(const postgres_server&) = delete;

  /// For the superuser, or another user with what belongs behind the name: "name:password".
  std::string url(const std::string& schema, const std::string& user = "postgres",
                  const std::string& database = "postgres") const;
  /// The same by way of a socket in another directory.
  std::string url_through(const std::filesystem::path& directory, const std::string& schema) const;
  std::string socket() const;
  std::filesystem::path data() const { return place_ / "data"; }

  void start();
  /// SIGQUIT: as in a crash. SIGINT: in order, whoever is connected. SIGKILL: all its processes, as
  /// when the machine stops.
  void stop(int signal);

  /// As the superuser; the first value there is.
  std::string sql(const std::string& text) const;

private:
  explicit postgres_server(std::filesystem::path programs);

  std::filesystem::path programs_;
  scratch place_;
  pid_t process_ = -1;
};

/// An area of the shared server for one test.
inline std::string schema_of(const scratch& place) {
  return place.path().filename().string();
}

inline std::unique_ptr<journal_store> open_in(const postgres_server& server, const scratch& place,
                                              postgres_use use = postgres_use::write) {
  return good(open_postgres(server.url(schema_of(place)), use));
}

/// Which process of the server writes the journal of this test.
inline std::string backend_of(const postgres_server& server, const scratch& place) {
  return server.sql("select pid from pg_locks where locktype = 'advisory' and objid = (select oid "
                    "from pg_namespace where nspname = '" +
                    schema_of(place) + "')");
}

#ifndef SKIP // Catch2 2 cannot
#define SKIP(why)                                                                                  \
  do {                                                                                             \
    WARN("skipped: " << why);                                                                      \
    return;                                                                                        \
  } while (false)
#endif

/// The server of the test, or an end of the test that can be seen.
#define NEEDS_POSTGRES                                                                             \
  auto* const shared_server = postgres_server::shared();                                           \
  if (shared_server == nullptr)                                                                    \
    SKIP("PostgreSQL is not installed (scripts/setup test)");                                      \
  auto& server = *shared_server;                                                                   \
  scratch place

} // namespace mahavishnu::test
