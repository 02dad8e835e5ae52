// SPDX-License-Identifier: MIT
#include "store/postgres_connection.hpp"

#include "store/postgres_errors.hpp"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <utility>

namespace mahavishnu::store {

namespace {

/// For what the URL does not say. A peer that is gone without a word is noticed by these.
constexpr std::array<std::pair<const char*, const char*>, 5> usual{{
    {"keepalives_idle", "30"},
    {"keepalives_interval", "10"},
    {"keepalives_count", "3"},
    {"tcp_user_timeout", "30000"},
    {"client_encoding", "UTF8"},
}};

/// By this, one that finds the journal in use knows by whom.
std::string own_name() {
  char host[64] = "";
  ::gethostname(host, sizeof(host) - 1);
  return "mahavishnu, process " + std::to_string(::getpid()) + " on " + host;
}

enum class waiting { ready, late };

waiting wait(int descriptor, bool to_read, bool to_write,
             std::chrono::steady_clock::time_point until) {
  for (;;) {
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        until - std::chrono::steady_clock::now());
    if (left.count() <= 0)
      return waiting::late;
    pollfd on{descriptor, static_cast<short>((to_read ? POLLIN : 0) | (to_write ? POLLOUT : 0)), 0};
    int ready = ::poll(&on, 1, static_cast<int>(left.count()));
    if (ready > 0 || (ready < 0 && errno != EINTR))
      return waiting::ready; // what is wrong with it, the next use says
  }
}

std::string milliseconds(std::chrono::milliseconds time) {
  return std::to_string(time.count());
}

std::string no_answer(std::chrono::seconds limit) {
  return "there was no answer for " + std::to_string(limit.count()) + " s";
}

} // namespace

result<postgres_connection> postgres_connection::open(const postgres_url& url) {
  postgres_connection opened;
  opened.name_ = url.shown();
  if (std::string why; !opened.connect(url, why))
    return connect_failure(opened.name_, why);
  return opened;
}

bool postgres_connection::connect(const postgres_url& url, std::string& why) {
  auto name = own_name();
  std::vector<const char*> names;
  std::vector<const char*> values;
  auto add = [&](const char* option, const char* value) {
    names.push_back(option);
    values.push_back(value);
  };
  // Before anything else, and whatever was set for the user: it may be a limit that lets nothing
  // through.
  auto options = url.option("options");
  if (const char* usual_ones = std::getenv("PGOPTIONS"); options.empty() && usual_ones != nullptr)
    options = usual_ones;
  auto limits = options + " -c statement_timeout=" + milliseconds(statement_limit) +
                " -c lock_timeout=" + milliseconds(lock_limit);
  for (const auto& [option, value] : url.options())
    if (option != "options")
      add(option.c_str(), value.c_str());
  add("options", limits.c_str());
  for (const auto& [option, value] : usual)
    if (url.option(option).empty())
      add(option, value);
  add("fallback_application_name", name.c_str());
  add(nullptr, nullptr);
  handle_.reset(pq().PQconnectStartParams(names.data(), values.data(), 0));
  if (!handle_) {
    why = "there is no memory left";
    return false;
  }
  // With the code of what went wrong: words come in the language of the server.
  pq().PQsetErrorVerbosity(handle_.get(), PQERRORS_VERBOSE);
  pq().PQsetNoticeProcessor(
      handle_.get(), [](void*, const char*) {}, nullptr);
  auto until = clock::now() + connect_limit;
  for (auto next = PGRES_POLLING_WRITING; pq().PQstatus(handle_.get()) != CONNECTION_BAD;) {
    if (wait(pq().PQsocket(handle_.get()), next == PGRES_POLLING_READING,
             next == PGRES_POLLING_WRITING, until) == waiting::late) {
      why = no_answer(connect_limit);
      return false;
    }
    next = pq().PQconnectPoll(handle_.get());
    if (next == PGRES_POLLING_OK)
      return pq().PQsetnonblocking(handle_.get(), 1) == 0;
  }
  why = said();
  return false;
}

bool postgres_connection::has_ended() {
  // What has come says why, or nothing of interest.
  for (pollfd on{pq().PQsocket(handle_.get()), POLLIN, 0}; handle_ && ::poll(&on, 1, 0) == 1;)
    if (pq().PQconsumeInput(handle_.get()) == 0)
      lose(said());
  return is_lost();
}

bool postgres_connection::in_transaction() const {
  return pq().PQtransactionStatus(handle_.get()) != PQTRANS_IDLE;
}

std::string postgres_connection::said() const {
  return pq().PQerrorMessage(handle_.get());
}

bool postgres_connection::lose(std::string why) {
  if (handle_)
    loss_ = in_one_line(std::move(why));
  handle_.reset();
  return false;
}

bool postgres_connection::flush() {
  auto until = clock::now() + silence_limit;
  for (;;) {
    int left = pq().PQflush(handle_.get());
    if (left == 0)
      return true;
    if (left < 0)
      return lose(said());
    // The server may have to be heard first before it listens.
    if (wait(pq().PQsocket(handle_.get()), true, true, until) == waiting::late)
      return lose(no_answer(silence_limit));
    if (pq().PQconsumeInput(handle_.get()) == 0)
      return lose(said());
    until = clock::now() + silence_limit;
  }
}

postgres_result postgres_connection::next(std::chrono::seconds silence) {
  if (!handle_)
    return loss();
  auto until = clock::now() + silence;
  while (pq().PQisBusy(handle_.get()) != 0) {
    if (wait(pq().PQsocket(handle_.get()), true, false, until) == waiting::late)
      lose(no_answer(silence));
    else if (pq().PQconsumeInput(handle_.get()) == 0)
      lose(said());
    if (!handle_)
      return loss();
    until = clock::now() + silence;
  }
  auto* given = pq().PQgetResult(handle_.get());
  if (given == nullptr) {
    if (pq().PQstatus(handle_.get()) == CONNECTION_BAD)
      lose(said());
    return {};
  }
  postgres_result got{given};
  // What came last may be the reason why there is no connection any more.
  if (pq().PQstatus(handle_.get()) == CONNECTION_BAD)
    lose(got.is_good() ? said() : got.reason());
  return got;
}

postgres_result postgres_connection::all(std::chrono::seconds silence) {
  postgres_result last;
  bool is_failed = false;
  for (;;) {
    auto got = next(silence);
    if (!handle_)
      return is_failed ? std::move(last) : (got.get() && !got ? std::move(got) : loss());
    if (got.get() == nullptr)
      return last;
    if (!is_failed) {
      is_failed = !got;
      last = std::move(got);
    }
  }
}

postgres_result postgres_connection::sent(int is_sent, std::chrono::seconds silence) {
  if (is_sent == 0)
    lose(said());
  if (!handle_ || !flush())
    return loss();
  return all(silence);
}

postgres_result postgres_connection::execute(const std::string& text,
                                             std::chrono::seconds silence) {
  if (!handle_)
    return loss();
  return sent(pq().PQsendQuery(handle_.get(), text.c_str()), silence);
}

postgres_result postgres_connection::query(const std::string& text, const postgres_values& values,
                                           std::chrono::seconds silence) {
  if (!handle_)
    return loss();
  std::vector<int> formats(values.size(), 1);
  return sent(pq().PQsendQueryParams(handle_.get(), text.c_str(), static_cast<int>(values.size()),
                                     nullptr, values.pointers().data(), values.lengths().data(),
                                     formats.data(), 1),
              silence);
}

postgres_result postgres_connection::run(const postgres_statement& statement,
                                         const postgres_values& values) {
  if (!handle_)
    return loss();
  std::vector<int> formats(values.size(), 1);
  return sent(pq().PQsendQueryPrepared(handle_.get(), statement.name,
                                       static_cast<int>(values.size()), values.pointers().data(),
                                       values.lengths().data(), formats.data(), 1));
}

postgres_result
postgres_connection::each_row(const std::string& text,
                              const std::function<void(const postgres_result& row)>& take,
                              std::chrono::seconds silence) {
  if (!handle_)
    return loss();
  if (pq().PQsendQueryParams(handle_.get(), text.c_str(), 0, nullptr, nullptr, nullptr, nullptr,
                             1) == 0 ||
      pq().PQsetSingleRowMode(handle_.get()) == 0) {
    lose(said());
    return loss();
  }
  if (!flush())
    return loss();
  // Rows that nobody reads any more would be taken for those of the next statement.
  struct guard {
    ~guard() {
      if (!is_over)
        connection->lose("its rows were not read to the end");
    }
    postgres_connection* connection;
    bool is_over = false;
  } reading{this};
  for (;;) {
    auto row = next(silence);
    if (handle_ && pq().PQresultStatus(row.get()) == PGRES_SINGLE_TUPLE) {
      take(row);
      continue;
    }
    reading.is_over = true;
    if (!handle_)
      return row.get() && !row ? std::move(row) : loss();
    auto rest = all(silence);
    return handle_ ? std::move(row) : std::move(rest);
  }
}

postgres_result postgres_connection::prepare(std::span<const postgres_statement> statements) {
  if (!begin_pipeline())
    return loss();
  for (const auto& each : statements)
    if (pq().PQsendPrepare(handle_.get(), each.name, each.text.c_str(), 0, nullptr) == 0) {
      lose(said());
      return loss();
    }
  return end_pipeline();
}

bool postgres_connection::begin_pipeline() {
  if (handle_ && pq().PQenterPipelineMode(handle_.get()) == 0)
    lose(said());
  return !is_lost();
}

bool postgres_connection::send(const postgres_statement& statement, const postgres_values& values) {
  if (!handle_)
    return false;
  std::vector<int> formats(values.size(), 1);
  if (pq().PQsendQueryPrepared(handle_.get(), statement.name, static_cast<int>(values.size()),
                               values.pointers().data(), values.lengths().data(), formats.data(),
                               1) == 0)
    return lose(said());
  return flush();
}

postgres_result postgres_connection::end_pipeline() {
  if (handle_ && pq().PQpipelineSync(handle_.get()) == 0)
    lose(said());
  if (!handle_ || !flush())
    return loss();
  postgres_result last;
  bool is_failed = false;
  bool is_committed = false;
  // Each call has its results and then nothing; the last thing of all is the end itself.
  for (bool was_nothing = false;;) {
    auto got = next(silence_limit);
    bool is_nothing = got.get() == nullptr;
    bool is_end = pq().PQresultStatus(got.get()) == PGRES_PIPELINE_SYNC;
    if (!is_nothing && !is_end && !is_failed && !is_committed) {
      is_failed = !got;
      is_committed = got.done() == "COMMIT";
      last = std::move(got);
    }
    if (handle_ && is_nothing && was_nothing)
      lose("it has lost count of the answers");
    if (!handle_)
      return is_failed || is_committed ? std::move(last) : loss();
    if (is_end)
      break;
    was_nothing = is_nothing;
  }
  if (pq().PQexitPipelineMode(handle_.get()) == 0)
    lose(said());
  return last;
}

error postgres_connection::failure(std::string_view what, const postgres_result& given) const {
  return postgres_failure(what, name_, given);
}

std::string quoted_name(std::string_view name) {
  std::string made = "\"";
  for (char each : name)
    made.append(each == '"' ? 2 : 1, each);
  return made + '"';
}

} // namespace mahavishnu::store
