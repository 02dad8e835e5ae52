// SPDX-License-Identifier: MIT
#include "actors/periodic.hpp"
#include "mahavishnu/messages/all.hpp"
#include "support/scratch.hpp"
#include "virtual_processes.hpp"

#include <algorithm>

using namespace mahavishnu;
using namespace mahavishnu::test;
using namespace std::chrono_literals;

namespace {

/// A time of day that goes on as the test says.
struct moving_clock final : wall_clock {
  std::chrono::system_clock::time_point now() const override { return time; }
  std::chrono::system_clock::time_point time{still_clock::since_epoch};
};

/// The actor of periodic tasks in virtual time, over processes that end when the test says so.
class timetable : public virtual_processes {
public:
  timetable() {
    write_script("a.sh");
    open();
  }
  ~timetable() {
    close();
    end_processes();
  }

  void open() {
    auto table = periodic_table::open(directory / "tasks", wall->now(), seed());
    REQUIRE(table.has_value());
    periodic_options options;
    options.runner = runner;
    options.clock = wall;
    options.detached = false;
    actor = spawn_periodic(system(), options, std::move(*table));
    run();
  }
  void close() {
    caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
    actor = nullptr;
    run();
  }

  void advance(caf::timespan by) {
    wall->time += by;
    virtual_processes::advance(by);
  }

  std::string write_script(const std::string& name) {
    directory.write(name, "true\n");
    return (directory / name).string();
  }

  add_periodic wish(const std::string& name = "a") const {
    add_periodic made;
    made.name = name;
    made.script = (directory / "a.sh").string();
    made.interval = 60s;
    return made;
  }
  pending<periodic_info> add(const add_periodic& what) { return ask<periodic_info>(actor, what); }
  periodic_info info(const std::string& name = "a") {
    return ask<periodic_list>(actor, list_periodic{name}).value().tasks.at(0);
  }
  periodic_info change(periodic_change what, const std::string& name = "a") {
    return ask<periodic_info>(actor, change_periodic{name, what}).value();
  }

  std::size_t started() const { return runner->started().size(); }
  void finish_last(exec::process_exit how = {}) {
    REQUIRE(runner->finish(runner->started().back().handle, std::move(how)));
    run();
  }
  bool last_was_stopped() const {
    return std::ranges::count(runner->stopped(), runner->started().back().handle) > 0;
  }

  scratch directory;
  std::shared_ptr<moving_clock> wall = std::make_shared<moving_clock>();
  periodic_actor actor;
};

} // namespace

TEST_CASE("a periodic task runs at once, and again when its interval is over") {
  timetable s;
  auto wish = s.wish();
  wish.arguments = {"--all"};
  auto about = s.add(wish).value();
  CHECK(about.is_running);
  CHECK(s.started() == 1);
  auto spec = s.runner->started().back().spec;
  CHECK(spec.argv == std::vector<std::string>{"/bin/sh", wish.script, "--all"});
  CHECK(spec.working_directory == s.directory.path().string());

  s.advance(300s); // it still runs, so nothing else is due
  CHECK(s.started() == 1);
  s.finish_last(exit_with(0, "hello"));
  about = s.info();
  CHECK_FALSE(about.is_running);
  CHECK(about.run_count == 1);
  CHECK(about.last_exit_code == 0);
  CHECK(about.last_output == "hello");
  CHECK_FALSE(about.next_run.empty());
  s.advance(59s);
  CHECK(s.started() == 1);
  s.advance(2s);
  CHECK(s.started() == 2);
}

TEST_CASE("an error is counted and does not end the series") {
  timetable s;
  s.add(s.wish());
  s.finish_last(exit_with(3));
  auto about = s.info();
  CHECK(about.error_count == 1);
  CHECK(about.last_exit_code == 3);
  CHECK_THAT(about.last_error, ContainsSubstring("code 3"));
  s.advance(61s);
  s.finish_last();
  about = s.info();
  CHECK(about.run_count == 2);
  CHECK(about.error_count == 1);
  CHECK(about.consecutive_errors == 0);
}

TEST_CASE("a script that went away is an error of each run") {
  timetable s;
  auto wish = s.wish();
  wish.first = "later";
  s.add(wish).value();
  std::filesystem::remove(wish.script);
  s.advance(61s);
  CHECK(s.started() == 0);
  auto about = s.info();
  CHECK(about.error_count == 1);
  CHECK(about.last_exit_code == -1);
  CHECK_THAT(about.last_error, ContainsSubstring("a.sh"));
  s.write_script("a.sh");
  s.advance(61s);
  CHECK(s.started() == 1);
}

TEST_CASE("a run that takes too long is ended") {
  timetable s;
  auto wish = s.wish();
  wish.timeout = 10s;
  s.add(wish);
  s.advance(9s);
  CHECK_FALSE(s.last_was_stopped());
  s.advance(2s);
  CHECK(s.last_was_stopped());
  s.finish_last(exit_with(143));
  CHECK_THAT(s.info().last_error, ContainsSubstring("time-out"));
}

TEST_CASE("a disabled task rests until it is enabled, and can be run by hand") {
  timetable s;
  auto wish = s.wish();
  wish.enabled = false;
  s.add(wish);
  s.advance(300s);
  CHECK(s.started() == 0);
  CHECK(s.change(periodic_change::run).is_running);
  CHECK(s.started() == 1);
  s.finish_last();
  CHECK(s.info().run_count == 1);
  s.change(periodic_change::enable);
  s.advance(61s);
  CHECK(s.started() == 2);
}

TEST_CASE("a removed task is gone, and what ran is ended") {
  timetable s;
  s.add(s.wish());
  CHECK(s.change(periodic_change::remove).is_running);
  CHECK(s.last_was_stopped());
  s.finish_last(exit_with(143));
  auto gone = s.ask<periodic_list>(s.actor, list_periodic{"a"}).failure();
  CHECK(gone.code == errc::not_found);
  s.advance(300s);
  CHECK(s.started() == 1);
}

TEST_CASE("periodic tasks come back with the next server") {
  timetable s;
  s.add(s.wish());
  s.finish_last();
  s.close();
  s.open();
  auto about = s.info();
  CHECK(about.run_count == 1);
  CHECK(s.started() == 1); // it is not due yet
  s.advance(61s);
  CHECK(s.started() == 2);
}

TEST_CASE("what cannot be a periodic task is refused and changes nothing") {
  timetable s;
  auto refused = [&](const add_periodic& wish, const std::string& text) {
    CHECK_THAT(s.add(wish).failure().message, ContainsSubstring(text));
  };
  auto wish = s.wish();
  wish.script = "relative/a.sh";
  refused(wish, "absolute");
  wish = s.wish();
  wish.script = "/nonexistent/a.sh";
  refused(wish, "/nonexistent/a.sh");
  wish = s.wish();
  wish.cron = "61 * * * *";
  refused(wish, "minute");
  wish = s.wish();
  wish.overlap = "sometimes";
  refused(wish, "cancel_running");
  wish = s.wish();
  wish.first = "never";
  refused(wish, "at_once");
  wish = s.wish();
  wish.time_zone = "Europe/Berlin";
  refused(wish, "cron");
  CHECK(s.ask<periodic_list>(s.actor, list_periodic{}).value().tasks.empty());
  s.add(s.wish()).value();
  refused(s.wish(), "already");
}
