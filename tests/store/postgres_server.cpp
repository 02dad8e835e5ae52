// SPDX-License-Identifier: MIT
#include "store/postgres_server.hpp"

#include "support/events.hpp"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <vector>

namespace mahavishnu::test {

namespace {

/// PostgreSQL does not run as root.
constexpr const char* its_user = "postgres";
constexpr std::chrono::seconds start_limit{60};

/// Where `initdb` is, beside the rest: Debian has it in no path.
std::filesystem::path find_programs() {
  std::vector<std::filesystem::path> places;
  std::error_code ignored;
  for (const auto& each : std::filesystem::directory_iterator{"/usr/lib/postgresql", ignored})
    places.push_back(each.path() / "bin");
  std::sort(places.rbegin(), places.rend()); // 15 before 14
  places.insert(places.end(), {"/usr/local/pgsql/bin", "/usr/local/bin", "/usr/bin"});
  for (const auto& each : places)
    if (::access((each / "initdb").c_str(), X_OK) == 0 &&
        ::access((each / "postgres").c_str(), X_OK) == 0)
      return each;
  return {};
}

const passwd* other_user() {
  return ::geteuid() == 0 ? ::getpwnam(its_user) : nullptr;
}

pid_t run(const std::vector<std::string>& words, const std::string& log) {
  std::vector<char*> arguments;
  for (const auto& each : words)
    arguments.push_back(const_cast<char*>(each.c_str()));
  arguments.push_back(nullptr);
  const auto* user = other_user();
  auto parent = ::getpid();
  auto child = ::fork();
  if (child != 0)
    return child;
  // Nothing of ours is held open: who waits for the end of the tests waits for no server.
  int to = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  int from = ::open("/dev/null", O_RDONLY);
  ::dup2(from, 0);
  ::dup2(to, 1);
  ::dup2(to, 2);
  for (int each = 3; each < 1024; ++each)
    ::close(each);
  ::setsid();
  if (user != nullptr &&
      (::setgroups(0, nullptr) != 0 || ::setgid(user->pw_gid) != 0 || ::setuid(user->pw_uid) != 0))
    ::_exit(126);
  // However the tests end. What comes after this may not change who we are.
  ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
  if (::getppid() != parent || ::chdir("/") != 0)
    ::_exit(126);
  ::execv(arguments[0], arguments.data());
  ::_exit(127);
}

int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

} // namespace

postgres_server* postgres_server::shared() {
  static const std::filesystem::path programs = find_programs();
  if (programs.empty() || (::geteuid() == 0 && other_user() == nullptr)) {
    const char* wish = std::getenv("MAHAVISHNU_TEST_POSTGRES");
    if (wish != nullptr && std::string_view{wish} == "required")
      FAIL("PostgreSQL is not installed, and MAHAVISHNU_TEST_POSTGRES says that it has to be");
    static bool is_said = false;
    if (!std::exchange(is_said, true))
      std::cerr << "\n*** SKIPPED: no journal in PostgreSQL is tested, it is not installed "
                   "(scripts/setup test)\n\n";
    return nullptr;
  }
  static std::unique_ptr<postgres_server> server{new postgres_server{programs}};
  if (server->process_ < 0)
    server->start(); // the test before has stopped it
  return server.get();
}

postgres_server::postgres_server(std::filesystem::path programs) : programs_(std::move(programs)) {
  if (const auto* user = other_user())
    if (::chown(place_.path().c_str(), user->pw_uid, user->pw_gid) != 0)
      throw std::runtime_error{"cannot give away " + place_.path().string()};
  auto log = (place_ / "initdb.log").string();
  auto made = wait_for(run({programs_ / "initdb", "-N", "--no-instructions", "-D", place_ / "data",
                            "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"},
                           log));
  if (made != 0)
    throw std::runtime_error{"initdb has failed: " + content_of(log)};
  place_.write("data/pg_hba.conf", "local all guarded scram-sha-256\nlocal all all trust\n");
  start();
}

postgres_server::~postgres_server() {
  if (process_ > 0)
    stop(SIGQUIT);
}

void postgres_server::start() {
  auto log = (place_ / "server.log").string();
  process_ = run({programs_ / "postgres", "-D", place_ / "data", "-k", place_.path(), "-c",
                  "listen_addresses=", "-c", "shared_buffers=16MB", "-c", "max_connections=40",
                  "-c", "max_prepared_transactions=0",
                  // Not a thousand files one by one after each crash.
                  "-c", "recovery_init_sync_method=syncfs"},
                 log);
  bool has_ended = false;
  bool is_ready = comes_true(
      [&] {
        int status = 0;
        has_ended = ::waitpid(process_, &status, WNOHANG) == process_;
        return has_ended || PQping(url("public").c_str()) == PQPING_OK;
      },
      start_limit);
  if (has_ended)
    process_ = -1;
  if (!is_ready || has_ended)
    throw std::runtime_error{"PostgreSQL does not start: " + content_of(log)};
}

void postgres_server::stop(int signal) {
  std::vector<pid_t> others;
  if (signal == SIGKILL) {
    ::kill(process_, SIGSTOP); // it makes no more of them
    auto own = std::to_string(process_);
    std::istringstream children{content_of("/proc/" + own + "/task/" + own + "/children")};
    for (pid_t each = 0; children >> each;)
      others.push_back(each);
    for (auto each : others)
      ::kill(each, SIGKILL);
  }
  ::kill(process_, signal);
  wait_for(std::exchange(process_, -1));
  for (auto each : others)
    REQUIRE(ends(each));
}

std::string postgres_server::socket() const {
  return place_ / ".s.PGSQL.5432";
}

std::string postgres_server::url(const std::string& schema, const std::string& user,
                                 const std::string& database) const {
  return "postgresql://" + user + "@/" + database + "?host=" + place_.path().string() +
         (schema.empty() ? "" : "&options=-csearch_path%3D%22" + schema + "%22");
}

std::string postgres_server::url_through(const std::filesystem::path& directory,
                                         const std::string& schema) const {
  return "postgresql://postgres@/postgres?host=" + directory.string() +
         "&options=-csearch_path%3D%22" + schema + "%22";
}

std::string postgres_server::sql(const std::string& text) const {
  std::unique_ptr<PGconn, decltype(&PQfinish)> connection{PQconnectdb(url("").c_str()), &PQfinish};
  PQsetNoticeProcessor(
      connection.get(), [](void*, const char*) {}, nullptr);
  std::unique_ptr<PGresult, decltype(&PQclear)> result{PQexec(connection.get(), text.c_str()),
                                                       &PQclear};
  auto status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
    FAIL(text << ": " << PQerrorMessage(connection.get()));
  return PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : "";
}

} // namespace mahavishnu::test
