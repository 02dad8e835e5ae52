// SPDX-License-Identifier: MIT
/// Connections and servers that go away, at whatever time.
#include "store/postgres_proxy.hpp"
#include "store/postgres_server.hpp"
#include "support/events.hpp"

#include <csignal>
#include <thread>

using namespace mahavishnu;
using namespace mahavishnu::test;

namespace {

/// Which process of the server writes the journal of this test.
std::string backend_of(const postgres_server& server, const scratch& place) {
  return server.sql("select pid from pg_locks where locktype = 'advisory' and objid = (select oid "
                    "from pg_namespace where nspname = '" +
                    schema_of(place) + "')");
}

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
  // The connection may have been lost before it was seen that they are damaged.
  if (!written)
    CHECK(written.error().code == errc::lost);
  good(store->apply(span_of(11)));
  CHECK(store->take_warnings().size() == 1);
  auto report = checked(*store);
  CHECK(report.open_tasks == 4);
  CHECK(report.ended_tasks == 2);
}

TEST_CASE("when somebody else has written since, it is not said what nobody knows") {
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
