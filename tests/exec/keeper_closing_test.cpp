// SPDX-License-Identifier: MIT
/// Keepers that are reached when they are needed, and end when nobody needs them any more.
#include "exec/keeper_support.hpp"
#include "exec/left_keepers.hpp"
#include "exec/run_log.hpp"

using namespace mahavishnu;
using namespace mahavishnu::test;
using namespace std::chrono_literals;

namespace {

std::shared_ptr<keeper_thread> open_thread() {
  auto thread = keeper_thread::open();
  REQUIRE(thread);
  return *thread;
}

std::unique_ptr<keeper_runner> open_later(std::shared_ptr<keeper_thread> thread,
                                          const keeper_link_options& how) {
  auto runner = keeper_runner::open_later(std::move(thread), how);
  REQUIRE(runner);
  return std::move(*runner);
}

result<std::vector<run_state>> connect(keeper_runner& runner) {
  auto reached = std::make_shared<std::promise<result<std::vector<run_state>>>>();
  auto answer = reached->get_future();
  runner.connect([reached](auto runs) { reached->set_value(std::move(runs)); });
  return wait_for(std::move(answer));
}

/// Waits until the keeper in the directory has written down that it runs so many.
bool knows(const std::string& directory, std::size_t runs) {
  return comes_true([&] {
    auto log = exec::read_run_log_file(directory + "/runs");
    return log.has_value() && log->runs.size() == runs;
  });
}

/// Waits until so many processes or more run in the keeper in the directory.
bool has_processes(const std::string& directory, std::size_t count) {
  return comes_true(
      [&] { return marked_processes(content_of(directory + "/lock") + ".").size() >= count; });
}

/// A run that an earlier server has left in the keeper; ends when there is a file `go`.
void leave_a_run(keeper_place& place) {
  auto earlier = place.open(1);
  auto left = start(*earlier, named("left", shell("until [ -e " + (place / "go") +
                                                  " ]; do sleep 0.01; done; echo late")));
  REQUIRE(knows(place.path(), 1));
  earlier.reset();
  REQUIRE(left.wait().failure); // from now on it hears of no end
}

void let_it_go_on(const keeper_place& place) {
  std::ofstream{place / "go"};
}

bool exists(const std::string& path) {
  return std::filesystem::exists(path);
}

} // namespace

TEST_CASE("a runner that is opened for later starts its keeper with the first run") {
  keeper_place place;
  auto thread = open_thread();
  auto runner = open_later(thread, place.options());
  CHECK(runner->adopted().empty());
  CHECK_FALSE(runner->keeper_pid());
  CHECK_FALSE(exists(place.path()));
  CHECK(start(*runner, shell("echo hello")).wait().standard_output == "hello\n");
  CHECK(runner->keeper_pid());
  runner->close_when_idle(0ms);
}

TEST_CASE("a runner that is opened for later says with the run why there is no keeper") {
  keeper_place place;
  auto thread = open_thread();
  auto how = place.options();
  how.keeper_program = "/nowhere/mahavishnu-keeper";
  auto runner = open_later(thread, how);
  auto exit = start(*runner, shell("exit 0")).wait();
  REQUIRE(exit.failure);
  CHECK_THAT(exit.failure->message, ContainsSubstring("/nowhere/mahavishnu-keeper"));
  how.directory = "relative";
  CHECK(keeper_runner::open_later(thread, how).error().code == errc::invalid_argument);
}

TEST_CASE("a runner that is opened for later finds what an earlier server has left") {
  keeper_place place;
  leave_a_run(place);
  auto thread = open_thread();
  auto runner = open_later(thread, place.options(2));
  SECTION("by asking") {
    auto runs = connect(*runner);
    REQUIRE(runs.has_value());
    REQUIRE(runs->size() == 1);
    CHECK(runs->front().run == "left");
    CHECK(connect(*runner)->size() == 1);
    let_it_go_on(place);
    CHECK(attach(*runner, "left").wait().standard_output == "late\n");
  }
  SECTION("by attaching at once") {
    let_it_go_on(place);
    CHECK(attach(*runner, "left").wait().standard_output == "late\n");
    CHECK(attach(*runner, "left").wait().failure->code == errc::lost);
  }
  runner->close_when_idle(0ms);
}

TEST_CASE("a runner may go in a done of its own, and other ends are still told") {
  keeper_place place;
  auto thread = open_thread();
  std::shared_ptr<keeper_runner> runner = open_later(thread, place.options());
  auto waiting = start(*runner, shell("sleep 1000"));
  std::promise<void> gone;
  runner->start(shell("exit 0"), [&](const process_exit&) {
    runner.reset();
    gone.set_value();
  });
  wait_for(gone.get_future());
  CHECK(waiting.wait().failure->code == errc::shutting_down);
}

TEST_CASE("a runner that goes while its keeper is being started tells every run so") {
  keeper_place place;
  auto thread = open_thread();
  auto runner = open_later(thread, place.options());
  auto waiting = start(*runner, shell("sleep 1000"));
  runner.reset();
  CHECK(waiting.wait().failure->code == errc::shutting_down);
}

TEST_CASE(
    "a keeper that is to be closed when idle lets its runs end, and takes its directory along") {
  keeper_place place;
  auto thread = open_thread();
  auto runner = open_later(thread, place.options());
  auto longer = start(*runner, shell("sleep 0.3; echo done"));
  auto shorter = start(*runner, shell("exit 3"));
  CHECK(shorter.wait().exit_code == 3);
  auto keeper = pid_of(*runner);
  runner->close_when_idle(deadline);
  auto before = std::chrono::steady_clock::now();
  runner.reset();
  CHECK(std::chrono::steady_clock::now() - before < 200ms);
  CHECK(longer.wait().standard_output == "done\n");
  thread.reset();
  CHECK(ends(keeper));
  CHECK_FALSE(exists(place.path()));
}

TEST_CASE("what runs longer than the limit is ended with the keeper") {
  keeper_place place;
  auto thread = open_thread();
  auto runner = open_later(thread, place.options());
  auto endless = start(*runner, shell("sleep 1000"));
  auto keeper = pid_of(*runner);
  runner->close_when_idle(50ms);
  runner.reset();
  CHECK(endless.wait().signal == SIGTERM);
  thread.reset();
  CHECK(ends(keeper));
  CHECK_FALSE(exists(place.path()));
}

TEST_CASE("runs of an earlier server are waited for as well, and an end that nobody heard stays") {
  keeper_place place;
  leave_a_run(place);
  auto thread = open_thread();
  auto runner = open_later(thread, place.options(2));
  runner->close_when_idle(deadline);
  runner.reset();
  let_it_go_on(place);
  thread.reset();
  auto left = exec::find_left(std::filesystem::path(place.path()).parent_path());
  REQUIRE(left.has_value());
  REQUIRE(left->size() == 1);
  CHECK_FALSE(left->front().is_served);
  REQUIRE(left->front().runs.size() == 1);
  CHECK(left->front().runs.front().run == "left");
  CHECK(left->front().runs.front().exit_code == 0);
}

TEST_CASE("a runner that never needed a keeper leaves nothing and starts none") {
  keeper_place place;
  auto thread = open_thread();
  auto how = place.options();
  how.keeper_program = "/nowhere/mahavishnu-keeper";
  auto runner = open_later(thread, how);
  runner->close_when_idle(deadline);
  runner.reset();
  thread.reset();
  CHECK_FALSE(exists(place.path()));
}

TEST_CASE("a keeper that another server has taken over is not closed") {
  keeper_place place;
  auto thread = open_thread();
  auto older = open_later(thread, place.options(1));
  auto lost = start(*older, shell("sleep 1000"));
  REQUIRE(has_processes(place.path(), 1));
  auto newer = place.open(2);
  CHECK(lost.wait().failure->code == errc::unreachable);
  older->close_when_idle(0ms);
  older.reset();
  thread.reset();
  CHECK(newer->adopted().size() == 1);
  CHECK(start(*newer, shell("echo alive")).wait().standard_output == "alive\n");
}

TEST_CASE("a keeper that is held is not waited for without end when it is to be closed") {
  keeper_place place;
  auto thread = open_thread();
  auto how = place.options();
  how.patience = 300ms;
  auto runner = open_later(thread, how);
  CHECK(start(*runner, shell("exit 0")).wait().exit_code == 0);
  auto keeper = pid_of(*runner);
  // Its connection is lost, and it greets nobody any more.
  runner.reset();
  send_signal(keeper, SIGSTOP);
  how.epoch = 2;
  runner = open_later(thread, how);
  runner->close_when_idle(0ms);
  runner.reset();
  thread.reset();
  send_signal(keeper, SIGCONT);
  CHECK(exists(place.path()));
}

TEST_CASE("the directories above the keeper's are made for us alone") {
  keeper_place place;
  auto how = place.options();
  how.directory = place / "some/more/keeper";
  auto thread = open_thread();
  auto runner = open_later(thread, how);
  CHECK(start(*runner, shell("exit 0")).wait().exit_code == 0);
  for (auto path : {place / "some", place / "some/more", how.directory})
    CHECK(std::filesystem::status(path).permissions() == std::filesystem::perms::owner_all);
  runner->close_when_idle(0ms);
}

TEST_CASE("the path of a keeper's directory may be longer than the name of a socket") {
  keeper_place place;
  auto how = place.options();
  how.directory = place / (std::string(200, 'd') + "/keeper");
  auto thread = open_thread();
  auto runner = open_later(thread, how);
  CHECK(start(*runner, shell("echo far")).wait().standard_output == "far\n");
  runner->close_when_idle(0ms);
  runner.reset();
  thread.reset();
  CHECK_FALSE(exists(how.directory));
}

// -- what earlier servers have left --------------------------------------------------------------

TEST_CASE("the keepers' directories below another one are found with their runs") {
  keeper_place place;
  auto thread = open_thread();
  auto open = [&](const std::string& name) {
    auto how = place.options();
    how.directory = place / name;
    return open_later(thread, how);
  };
  auto parent = std::filesystem::path(place.path()).parent_path().string();
  std::filesystem::create_directory(place / "none");
  std::filesystem::create_directory(place / "other");
  std::ofstream(place / "other/lock") << "of somebody else";

  auto busy = open("busy");
  auto endless = start(*busy, named("endless", shell("sleep 1000")));
  start(*busy, named("heard", shell("exit 0"))).wait();
  auto resting = open("resting");
  start(*resting, shell("exit 0")).wait();
  auto dead = open("dead");
  auto lost = start(*dead, named("lost", shell("sleep 1000")));
  auto killed = pid_of(*dead);
  REQUIRE(has_processes(place / "dead", 1));
  dead.reset();
  lost.wait();
  send_signal(killed, SIGKILL);
  REQUIRE(ends(killed));

  REQUIRE(comes_true([&] { // what has been heard is said a moment later
    auto found = exec::find_left(parent);
    return found && found->size() == 3 && (*found)[0].runs.size() == 1 && (*found)[2].runs.empty();
  }));
  auto found = *exec::find_left(parent);
  CHECK(found[0].directory == place / "busy");
  CHECK(found[0].is_served);
  CHECK(found[0].runs[0].run == "endless");
  CHECK_FALSE(found[0].runs[0].has_ended());
  CHECK(found[1].directory == place / "dead");
  CHECK_FALSE(found[1].is_served);
  REQUIRE(found[1].runs.size() == 1);
  CHECK(found[1].runs[0].run == "lost");
  CHECK(found[1].has_work());
  CHECK(found[2].is_served);

  CHECK(exec::remove_left(place / "busy").error().code == errc::already_exists);
  CHECK(exec::remove_left(place / "dead").error().code == errc::invalid_argument);
  CHECK(exec::remove_left(place / "none"));
  CHECK(exists(place / "none"));
  CHECK(start(*busy, shell("echo undisturbed")).wait().standard_output == "undisturbed\n");

  resting->close_when_idle(0ms);
  busy->close_when_idle(0ms);
  auto next = place.options(2);
  next.directory = place / "dead";
  auto heir = open_later(thread, next);
  CHECK_THAT(attach(*heir, "lost").wait().failure->message, ContainsSubstring("is lost"));
  heir->close_when_idle(0ms);
}

TEST_CASE("where no keeper was there is none, and what cannot be read says so") {
  keeper_place place;
  CHECK(exec::find_left(place / "nowhere")->empty());
  std::ofstream(place / "file") << "text";
  CHECK(exec::find_left(place / "file").error().code == errc::io_failed);
  std::filesystem::create_directories(place / "keeper/runs");
  std::ofstream(place / "keeper/lock") << "0123456789abcdef";
  auto found = exec::find_left(std::filesystem::path(place.path()).parent_path());
  REQUIRE(found.has_value());
  REQUIRE(found->size() == 1);
  CHECK(found->front().failure);
  CHECK(found->front().has_work());
}

TEST_CASE("removing a keeper's directory leaves what is not the keeper's") {
  keeper_place place;
  std::filesystem::create_directory(place.path());
  std::filesystem::permissions(place.path(), std::filesystem::perms::owner_all);
  std::ofstream(place.path() + "/lock") << "0123456789abcdef";
  std::ofstream(place.path() + "/letter") << "dear";
  CHECK(exec::remove_left(place.path()).has_error());
  CHECK(content_of(place.path() + "/letter") == "dear");
  std::filesystem::remove(place.path() + "/letter");
  std::ofstream(place.path() + "/lock") << "0123456789abcdef";
  CHECK(exec::remove_left(place.path()));
  CHECK_FALSE(exists(place.path()));
}
