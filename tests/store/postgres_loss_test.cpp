// SPDX-License-Identifier: MIT
/// Connections and servers that go away, at whatever time.
#include "store/postgres_proxy.hpp"
#include "store/postgres_server.hpp"
#include "support/events.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <numeric>
#include <random>
#include <thread>

using namespace mahavishnu;
using namespace mahavishnu::test;

namespace {

bool waits_for_lock(const postgres_server& server, const std::string& process) {
  return server.sql("select wait_event_type from pg_stat_activity where pid = " + process) ==
         "Lock";
}

void terminate(const postgres_server& server, const std::string& process) {
  server.sql("select pg_terminate_backend(" + process + ", 10000)");
}

/// Nobody can write tasks as long as it is there.
class blockade {
public:
  blockade(const postgres_server& server, const scratch& place)
      : connection_(good(postgres_connection::open(good(postgres_url::parse(server.url("")))))) {
    REQUIRE(connection_.execute("begin; lock table \"" + schema_of(place) + "\".tasks").is_good());
  }

private:
  postgres_connection connection_;
};

std::vector<change> span_of(std::uint64_t first, std::uint64_t count = 3) {
  std::vector<change> span;
  for (auto n = first; n < first + count; ++n) {
    span.emplace_back(opened(task_number(n)));
    if (n % 2 == 0)
      span.emplace_back(ended(task_number(n)));
  }
  return span;
}

/// One that does not wait for a server that restarts.
std::unique_ptr<journal_store> open_through(const postgres_server& server, const scratch& place) {
  return good(open_postgres(server.url_through(place.path(), schema_of(place)), postgres_use::write,
                            std::chrono::milliseconds{0}));
}

std::string spans_of(const postgres_server& server, const scratch& place) {
  return server.sql("select span from \"" + schema_of(place) + "\".totals");
}

} // namespace

TEST_CASE("a connection that was lost between calls is made again by the next one") {
  NEEDS_POSTGRES;
  auto store = open_in(server, place);
  good(store->apply(span_of(1)));
  terminate(server, backend_of(server, place));
  good(store->apply(span_of(11)));
  terminate(server, backend_of(server, place));
  CHECK(task_in(*store, task_number(12)).ended_at == 2000);
  terminate(server, backend_of(server, place));
  CHECK(open_tasks(*store).size() == 4);
  terminate(server, backend_of(server, place));
  CHECK(good(store->list({})).size() == 6);
  terminate(server, backend_of(server, place));
  CHECK(good(store->forget_ended({0, 1}, 10)) == 1);
  terminate(server, backend_of(server, place));
  CHECK(checked(*store).ended_tasks == 1);
}

TEST_CASE("a connection that is lost in the middle of an apply costs nothing") {
  NEEDS_POSTGRES;
  auto store = open_in(server, place);
  good(store->apply(span_of(1)));
  auto process = backend_of(server, place);
  auto barrier = std::make_unique<blockade>(server, place);
  result<void> written;
  std::thread writer{[&] { written = store->apply(span_of(11)); }};
  CHECK(comes_true([&] { return waits_for_lock(server, process); }));
  terminate(server, process);
  barrier.reset();
  writer.join();
  good(written);
  CHECK(open_tasks(*store).size() == 4);
  checked(*store);
}

TEST_CASE("what the server did and could not say is known afterwards, and what it did not do") {
  NEEDS_POSTGRES;
  postgres_proxy proxy{place.path(), server.socket()};
  auto store = good(open_postgres(server.url_through(place.path(), schema_of(place))));
  // What was tried and undone is not in there.
  auto schema = quoted_name(schema_of(place));
  server.sql("create table " + schema + ".tries (id uuid); create function " + schema +
             ".note() returns trigger language plpgsql as $$begin insert into " + schema +
             ".tries values (new.id); return new; end$$; create trigger note before insert on " +
             schema + ".tasks for each row execute function " + schema + ".note()");
  good(store->apply(span_of(1)));
  using loss = postgres_proxy::loss;
  std::uint64_t first = 11;
  std::size_t open = 2;
  for (auto how : {loss::of_answer, loss::of_request, loss::of_answer_unseen, loss::of_client}) {
    INFO("loss " << static_cast<int>(how));
    auto process = backend_of(server, place);
    proxy.lose_next(how);
    good(store->apply(span_of(first)));
    CHECK(proxy.has_lost());
    CHECK(backend_of(server, place) != process);
    first += 10;
    open += 2;
    CHECK(open_tasks(*store).size() == open);
    checked(*store);
  }
  // Each was written once: nobody looked for it in vain.
  CHECK(spans_of(server, place) == "5");
  CHECK(server.sql("select count(*) from " + schema + ".tries") == "15");
}

TEST_CASE("a task that has ended is not counted twice when the answer was lost") {
  NEEDS_POSTGRES;
  postgres_proxy proxy{place.path(), server.socket()};
  auto store = good(open_postgres(server.url_through(place.path(), schema_of(place))));
  std::vector<change> first{opened(task_number(1)), opened(task_number(2))};
  good(store->apply(first));
  proxy.lose_next(postgres_proxy::loss::of_answer);
  std::vector<change> second{moved(task_number(1)), ended(task_number(2)),
                             pool_opened{pool_id{"pool_1"}, "a pool"}};
  good(store->apply(second));
  CHECK(task_in(*store, task_number(1)).status == 1);
  CHECK(checked(*store).ended_tasks == 1);
  CHECK(good(store->pools()).size() == 1);
}

TEST_CASE("totals that are damaged when the answer is lost are counted again, and nothing twice") {
  NEEDS_POSTGRES;
  postgres_proxy proxy{place.path(), server.socket()};
  auto store = good(open_postgres(server.url_through(place.path(), schema_of(place))));
  good(store->apply(span_of(1)));
  server.sql("update \"" + schema_of(place) + "\".totals set open_count = 0");
  proxy.lose_next(postgres_proxy::loss::of_answer);
  auto written = store->apply(span_of(11));
  CHECK(proxy.has_lost());
  REQUIRE(written.has_error()); // what says what was written last is damaged
  CHECK(written.error().code == errc::lost);
  good(store->apply(span_of(11)));
  CHECK(store->take_warnings().size() == 1);
  auto report = checked(*store);
  CHECK(report.open_tasks == 4);
  CHECK(report.ended_tasks == 2);
}

TEST_CASE("what a commit has said counts, though the server goes down right after it") {
  NEEDS_POSTGRES;
  postgres_proxy proxy{place.path(), server.socket()};
  auto store = open_through(server, place);
  proxy.lose_next(postgres_proxy::loss::of_server);
  proxy.close_door(true);
  good(store->apply(span_of(1)));
  CHECK(proxy.has_lost());
  proxy.close_door(false);
  CHECK(open_tasks(*store).size() == 2);
  CHECK(spans_of(server, place) == "1");
}

TEST_CASE("a task that was refused because nobody could be asked is taken away by the next span") {
  NEEDS_POSTGRES;
  postgres_proxy proxy{place.path(), server.socket()};
  auto store = open_through(server, place);
  good(store->apply(std::vector<change>{opened(task_number(1)), opened(task_number(2))}));
  using loss = postgres_proxy::loss;
  auto how = GENERATE(loss::of_answer, loss::of_answer_unseen, loss::of_request);
  INFO("loss " << static_cast<int>(how));
  proxy.lose_next(how);
  proxy.close_door(true);
  std::vector<change> refused{opened(task_number(11), "pool_1", 0, "a key"),
                              opened(task_number(12)),
                              opened(task_number(13)),
                              opened(task_number(14)),
                              moved(task_number(12)),
                              ended(task_number(13)),
                              ended(task_number(1))};
  auto answer = store->apply(refused);
  REQUIRE(answer.has_error());
  CHECK(answer.error().code == errc::lost);
  CHECK(proxy.has_lost());
  CHECK(store->apply(span_of(21)).has_error()); // nothing of this was sent
  proxy.close_door(false);
  // What is still wanted is said again.
  good(store->apply(std::vector<change>{opened(task_number(12)), opened(task_number(14)),
                                        ended(task_number(14)), ended(task_number(1)),
                                        opened(task_number(31), "pool_1", 0, "a key")}));
  CHECK(ids_of(good(store->list({}))) == std::vector{task_number(31), task_number(14),
                                                     task_number(12), task_number(2),
                                                     task_number(1)});
  CHECK(ids_of(good(store->keyed(10))) == std::vector{task_number(31)});
  CHECK(task_in(*store, task_number(1)).ended_at == 2000);
  auto report = checked(*store);
  CHECK(report.open_tasks == 3);
  CHECK(report.ended_tasks == 2);
  CHECK(store->take_warnings().empty());
}

TEST_CASE("a server that restarts while changes are written is waited for") {
  NEEDS_POSTGRES;
  auto store = open_in(server, place);
  good(store->apply(span_of(1)));
  for (int signal : {SIGINT, SIGQUIT, SIGKILL}) {
    auto first = static_cast<std::uint64_t>(100 * signal); // even: one stays open
    auto process = backend_of(server, place);
    result<void> written;
    {
      blockade barrier{server, place};
      std::thread writer{[&] { written = store->apply(span_of(first)); }};
      CHECK(comes_true([&] { return waits_for_lock(server, process); }));
      server.stop(signal);
      server.start();
      writer.join();
    }
    good(written);
    CHECK(task_in(*store, task_number(first + 2)).ended_at == 2000);
  }
  CHECK(checked(*store).open_tasks == 5);
}

TEST_CASE("whenever PostgreSQL goes down, what was said of a span is what is there") {
  NEEDS_POSTGRES;
  std::mt19937 random{seed()};
  auto up_to = [&random](std::uint32_t most) { return random() % (most + 1); };
  constexpr int rounds = 12;
  auto patience = std::chrono::milliseconds{300}; // less than some restarts take
  auto store = good(open_postgres(server.url(schema_of(place)), postgres_use::write, patience));
  std::atomic<bool> is_over = false;
  std::vector<std::uint64_t> there;
  std::vector<std::uint64_t> refused;
  int doubtful = 0;
  std::thread writer{[&] {
    std::uint64_t last = 0;
    for (;;) {
      // Some of what was refused is tried again, and some never.
      std::vector<std::uint64_t> wanted;
      if (!refused.empty() && last % 2 == 0) {
        wanted.push_back(refused.back());
        refused.pop_back();
      }
      for (int n = 0; n < 3; ++n)
        wanted.push_back(++last);
      std::vector<change> span;
      for (auto n : wanted) {
        span.emplace_back(opened(task_number(n)));
        if (n % 2 == 0)
          span.emplace_back(ended(task_number(n)));
      }
      auto written = store->apply(span);
      if (!written && written.error().code == errc::lost)
        ++doubtful;
      auto& to = written ? there : refused;
      to.insert(to.end(), wanted.begin(), wanted.end());
      if (is_over && written)
        return;
      if (!written)
        std::this_thread::sleep_for(
            std::chrono::milliseconds{5}); // a server that is not there is quick
    }
  }};
  constexpr std::array signals{SIGINT, SIGQUIT, SIGKILL};
  for (int round = 0; round < rounds; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds{up_to(150)});
    server.stop(signals[up_to(2)]);
    std::this_thread::sleep_for(std::chrono::milliseconds{up_to(1) * up_to(600)});
    server.start();
  }
  is_over = true;
  writer.join();
  std::vector<task_id> expected;
  for (auto n : there)
    expected.push_back(task_number(n));
  std::sort(expected.rbegin(), expected.rend());
  INFO(there.size() << " tasks written, " << refused.size() << " refused, " << doubtful
                    << " spans in doubt");
  task_filter all;
  all.limit = 1'000'000;
  CHECK(ids_of(good(store->list(all))) == expected);
  checked(*store);
}

TEST_CASE("who reads ends page by page misses none, whatever becomes of connections") {
  NEEDS_POSTGRES;
  std::mt19937 random{seed()};
  postgres_proxy proxy{place.path(), server.socket()};
  auto store = good(open_postgres(server.url_through(place.path(), schema_of(place))));
  constexpr std::uint64_t spans = 60;
  constexpr std::uint64_t ends_of_span = 5;
  std::atomic<bool> is_over = false;
  std::vector<std::uint64_t> seen;
  std::string failure;
  std::thread reader{[&] {
    auto other = open_postgres(server.url(schema_of(place)), postgres_use::read);
    for (end_position last;;) {
      auto is_all_written = is_over.load();
      auto page = other ? (*other)->ended_after(last, 1'000'000, 7) : other.error();
      if (!page || !page->tasks.damaged.empty()) {
        failure = page ? page->tasks.damaged[0].message : page.error().message;
        return;
      }
      for (const auto& each : page->tasks.records)
        seen.push_back(each.task.high());
      if (is_all_written && page->last == last)
        return;
      last = page->last;
    }
  }};
  using loss = postgres_proxy::loss;
  constexpr std::array losses{loss::none, loss::of_answer, loss::of_request, loss::of_answer_unseen,
                              loss::of_client};
  for (std::uint64_t n = 0; n < spans; ++n) {
    std::vector<change> span;
    for (auto number = n * ends_of_span + 1; number <= (n + 1) * ends_of_span; ++number) {
      span.emplace_back(opened(task_number(number)));
      span.emplace_back(ended(task_number(number), 2, static_cast<wall_time>(number)));
    }
    proxy.lose_next(losses[random() % losses.size()]);
    auto written = store->apply(span);
    if (!written) {
      is_over = true;
      reader.join();
      FAIL(written.error().message);
    }
  }
  is_over = true;
  reader.join();
  CHECK(failure.empty());
  std::vector<std::uint64_t> expected(spans * ends_of_span);
  std::iota(expected.begin(), expected.end(), std::uint64_t{1});
  CHECK(seen == expected);
}

TEST_CASE("a server whose journal another one has had never writes to it again") {
  NEEDS_POSTGRES;
  auto store = open_in(server, place);
  good(store->apply(std::vector<change>{opened(task_number(1))}));
  auto is_made_anew = GENERATE(false, true);
  if (is_made_anew)
    server.sql("drop schema " + quoted_name(schema_of(place)) + " cascade");
  else
    terminate(server, backend_of(server, place));
  {
    auto other = open_in(server, place);
    if (is_made_anew)
      good(other->apply(std::vector<change>{opened(task_number(1))}));
    good(other->apply(std::vector<change>{ended(task_number(1))}));
    auto refused = store->apply(span_of(11));
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == errc::already_exists);
  }
  for (int n = 0; n < 2; ++n) {
    auto refused = store->apply(span_of(11));
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == errc::already_exists);
    CHECK_THAT(refused.error().message,
               ContainsSubstring("taken over") && ContainsSubstring(schema_of(place)));
  }
  CHECK(store->forget_ended({0, 1}, 10).has_error());
  auto warnings = store->take_warnings();
  REQUIRE(warnings.size() == 1);
  CHECK_THAT(warnings[0], ContainsSubstring("taken over"));
  store = open_in(server, place);
  CHECK(checked(*store).ended_tasks == 1);
  CHECK(open_tasks(*store).empty());
  good(store->apply(span_of(11)));
}

TEST_CASE("when it cannot be read what was written last, it is not said what nobody knows") {
  NEEDS_POSTGRES;
  postgres_proxy proxy{place.path(), server.socket()};
  auto store = good(open_postgres(server.url_through(place.path(), schema_of(place))));
  good(store->apply(span_of(1)));
  server.sql("create function \"" + schema_of(place) +
             "\".sign() returns trigger language plpgsql "
             "as $$begin new.writer = gen_random_uuid(); return new; end$$; "
             "create trigger sign before update of span on \"" +
             schema_of(place) + "\".totals for each row execute function \"" + schema_of(place) +
             "\".sign()");
  proxy.lose_next(postgres_proxy::loss::of_answer);
  auto refused = store->apply(span_of(11));
  REQUIRE(refused.has_error());
  CHECK(refused.error().code == errc::lost);
  CHECK_THAT(refused.error().message,
             ContainsSubstring("not known") && ContainsSubstring(place.path().string()));
  server.sql("drop trigger sign on \"" + schema_of(place) + "\".totals");
  good(store->apply(span_of(11)));
  CHECK(store->take_warnings().size() == 1); // the trigger knew nothing of a checksum
  CHECK(checked(*store).open_tasks == 4);
}

TEST_CASE("what no standby has is not said to be written") {
  NEEDS_POSTGRES;
  auto store = good(open_postgres(server.url(schema_of(place)), postgres_use::write,
                                  std::chrono::milliseconds{0}));
  auto waits_for_standby = [&server](const std::string& process) {
    return server.sql("select wait_event from pg_stat_activity where pid = " + process) ==
           "SyncRep";
  };
  good(store->apply(span_of(1)));
  auto process = backend_of(server, place);
  server.sql("alter system set synchronous_standby_names = 'nobody'");
  server.sql("select pg_reload_conf()");
  std::uint64_t first = 1;
  result<void> written;
  // The server takes its time to see what it was told.
  std::thread writer{[&] {
    while (written)
      written = store->apply(span_of(first += 10));
  }};
  CHECK(comes_true([&] { return waits_for_standby(process); }));
  terminate(server, process); // which ends that wait, and it is there
  CHECK(comes_true([&] {
    auto next = backend_of(server, place);
    if (next.empty() || next == process || !waits_for_standby(next))
      return false;
    terminate(server, next);
    return true;
  }));
  writer.join();
  server.sql("alter system reset synchronous_standby_names");
  server.sql("select pg_reload_conf()");
  REQUIRE(written.has_error());
  CHECK(written.error().code == errc::lost);
  good(store->apply(std::vector<change>{opened(task_number(first))}));
  CHECK(good(store->find(task_number(first + 1))) == std::nullopt);
  CHECK(task_in(*store, task_number(first)).ended_at == std::nullopt);
  checked(*store);
}

TEST_CASE("a server that is stopped and started again is used again, with what was written") {
  NEEDS_POSTGRES;
  auto store = open_in(server, place);
  auto reader = open_in(server, place, postgres_use::read);
  std::uint64_t first = 1;
  std::size_t open = 0;
  for (int signal : {SIGINT, SIGQUIT}) { // in order, and as in a crash
    good(store->apply(span_of(first)));
    open += 2;
    server.stop(signal);
    auto refused = store->apply(span_of(first + 10));
    REQUIRE(refused.has_error());
    CHECK_THAT(refused.error().message,
               ContainsSubstring(schema_of(place)) && ContainsSubstring("server"));
    CHECK(store->find(task_number(1)).has_error());
    CHECK(store->check().has_error());
    auto open_now = store->each_open([](const result<stored_task>&) {});
    REQUIRE(open_now.has_error());
    CHECK(open_now.error().code == errc::io_failed);
    CHECK(reader->list({}).has_error());
    server.start();
    good(store->apply(span_of(first + 10)));
    open += 2;
    CHECK(open_tasks(*store).size() == open);
    CHECK(open_tasks(*reader).size() == open);
    checked(*store);
    first += 100;
  }
}

TEST_CASE("a process of the server that is killed while it writes costs no change") {
  NEEDS_POSTGRES;
  auto store = open_in(server, place);
  good(store->apply(span_of(1)));
  auto process = backend_of(server, place);
  result<void> written;
  {
    blockade barrier{server, place};
    std::thread writer{[&] { written = store->apply(span_of(11)); }};
    CHECK(comes_true([&] { return waits_for_lock(server, process); }));
    ::kill(std::stoi(process), SIGKILL); // all others have to connect again then
    writer.join();
  }
  // It may have come back too early for a server that is reading its log.
  if (!written)
    CHECK(written.error().code == errc::lost);
  REQUIRE(comes_true([&] { return store->apply(span_of(11)).has_value(); }));
  CHECK(open_tasks(*store).size() == 4);
  checked(*store);
}

TEST_CASE("tasks that are given out end with an error when the connection is lost meanwhile") {
  NEEDS_POSTGRES;
  auto store = open_in(server, place);
  std::vector<change> span;
  for (std::uint64_t n = 1; n <= 2000; ++n) {
    span.emplace_back(opened(task_number(n)));
    std::get<task_opened>(span.back()).work.assign(10'000, 'w');
  }
  good(store->apply(span));
  std::size_t given = 0;
  auto read = store->each_open([&](result<stored_task> each) {
    good(std::move(each));
    if (given++ == 0)
      terminate(server, backend_of(server, place));
  });
  CHECK(given < 2000);
  CHECK(read.has_error());
  CHECK(open_tasks(*store).size() == 2000);
}
