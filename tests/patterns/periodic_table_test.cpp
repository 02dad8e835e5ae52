// SPDX-License-Identifier: MIT
#include "mahavishnu/patterns/periodic_table.hpp"
#include "patterns/periodic_file.hpp"
#include "support/catch.hpp"
#include "support/scratch.hpp"

#include <sys/stat.h>
#include <unistd.h>

using namespace mahavishnu;
using namespace std::chrono_literals;

namespace {

const periodic_table::time_point start =
    std::chrono::sys_days{std::chrono::year{2026} / 11 / 20} + 12h;

periodic_task task_of(const std::string& name, std::chrono::milliseconds interval = 60s) {
  periodic_task task;
  task.name = name;
  task.script = "/scripts/" + name + ".py";
  task.rule.interval = interval;
  return task;
}

/// A directory with the tasks of one server after the other.
struct table_of_files {
  test::scratch where;
  periodic_table table = open();

  periodic_table open() {
    auto opened = periodic_table::open(where / "periodic", start, test::seed());
    REQUIRE(opened.has_value());
    return std::move(*opened);
  }
  std::filesystem::path file(const std::string& name) const {
    return where / "periodic" / (name + ".json");
  }
};

std::vector<std::string> names_of(const std::vector<periodic_table::due_run>& runs) {
  std::vector<std::string> names;
  for (const auto& each : runs)
    names.push_back(each.task.name);
  return names;
}

using names = std::vector<std::string>;

} // namespace

TEST_CASE("what is due is said once, with the earliest time to ask again") {
  table_of_files files;
  auto& table = files.table;
  CHECK_FALSE(table.next_wake());
  REQUIRE(table.add(task_of("poll", 60s), start));
  auto later = task_of("clean", 10s);
  later.rule.starts_at_once = false;
  REQUIRE(table.add(later, start));
  CHECK(table.next_wake() == start);

  auto work = table.due(start);
  CHECK(names_of(work.start) == names{"poll"});
  CHECK(work.start.front().task == task_of("poll", 60s));
  CHECK(work.problems.empty());
  CHECK(table.next_wake() == start + 10s);
  CHECK(table.due(start + 9s).start.empty());
  CHECK(names_of(table.due(start + 10s).start) == names{"clean"});
  CHECK_FALSE(table.next_wake());
  REQUIRE(table.ended("poll", 1, start + 20s, "exit code 1"));
  CHECK(table.next_wake() == start + 80s);
  auto poll = table.find("poll").value();
  CHECK(poll.state.error_count == 1);
  CHECK(poll.next_run == start + 80s);
}

TEST_CASE("a name is used once, and an unknown one is told the nearest") {
  table_of_files files;
  REQUIRE(files.table.add(task_of("backup"), start));
  auto twice = files.table.add(task_of("backup"), start);
  REQUIRE_FALSE(twice.has_value());
  CHECK(twice.error().code == errc::already_exists);
  CHECK_THAT(twice.error().message, ContainsSubstring("'backup'"));

  for (const auto& failure :
       {files.table.find("bakcup").error(), files.table.remove("bakcup").error(),
        files.table.set_enabled("bakcup", false).error()}) {
    CHECK(failure.code == errc::not_found);
    CHECK_THAT(failure.message, ContainsSubstring("'bakcup'") && ContainsSubstring("'backup'"));
  }
}

TEST_CASE("a task that makes no sense is refused and leaves nothing") {
  table_of_files files;
  for (const auto* name : {"", ".hidden", "a/b", "..", "a b", "\xc3\xa4"}) {
    auto added = files.table.add(task_of(name), start);
    REQUIRE_FALSE(added.has_value());
    CHECK_THAT(added.error().message, ContainsSubstring("cannot be called"));
  }
  CHECK_FALSE(files.table.add(task_of(std::string(101, 'a')), start));
  auto task = task_of("good");
  task.script.clear();
  CHECK_THAT(files.table.add(task, start).error().message, ContainsSubstring("no script"));
  task = task_of("good");
  task.arguments = {"\xff"};
  CHECK_THAT(files.table.add(task, start).error().message, ContainsSubstring("UTF-8"));
  task = task_of("good");
  task.rule.interval = 0s;
  CHECK_FALSE(files.table.add(task, start));
  CHECK(files.table.list().empty());
  CHECK(std::filesystem::is_empty(files.where / "periodic"));
}

TEST_CASE("a later server finds every definition and goes on where the earlier one ended") {
  table_of_files files;
  auto full = task_of("full");
  full.arguments = {"--month", "5", "with \"quotes\" and \xe2\x82\xac"};
  full.working_directory = "/srv/data";
  full.rule.cron = cron_line::parse("*/5 8-18 * * MON-FRI", "Europe/Berlin").value();
  full.rule.starts_at_once = true;
  full.rule.overlap = overlap_policy::cancel_running;
  full.rule.most_at_once = 7;
  full.rule.missed = missed_policy::run_all;
  full.rule.most_missed = 9;
  full.rule.jitter = 1500ms;
  full.rule.timeout = 90s;
  auto paused = task_of("paused", 250ms);
  paused.rule.fixed_rate = true;
  REQUIRE(files.table.add(full, start));
  REQUIRE(files.table.add(paused, start));
  files.table.due(start);
  REQUIRE(files.table.ended("full", 1, start + 1s, "boom"));
  REQUIRE(files.table.ended("paused", 1, start + 1s, {}));
  REQUIRE(files.table.set_enabled("paused", false));

  auto later = files.open();
  CHECK(later.damaged().empty());
  CHECK(later.find("full")->task == full);
  for (const auto* name : {"full", "paused"})
    CHECK(later.find(name)->state == files.table.find(name)->state);
  CHECK_FALSE(later.find("paused")->task.rule.enabled);
  CHECK(later.find("full")->state.last_error == "boom");
}

TEST_CASE("a run that was going on when a server ended counts as an error") {
  table_of_files files;
  REQUIRE(files.table.add(task_of("long"), start));
  REQUIRE(files.table.due(start).start.size() == 1);
  auto later = files.open();
  CHECK(later.find("long")->state.error_count == 1);
  CHECK(later.due(start + 1s).start.empty());
  CHECK(names_of(later.due(start + 60s).start) == names{"long"});
}

TEST_CASE("a damaged file is told with its reason and hurts no other") {
  table_of_files files;
  REQUIRE(files.table.add(task_of("good"), start));
  files.where.write("periodic/torn.json", R"({"name": "torn", "scri)");
  files.where.write("periodic/other.json", R"({"name": "another", "script": "x.py"})");
  files.where.write(
      "periodic/wrong.json",
      R"({"name": "wrong", "script": "x.py", "schedule": {"interval_seconds": "1"}})");
  files.where.write("periodic/cron.json",
                    R"({"name": "cron", "script": "x.py", "schedule": {"cron": "61 * * * *"}})");
  files.where.write("periodic/.good.json.new", "half of a fi");
  files.where.write("periodic/notes.txt", "not ours");

  auto later = files.open();
  CHECK(later.list().size() == 1);
  REQUIRE(later.damaged().size() == 4);
  CHECK_THAT(later.damaged()[0].reason, ContainsSubstring("minute '61'"));
  CHECK_THAT(later.damaged()[1].reason, ContainsSubstring("'another'"));
  CHECK_THAT(later.damaged()[2].reason, ContainsSubstring("no JSON"));
  CHECK(later.damaged()[2].path == files.file("torn").string());
  CHECK_THAT(later.damaged()[3].reason, ContainsSubstring("'schedule.interval_seconds'"));

  auto added = later.add(task_of("torn"), start);
  REQUIRE_FALSE(added.has_value());
  CHECK_THAT(added.error().message, ContainsSubstring("is damaged"));
  CHECK(test::content_of(files.file("torn")) == R"({"name": "torn", "scri)");
  REQUIRE(later.remove("torn").has_value());
  CHECK(later.damaged().size() == 3);
  CHECK(later.add(task_of("torn"), start));
}

TEST_CASE("a removed task is gone for good and its runs are told") {
  table_of_files files;
  REQUIRE(files.table.add(task_of("gone"), start));
  files.table.due(start);
  CHECK(files.table.remove("gone").value() == std::vector<periodic_table::run_number>{1});
  CHECK(files.table.ended("gone", 1, start, {}));
  CHECK_FALSE(std::filesystem::exists(files.file("gone")));
  CHECK(files.open().list().empty());
}

TEST_CASE("runs are due even when their file cannot be written, and that is told") {
  table_of_files files;
  REQUIRE(files.table.add(task_of("poll"), start));
  std::filesystem::remove_all(files.where / "periodic");
  auto work = files.table.due(start);
  CHECK(names_of(work.start) == names{"poll"});
  REQUIRE(work.problems.size() == 1);
  CHECK(work.problems.front().code == errc::io_failed);
  CHECK_FALSE(files.table.ended("poll", 1, start + 1s, {}));
  CHECK(files.table.next_wake() == start + 61s);
  // What its owner wants is not changed in memory alone.
  CHECK_FALSE(files.table.set_enabled("poll", false));
  CHECK(files.table.find("poll")->task.rule.enabled);
  CHECK_FALSE(files.table.add(task_of("second"), start));
  CHECK(files.table.list().size() == 1);
}

TEST_CASE("only its owner may read the file of a task") {
  table_of_files files;
  REQUIRE(files.table.add(task_of("secret"), start));
  struct stat found {};
  REQUIRE(::stat(files.file("secret").c_str(), &found) == 0);
  CHECK((found.st_mode & 0777) == 0600);
}

TEST_CASE("no file of a stranger is taken for a task when any byte of it is wrong") {
  periodic_record record{task_of("poll"), {}};
  record.task.rule.cron = cron_line::parse("0 4 * * *", "Europe/Berlin").value();
  record.state.last_run = start;
  auto text = to_json(record);
  std::mt19937 random{test::seed()};
  std::size_t read = 0;
  for (int i = 0; i < 3000; ++i) {
    auto changed = text;
    changed[random() % changed.size()] = static_cast<char>(random());
    if (i % 3 == 0)
      changed.resize(random() % changed.size());
    auto parsed = periodic_record_from_json(changed);
    if (!parsed)
      CHECK(parsed.error().code == errc::invalid_argument);
    else if (auto again = periodic_record_from_json(to_json(*parsed)); ++read > 0) {
      INFO(changed << to_json(*parsed));
      CHECK((again && again->task == parsed->task && again->state == parsed->state));
    }
  }
  CHECK(read > 0);
}
