// SPDX-License-Identifier: MIT
#include "actors/memory.hpp"
#include "actors/memory_words.hpp"
#include "durable_server.hpp"
#include "store/sqlite_memory_store.hpp"

#include <limits>
#include <map>
#include <random>
#include <set>

using namespace mahavishnu;
using namespace mahavishnu::test;
using namespace std::chrono_literals;

namespace {

/// A server that gets records, and does with them what the test says.
class manual_target final : public memory_target {
public:
  using done = std::function<void(std::vector<memory_outcome>)>;

  explicit manual_target(std::string service) : service_(std::move(service)) {}

  const std::string& service() const override { return service_; }
  const std::string& url() const override { return url_; }
  void send(std::vector<memory_record> batch, done told) override {
    batches.push_back(std::move(batch));
    waiting.push_back(std::move(told));
  }

  /// Says the same of all records of the batch that waits longest.
  void answer(memory_outcome::kind how, const std::string& reason = {}) {
    answer_each([&](const memory_record&) { return how; }, reason);
  }

  template <class How>
  void answer_each(How how, const std::string& reason = {}) {
    REQUIRE_FALSE(waiting.empty());
    std::vector<memory_outcome> outcomes;
    for (const auto& each : batches.at(batches.size() - waiting.size()))
      outcomes.push_back({each.metadata.task, how(each), reason});
    auto told = std::move(waiting.front());
    waiting.erase(waiting.begin());
    told(outcomes);
  }

  std::vector<std::vector<memory_record>> batches;
  std::vector<done> waiting;

private:
  std::string service_;
  std::string url_ = "http://127.0.0.1:1/mcp";
};

/// A server that remembers, in virtual time.
struct remembering_server : durable_server {
  explicit remembering_server(std::vector<std::string> services = {}) {
    for (const auto& each : services)
      targets.push_back(std::make_shared<manual_target>(each));
    start_memory();
  }
  ~remembering_server() { end_memory(); }

  std::unique_ptr<store::memory_store> open_memory() const {
    auto opened = store::open_sqlite_memory((place / "memory.db").string());
    if (!opened)
      FAIL(opened.error().message);
    return std::move(*opened);
  }

  void start_memory() {
    auto store = open_memory();
    memory_options how;
    for (const auto& each : targets) {
      REQUIRE(store->enable(each->service(), false));
      how.targets.push_back(each);
    }
    how.journal = {journal, clock};
    how.journal_name = journal_name;
    how.own_thread = false;
    how.position = memory_words::position_of(store->cursor().value(), journal_name);
    memory = spawn_memory(system(), std::move(store), std::make_unique<watched_store>(open(), disk),
                          how);
    run();
  }

  void end_memory() {
    caf::anon_send_exit(memory, caf::exit_reason::user_shutdown);
    memory = nullptr;
    run();
  }

  /// Runs a task to its end.
  task_result complete(const std::string& pool, const std::string& prompt,
                       exec::process_exit how = {}) {
    auto answer = execute(pool, prompt);
    finish(prompt, std::move(how));
    return answer.value();
  }

  memory_found search(search_memory wish) {
    auto answer = ask<memory_found>(memory, std::move(wish));
    return answer.value();
  }
  memory_found search(const std::string& words) {
    search_memory wish;
    wish.query = words;
    return search(wish);
  }

  memory_stats stats() { return ask<memory_stats>(memory, get_memory_stats{}).value(); }

  pending<memory_synced> sync() { return ask<memory_synced>(memory, sync_memory{}); }

  std::vector<std::shared_ptr<manual_target>> targets;
  std::string journal_name;
  memory_actor memory;
};

constexpr auto sent = memory_outcome::kind::sent;
constexpr auto refused = memory_outcome::kind::refused;
constexpr auto failed = memory_outcome::kind::failed;

} // namespace

TEST_CASE("what a task has said is found as soon as it has ended") {
  remembering_server s;
  s.spawn("build");
  auto task = s.complete("build", "make all", exit_with(0, "12 warnings in parser.cpp\n"));
  auto found = s.search("warnings parser");
  REQUIRE(found.results.size() == 1);
  const auto& record = found.results[0];
  CHECK(record.title == "make all");
  CHECK(record.content == "12 warnings in parser.cpp\n");
  CHECK_THAT(record.snippet, ContainsSubstring("[warnings]"));
  CHECK(record.metadata.type == "task_result");
  CHECK(record.metadata.task == task.task);
  CHECK(record.metadata.pool == task.pool);
  CHECK(record.metadata.pool_name == "build");
  CHECK(record.metadata.worker_type == "shell");
  CHECK(record.metadata.worker == task.worker);
  CHECK(record.metadata.status == task_status::completed);
  CHECK(record.metadata.timestamp.starts_with("2027-01-15T08:00:00"));
  CHECK(found.total == 1);
  CHECK(found.problems.empty());
  CHECK(s.search("make").results.size() == 1); // what was asked for is found as well
  CHECK(s.search("nothing").results.empty());
}

TEST_CASE("why a task failed is remembered with what it said") {
  remembering_server s;
  s.spawn("build");
  auto how = exit_with(2, "half");
  how.standard_error = "no such file: lost.h\n";
  s.complete("build", "make", how);
  auto found = s.search("lost.h");
  REQUIRE(found.results.size() == 1);
  CHECK(found.results[0].content.starts_with("half\nno such file: lost.h\n"));
  CHECK(found.results[0].metadata.status == task_status::failed);
}

TEST_CASE("the same content is one hit, of the newest task") {
  remembering_server s;
  s.spawn("build");
  for (int i = 0; i < 5; ++i)
    s.complete("build", "check " + std::to_string(i), exit_with(0, "all is well\n"));
  auto found = s.search("all well");
  REQUIRE(found.results.size() == 1);
  CHECK(found.results[0].times == 5);
  CHECK(s.stats().records == 5);
}

TEST_CASE("a pool that does not want to be remembered is not") {
  remembering_server s;
  pool_config quiet;
  quiet.name = "quiet";
  quiet.min_workers = 1;
  quiet.memory_enabled = false;
  s.ask<pool_spawned>(s.control, spawn_pool{quiet}).value();
  s.spawn("loud");
  s.complete("quiet", "one", exit_with(0, "secret\n"));
  s.complete("loud", "two", exit_with(0, "public\n"));
  CHECK(s.search("secret").results.empty());
  CHECK(s.search("public").results.size() == 1);
  CHECK(s.stats().records == 1);
}

TEST_CASE("the name of a pool is remembered when the pool is closed") {
  remembering_server s;
  s.spawn("short");
  s.complete("short", "one", exit_with(0, "something\n"));
  s.ask<pool_closed>(s.control, close_pool{"short"}).value();
  search_memory wish;
  wish.pool = "short";
  REQUIRE(s.search(wish).results.size() == 1);
  CHECK(s.search(wish).results[0].metadata.pool_name == "short");
}

TEST_CASE("searches are narrowed by pool, status, time and metadata") {
  remembering_server s;
  s.spawn("a");
  s.spawn("b");
  s.complete("a", "one", exit_with(0, "word 1\n"));
  s.complete("b", "two", exit_with(1, "word 2\n"));
  auto spec = task_of("three");
  spec.metadata["ticket"] = "42";
  auto answer = s.ask<task_result>(s.control, execute_on_pool{"b", spec});
  s.finish("three", exit_with(0, "word 3\n"));

  search_memory wish;
  wish.query = "word";
  CHECK(s.search(wish).results.size() == 3);
  wish.pool = "b";
  CHECK(s.search(wish).results.size() == 2);
  wish.status = "completed";
  REQUIRE(s.search(wish).results.size() == 1);
  CHECK(s.search(wish).results[0].metadata.tags == std::vector<std::string>{"ticket=42"});
  wish.tags = {"ticket=41"};
  CHECK(s.search(wish).results.empty());
  wish = {};
  wish.since = still_clock::since_epoch + 1h;
  CHECK(s.search(wish).results.empty());
  wish.since = 0ms;
  wish.until = still_clock::since_epoch;
  CHECK(s.search(wish).results.empty());
}

TEST_CASE("what cannot be looked for is refused with a reason") {
  remembering_server s;
  search_memory wish;
  wish.status = "done";
  auto wrong = s.ask<memory_found>(s.memory, wish);
  CHECK(wrong.failure().code == errc::invalid_argument);
  CHECK_THAT(wrong.failure().message, ContainsSubstring("completed"));
  wish = {};
  wish.limit = 0;
  CHECK(s.ask<memory_found>(s.memory, wish).failure().code == errc::invalid_argument);
  wish.limit = 101;
  CHECK(s.ask<memory_found>(s.memory, wish).failure().code == errc::invalid_argument);
}

TEST_CASE("every task is remembered once, however often the memory ends in between") {
  remembering_server s;
  s.spawn("build", 3);
  std::mt19937 random{seed()};
  std::set<task_id> ended;
  for (int i = 0; i < 60; ++i) {
    if (random() % 8 == 0) {
      s.end_memory();
      s.start_memory();
    }
    if (random() % 4 == 0)
      s.advance(1s);
    auto text = std::to_string(i);
    ended.insert(s.complete("build", text, exit_with(0, "said " + text + "\n")).task);
  }
  s.advance(2s);
  CHECK(s.stats().records == 60);
  auto store = s.open_memory();
  for (const auto& each : ended)
    CHECK(store->find(each).value().has_value());
}

TEST_CASE("how far a journal was read says nothing of another one") {
  using namespace memory_words;
  auto at = [](std::uint64_t n) { return store::end_position{1'700'000'000'000, task_id{7, n}}; };
  for (std::string name : {"", "postgresql://db.example.org/one", "a name with spaces "}) {
    CHECK(position_of(text_of(at(1), name), name) == at(1));
    CHECK(position_of(text_of(at(1), name), name + "x") == store::end_position{});
  }
  CHECK(position_of(text_of(at(1), "one"), "") == store::end_position{});
  for (const auto* text : {"", "1", "1 ", "1 x", " ", "x task_0", "1  "})
    CHECK(position_of(text, "") == store::end_position{});

  remembering_server s;
  s.spawn("build");
  s.complete("build", "one", exit_with(0, "first\n"));
  s.end_memory();
  s.journal_name = "another";
  s.start_memory();
  CHECK(s.search("first").results.at(0).times == 1);
  CHECK(s.stats().records == 1);
}

TEST_CASE("a clock that goes back hides no end from who reads in their order") {
  durable_server s;
  std::mt19937_64 random{seed()};
  store::end_position position;
  std::map<task_id, int> read;
  std::set<task_id> written;
  std::uint64_t number = 0;
  for (int server = 0; server < 5; ++server) {
    journal_options how;
    how.own_thread = false;
    how.clock = s.clock;
    how.newest_end = position == store::end_position{} ? 0 : position.at + 1;
    auto journal = s.another_journal(how);
    s.run();
    auto reader = s.open();
    for (int i = 0; i < 60; ++i) {
      s.clock->at += std::chrono::milliseconds{static_cast<int>(random() % 9) - 4};
      if (random() % 20 == 0)
        s.clock->at -= 5s;
      journal_changes both;
      task_id task{random() >> 16, ++number}; // in no order
      both.changes.emplace_back(store::task_opened{task, pool_id{"p"}, 0, 1, "", "work"});
      both.changes.emplace_back(store::task_ended{task, 3, 0, 1, "", "", "", ""});
      written.insert(task);
      s.ask<journal_written>(journal, both);
      if (random() % 3 != 0)
        continue;
      auto settled = s.ask<journal_settled>(journal, journal_settle{}).value();
      auto page = reader->ended_after(position, settled.before, 1 + random() % 5).value();
      for (const auto& each : page.tasks.records)
        ++read[each.task];
      position = page.last;
    }
    caf::anon_send_exit(journal, caf::exit_reason::user_shutdown);
    journal = nullptr;
    s.run();
    s.clock->at -= 100s;
  }
  auto reader = s.open();
  for (;;) {
    auto page =
        reader->ended_after(position, std::numeric_limits<store::wall_time>::max(), 100).value();
    if (page.last == position)
      break;
    for (const auto& each : page.tasks.records)
      ++read[each.task];
    position = page.last;
  }
  CHECK(read.size() == written.size());
  for (const auto& [task, times] : read)
    CHECK(times == 1);
}

TEST_CASE("a target gets every record once, in batches") {
  remembering_server s{{"one", "two"}};
  s.spawn("build");
  for (int i = 0; i < 45; ++i)
    s.complete("build", std::to_string(i), exit_with(0, "said " + std::to_string(i) + "\n"));
  auto report = s.sync();
  for (auto& target : s.targets)
    while (!target->waiting.empty()) {
      CHECK(target->waiting.size() == 1);
      target->answer(sent);
      s.run();
    }
  auto told = report.value();
  CHECK(told.collected == 45);
  CHECK(told.sent == 90);
  CHECK(told.synced == 90);
  CHECK(told.waiting == 0);
  CHECK(told.pools == 1);
  CHECK(told.problems.empty());
  for (const auto& target : s.targets) {
    CHECK(target->batches.size() == 3);
    std::set<task_id> got;
    for (const auto& batch : target->batches) {
      CHECK(batch.size() <= 20);
      for (const auto& each : batch)
        got.insert(each.metadata.task);
    }
    CHECK(got.size() == 45);
  }
  CHECK(s.sync().value().sent == 0);
  for (const auto& each : s.stats().targets)
    CHECK(each.sent == 45);
}

TEST_CASE("records are sent again and again until they are taken") {
  remembering_server s{{"one"}};
  s.spawn("build");
  s.complete("build", "make", exit_with(0, "done\n"));
  auto& target = *s.targets[0];
  auto report = s.sync();
  target.answer(failed, "it is down");
  s.run();
  CHECK(report.value().sent == 0);
  CHECK(report.value().waiting == 1);
  REQUIRE(report.value().problems.size() == 1);
  CHECK_THAT(report.value().problems[0], ContainsSubstring("it is down"));
  CHECK(s.stats().targets.at(0).last_error == "it is down");
  s.advance(61s); // by itself, but not at once
  CHECK(target.batches.size() == 1);
  auto again = s.sync();
  REQUIRE(target.batches.size() == 2);
  CHECK(target.batches[1] == target.batches[0]);
  target.answer(sent);
  s.run();
  CHECK(again.value().sent == 1);
  CHECK(again.value().waiting == 0);
}

TEST_CASE("a target that fails again and again is left alone for a while") {
  remembering_server s{{"one"}};
  s.spawn("build");
  s.complete("build", "make", exit_with(0, "done\n"));
  auto& target = *s.targets[0];
  for (std::size_t i = 1; i <= 5; ++i) {
    s.clock->at += 2h;
    auto report = s.sync();
    REQUIRE(target.batches.size() == i);
    target.answer(failed, "it is down");
    s.run();
    CHECK(report.has_come());
  }
  CHECK(s.stats().targets.at(0).circuit_open);
  s.clock->at += 2h;
  s.advance(30s);
  CHECK(target.batches.size() == 5);
  // By itself it is tried again after a while, and who asks has it tried at once.
  s.advance(2min);
  REQUIRE(target.batches.size() == 6);
  target.answer(failed, "it is still down");
  s.run();
  auto report = s.sync();
  REQUIRE(target.batches.size() == 7);
  target.answer(sent);
  s.run();
  CHECK(report.value().sent == 1);
  CHECK_FALSE(s.stats().targets.at(0).circuit_open);
}

TEST_CASE("a record that always fails while others are taken is given up in the end") {
  remembering_server s{{"one"}};
  s.spawn("build");
  auto bad = s.complete("build", "bad", exit_with(0, "bad\n")).task;
  auto& target = *s.targets[0];
  for (int i = 0; i < 25; ++i) {
    s.complete("build", std::to_string(i), exit_with(0, "good " + std::to_string(i) + "\n"));
    auto report = s.sync();
    target.answer_each(
        [&](const memory_record& record) { return record.metadata.task == bad ? failed : sent; });
    s.run();
    REQUIRE(report.has_come());
  }
  CHECK(s.stats().targets.at(0).sent == 25);
  CHECK(s.stats().targets.at(0).failed == 1);
  CHECK(s.stats().targets.at(0).waiting == 0);
}

TEST_CASE("a record that a target will never take does not stop the others") {
  remembering_server s{{"one"}};
  s.spawn("build");
  s.complete("build", "make", exit_with(0, "bad\n"));
  auto report = s.sync();
  s.targets[0]->answer(refused, "it is too long");
  s.run();
  CHECK(report.value().failed == 1);
  CHECK(report.value().waiting == 0);
  s.complete("build", "make again", exit_with(0, "good\n"));
  auto next = s.sync();
  REQUIRE(s.targets[0]->batches.size() == 2);
  CHECK(s.targets[0]->batches[1].size() == 1);
  s.targets[0]->answer(sent);
  s.run();
  CHECK(next.value().sent == 1);
  CHECK(s.stats().targets.at(0).failed == 1);
}

TEST_CASE("a target that says nothing is not waited for without end") {
  remembering_server s{{"one"}};
  s.spawn("build");
  s.complete("build", "make", exit_with(0, "done\n"));
  auto report = s.sync();
  CHECK_FALSE(report.has_come());
  s.advance(16min);
  CHECK(report.value().waiting == 1);
  // It gets nothing more before it has said what became of that; which then is no news.
  CHECK_FALSE(s.sync().value().problems.empty());
  CHECK(s.targets[0]->batches.size() == 1);
  s.targets[0]->answer(sent);
  s.run();
  CHECK(s.stats().targets.at(0).sent == 0);
  s.sync();
  CHECK(s.targets[0]->batches.size() == 2);
}

TEST_CASE("a search that comes while others are answered knows what has ended until then") {
  remembering_server s;
  s.spawn("build", 2);
  s.complete("build", "one", exit_with(0, "first\n"));
  search_memory wish;
  wish.query = "first";
  auto early = s.ask_later<memory_found>(s.memory, wish);
  auto answer = s.execute("build", "two"); // lets everybody do all they can
  s.finish("two", exit_with(0, "second\n"));
  wish.query = "second";
  CHECK(s.ask<memory_found>(s.memory, wish).value().results.size() == 1);
  CHECK(early.value().results.size() == 1);
}

TEST_CASE("who asks is told what is missing, and why") {
  remembering_server s;
  s.spawn("build");
  s.complete("build", "one", exit_with(0, "first\n"));
  CHECK(s.search("first").problems.empty());
  s.disk->cannot_be_read = true;
  s.complete("build", "two", exit_with(0, "second\n"));
  auto found = s.search("second");
  CHECK(found.results.empty());
  REQUIRE(found.problems.size() == 1);
  CHECK_THAT(found.problems[0], ContainsSubstring("cannot be read"));
  CHECK_FALSE(s.sync().value().problems.empty());
  s.disk->cannot_be_read = false;
  CHECK(s.search("second").results.size() == 1);
  CHECK(s.search("second").problems.empty());
}

TEST_CASE("a turn of sending comes by itself, and who asks meanwhile gets the next one") {
  remembering_server s{{"one"}};
  s.spawn("build");
  s.complete("build", "first", exit_with(0, "1\n"));
  s.advance(61s);
  REQUIRE(s.targets[0]->batches.size() == 1);
  s.complete("build", "second", exit_with(0, "2\n"));
  auto report = s.sync();
  CHECK(s.targets[0]->batches.size() == 1);
  s.targets[0]->answer(sent);
  s.run();
  CHECK_FALSE(report.has_come());
  REQUIRE(s.targets[0]->batches.size() == 2);
  s.targets[0]->answer(sent);
  s.run();
  CHECK(report.value().sent == 1);
}

TEST_CASE("only so many may wait for the next turn of sending") {
  remembering_server s{{"one"}};
  s.spawn("build");
  s.complete("build", "first", exit_with(0, "1\n"));
  auto under_way = s.sync();
  std::vector<pending<memory_synced>> next;
  for (int i = 0; i < 1000; ++i)
    next.push_back(s.ask_later<memory_synced>(s.memory, sync_memory{}));
  auto too_many = s.sync();
  CHECK_THAT(too_many.failure().message, ContainsSubstring("ask again later"));
  s.targets[0]->answer(sent);
  s.run();
  CHECK(under_way.value().sent == 1);
  for (auto& each : next)
    CHECK(each.has_come());
}
