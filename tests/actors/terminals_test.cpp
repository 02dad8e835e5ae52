// SPDX-License-Identifier: MIT
#include "actors/terminals.hpp"
#include "exec/local_runner.hpp"
#include "mahavishnu/messages/all.hpp"
#include "support/scratch.hpp"
#include "virtual_processes.hpp"

#include <caf/scoped_actor.hpp>

#include <algorithm>
#include <fstream>
#include <thread>

using namespace mahavishnu;
using namespace mahavishnu::test;
using namespace std::chrono_literals;

namespace {

/// The actor of terminals in virtual time, over programs that write and end when the test says so.
class terminal_room : public virtual_processes {
public:
  explicit terminal_room(std::size_t most = 3) {
    runner->output_directory = directory.path().string();
    options.runner = runner;
    options.most = most;
    options.capture_lines = 5;
    options.scrollback = 20;
    options.clock = clock;
    options.seed = seed();
    options.detached = false;
    start();
  }
  ~terminal_room() {
    end();
    end_processes();
  }

  void start() {
    actor = spawn_terminals(system(), options);
    run();
  }
  void end() {
    caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
    actor = nullptr;
    run();
  }
  /// With other options.
  void restart() {
    end();
    start();
  }

  static launch_terminals wish(std::string command = "top", int count = 1) {
    launch_terminals made;
    made.command = std::move(command);
    made.count = count;
    return made;
  }
  pending<terminals_launched> launch(const launch_terminals& what) {
    return ask<terminals_launched>(actor, what);
  }
  std::string launch_one(const std::string& command = "top") {
    return launch(wish(command)).value().terminals.at(0);
  }

  exec::process_spec spec_of(const std::string& terminal) const {
    return process_of(terminal).spec;
  }
  /// Its program writes that, and the actor hears of it.
  void write(const std::string& terminal, const std::string& text) {
    auto path = file_of(terminal);
    std::ofstream{path, std::ios::binary | std::ios::app} << text;
    exec::output_growth how;
    how.bytes = std::filesystem::file_size(path);
    how.path = path;
    runner->tell_growth(process_of(terminal).handle, how);
    run();
  }
  void finish_in(const std::string& terminal, exec::process_exit how = {}) {
    REQUIRE(runner->finish(process_of(terminal).handle, std::move(how)));
    run();
  }
  bool was_stopped_in(const std::string& terminal) const {
    return std::ranges::count(runner->stopped(), process_of(terminal).handle) > 0;
  }
  std::string typed_into(const std::string& terminal) const {
    return runner->input_of(process_of(terminal).handle);
  }

  pending<typed_into_terminal> type(const std::string& terminal, const std::string& text,
                                    bool submit = true) {
    return ask<typed_into_terminal>(actor, type_into_terminal{terminal, text, submit});
  }
  terminal_text shown(const std::string& terminal, int lines = 0) {
    return ask<terminals_captured>(actor, capture_terminals{{terminal}, lines})
        .value()
        .terminals.at(0);
  }
  std::vector<terminal_info> list() {
    return ask<terminal_list>(actor, list_terminals{}).value().terminals;
  }
  pending<terminals_closed> close(const std::string& terminal) {
    return ask<terminals_closed>(actor, close_terminal{terminal});
  }

  std::string file_of(const std::string& terminal) const {
    return (directory / (terminal + ".out")).string();
  }

  scratch directory;
  terminals_options options;
  terminals_actor actor;

private:
  manual_runner::started_process process_of(const std::string& terminal) const {
    for (const auto& each : runner->started())
      if (each.spec.run == terminal)
        return each;
    FAIL("nothing was started in terminal '" << terminal << "'");
    return {};
  }
};

} // namespace

TEST_CASE("a terminal runs its command in a pseudo terminal of the wanted size") {
  terminal_room r;
  auto what = terminal_room::wish("top");
  what.columns = 80;
  what.working_directory = "/tmp";
  auto id = r.launch(what).value().terminals.at(0);
  CHECK_THAT(id, Catch::Matchers::Matches("term_[0-9a-f]{8}"));
  auto spec = r.spec_of(id);
  CHECK(spec.argv == std::vector<std::string>{"/bin/sh", "-c", "top"});
  CHECK(spec.terminal == exec::terminal_size{40, 80});
  CHECK(spec.input_stays_open);
  CHECK(spec.working_directory == "/tmp");
  auto about = r.list().at(0);
  CHECK(about.terminal == id);
  CHECK(about.command == "top");
  CHECK(about.status == "running");
  CHECK(about.columns == 80);
  CHECK(about.exit_code == -1);
  CHECK(about.started == "2027-01-15T08:00:00.000Z");
}

TEST_CASE("a capture shows what somebody would see, without escape codes") {
  terminal_room r;
  auto id = r.launch_one();
  r.write(id, "\x1b[31mred\x1b[0m\r\nplain\r\x1b]2;a title\x07");
  auto seen = r.shown(id);
  CHECK(seen.text == "red\nplain");
  CHECK(seen.about.title == "a title");
  CHECK(seen.cursor_row == 1);
  CHECK(seen.cursor_column == 0);
  r.write(id, "PL");
  CHECK(r.shown(id).text == "red\nPLain");
}

TEST_CASE("a capture has the last lines of what is on the screen and has left it") {
  terminal_room r;
  auto what = terminal_room::wish();
  what.rows = 10;
  auto id = r.launch(what).value().terminals.at(0);
  for (int i = 1; i <= 40; ++i)
    r.write(id, std::to_string(i) + "\r\n");
  CHECK(r.shown(id).text == "36\n37\n38\n39\n40");
  CHECK(r.shown(id, 2).text == "39\n40");
  auto all = r.shown(id, 1000).text;
  CHECK(all.starts_with("12\n13\n")); // nine rows with text, and 20 that are kept of the others
  CHECK(all.ends_with("\n40"));
}

TEST_CASE("a capture tells which of its lines have left the screen, whatever is empty below") {
  terminal_room r;
  auto id = r.launch_one();
  std::string text;
  for (int i = 0; i < 60; ++i) // of 40 rows
    text += std::to_string(i) + "\r\n";
  r.write(id, text + "\x1b[H\x1b[J"
                     "top");
  auto shown = r.shown(id, 100);
  CHECK(shown.text.ends_with("top"));
  auto before = shown.text.substr(0, shown.text.size() - 3);
  CHECK(shown.lines_above == std::ranges::count(before, '\n'));
  CHECK(shown.lines_above > 0);
  CHECK(shown.cursor_row == 0);
}

TEST_CASE("a terminal takes another size within its bounds, and its screen too") {
  terminal_room r;
  auto id = r.launch_one();
  auto about = r.ask<terminal_info>(r.actor, resize_terminal{id, 100, 12}).value();
  CHECK(about.columns == 100);
  CHECK(about.rows == 12);
  CHECK(r.list().at(0).columns == 100);
  r.write(id, std::string(100, 'x'));
  CHECK(r.shown(id).text == std::string(100, 'x'));
  CHECK(r.shown(id).cursor_row == 0);
  CHECK(r.ask<terminal_info>(r.actor, resize_terminal{id, 39, 12}).failure().code ==
        errc::invalid_argument);
  CHECK(r.ask<terminal_info>(r.actor, resize_terminal{"term_none", 80, 24}).failure().code ==
        errc::not_found);
  CHECK(r.list().at(0).columns == 100);
}

TEST_CASE("what an editor shows has nothing of what was there before it") {
  terminal_room r;
  auto what = terminal_room::wish();
  what.rows = 10;
  auto id = r.launch(what).value().terminals.at(0);
  for (int i = 1; i <= 15; ++i)
    r.write(id, std::to_string(i) + "\r\n");
  r.write(id, "\x1b[?1049h\x1b[Heditor");
  CHECK(r.shown(id, 100).text == "editor");
  CHECK(r.shown(id).alternate);
  r.write(id, "\x1b[?1049l");
  CHECK(r.shown(id, 100).text.starts_with("1\n2\n"));
}

TEST_CASE("of a program that writes more than anybody can read, the end is shown") {
  terminal_room r;
  auto id = r.launch_one("yes");
  r.write(id, std::string(std::size_t{3} << 20, 'y') + "\r\nlast");
  CHECK(r.shown(id, 1).text == "last");
}

TEST_CASE("what is typed arrives, with Enter unless it is not to be pressed") {
  terminal_room r;
  auto id = r.launch_one();
  CHECK(r.type(id, "ls").value().taken);
  CHECK(r.type(id, "\x03", false).value().taken);
  CHECK(r.typed_into(id) == "ls\r\x03");
}

TEST_CASE("whoever types into a program that does not read is told so") {
  terminal_room r;
  auto id = r.launch_one();
  r.runner->takes_input = false;
  auto typed = r.type(id, "ls");
  r.advance(4s);
  CHECK_FALSE(typed.has_come());
  r.advance(2s);
  CHECK_FALSE(typed.value().taken);
}

TEST_CASE("a program that asks its terminal gets an answer") {
  terminal_room r;
  auto id = r.launch_one();
  r.write(id, "ab\x1b[6n");
  CHECK(r.typed_into(id) == "\x1b[1;3R");
}

TEST_CASE("a terminal that has exited keeps what it showed, until it is closed") {
  terminal_room r;
  auto id = r.launch_one();
  r.write(id, "bye\r\n");
  r.finish_in(id, exit_with(3));
  CHECK(r.runner->settled() == std::vector{id});
  CHECK_FALSE(std::filesystem::exists(r.file_of(id)));
  auto seen = r.shown(id);
  CHECK(seen.text == "bye");
  CHECK(seen.about.status == "exited");
  CHECK(seen.about.exit_code == 3);
  CHECK(r.type(id, "ls").failure().code == errc::process_failed);
  CHECK(r.close(id).value().closed_count == 1);
  CHECK(r.list().empty());
  CHECK(r.close(id).failure().code == errc::not_found);
}

TEST_CASE("what was written last before the end is shown, though nobody has told of it") {
  terminal_room r;
  auto id = r.launch_one();
  std::ofstream{r.file_of(id)} << "only line\r\n";
  r.finish_in(id);
  CHECK(r.shown(id).text == "only line");
}

TEST_CASE("a terminal whose command cannot be started says why") {
  terminal_room r;
  auto id = r.launch_one();
  exec::process_exit never;
  never.failure = error{errc::process_failed, "no free descriptors"};
  r.finish_in(id, never);
  CHECK(r.list().at(0).status == "exited");
  CHECK(r.list().at(0).exit_code == -1);
  CHECK(r.list().at(0).note == "no free descriptors");
}

TEST_CASE("who closes a terminal hears of it when its program has ended") {
  terminal_room r;
  auto id = r.launch_one();
  auto closed = r.close(id);
  auto again = r.close(id);
  CHECK(r.was_stopped_in(id));
  CHECK(r.runner->stopped().size() == 1);
  CHECK_FALSE(closed.has_come());
  CHECK(r.list().at(0).status == "closing");
  r.finish_in(id);
  CHECK(closed.value().closed_count == 1);
  CHECK(again.value().closed_count == 1);
  CHECK(r.list().empty());
}

TEST_CASE("who closes all terminals hears of it when the last program has ended") {
  terminal_room r;
  auto three = r.launch(terminal_room::wish("top", 3)).value().terminals;
  r.finish_in(three[1]);
  auto closed = r.ask<terminals_closed>(r.actor, close_all_terminals{});
  r.finish_in(three[0]);
  CHECK_FALSE(closed.has_come());
  r.finish_in(three[2]);
  CHECK(closed.value().closed_count == 3);
  CHECK(r.ask<terminals_closed>(r.actor, close_all_terminals{}).value().closed_count == 0);
}

TEST_CASE("there are no more terminals than allowed, and those that have exited make room") {
  terminal_room r{2};
  auto first = r.launch_one();
  auto second = r.launch_one();
  auto refused = r.launch(terminal_room::wish()).failure();
  CHECK_THAT(refused.message, ContainsSubstring("terminal.max_concurrent_sessions"));
  r.finish_in(first);
  CHECK(r.launch(terminal_room::wish("top", 2)).failed()); // all or none
  CHECK(r.list().size() == 2);
  auto third = r.launch_one();
  CHECK(r.list().at(0).terminal == second);
  CHECK(r.list().at(1).terminal == third);
}

TEST_CASE("what cannot be launched is refused with its reason") {
  terminal_room r;
  auto refused = [&](auto change, const std::string& text) {
    auto what = terminal_room::wish();
    change(what);
    auto failure = r.launch(what).failure();
    CHECK(failure.code == errc::invalid_argument);
    CHECK_THAT(failure.message, ContainsSubstring(text));
  };
  refused([](auto& x) { x.command = ""; }, "10000");
  refused([](auto& x) { x.command = std::string(10'001, 'x'); }, "10000");
  refused([](auto& x) { x.count = 0; }, "1 to 10");
  refused([](auto& x) { x.count = 11; }, "1 to 10");
  refused([](auto& x) { x.columns = 39; }, "40 to 300");
  refused([](auto& x) { x.columns = 301; }, "40 to 300");
  refused([](auto& x) { x.rows = 9; }, "10 to 200");
  refused([](auto& x) { x.rows = 201; }, "10 to 200");
  refused([](auto& x) { x.working_directory = "here"; }, "absolute");
  CHECK(r.runner->started().empty());
  CHECK(r.type("term_0", "x").failure().code == errc::not_found);
  CHECK(r.ask<terminals_captured>(r.actor, capture_terminals{{"term_0"}, 0}).failure().code ==
        errc::not_found);
}

TEST_CASE("where terminals are off, or have no place for what they write, they say so") {
  terminal_room r;
  r.options.enabled = false;
  r.restart();
  CHECK_THAT(r.launch(terminal_room::wish()).failure().message,
             ContainsSubstring("terminal.enabled"));
  r.options.enabled = true;
  r.options.runner = nullptr;
  r.restart();
  CHECK_THAT(r.launch(terminal_room::wish()).failure().message, ContainsSubstring("state_dir"));
  CHECK(r.list().empty());
}

TEST_CASE("terminals end with their actor") {
  terminal_room r;
  auto id = r.launch_one();
  r.end();
  CHECK(r.was_stopped_in(id));
  r.start();
}

TEST_CASE("a shell in a real terminal does what is typed") {
  scratch directory;
  auto opened = exec::local_runner::open(directory.path().string());
  REQUIRE(opened.has_value());
  std::shared_ptr<exec::process_runner> runner{std::move(*opened)};
  caf::actor_system_config config;
  register_messages(config);
  caf::actor_system system{config};
  terminals_options options;
  options.runner = runner;
  auto actor = spawn_terminals(system, options);
  caf::scoped_actor self{system};
  auto ask = [&]<class Answer>(const auto& question, Answer answer) {
    self->request(actor, 20s, question)
        .receive([&](const Answer& x) { answer = x; },
                 [](const caf::error& why) { FAIL(from_caf(why, "the terminals").message); });
    return answer;
  };
  launch_terminals wish;
  wish.command = "PS1='> ' exec sh -i";
  auto id = ask(wish, terminals_launched{}).terminals.at(0);
  auto shows = [&](const std::string& text) {
    auto limit = std::chrono::steady_clock::now() + 20s;
    for (;;) {
      auto seen = ask(capture_terminals{{id}, 0}, terminals_captured{}).terminals.at(0);
      if (seen.text.find(text) != std::string::npos)
        return true;
      if (std::chrono::steady_clock::now() > limit) {
        UNSCOPED_INFO("it shows: " << seen.text);
        return false;
      }
      std::this_thread::sleep_for(10ms);
    }
  };
  CHECK(shows(">"));
  CHECK(
      ask(type_into_terminal{id, "echo $((6 * 7)) $TERM; stty size"}, typed_into_terminal{}).taken);
  CHECK(shows("42 xterm-256color\n40 120"));
  CHECK(ask(resize_terminal{id, 77, 22}, terminal_info{}).columns == 77);
  CHECK(ask(type_into_terminal{id, "stty size"}, typed_into_terminal{}).taken);
  CHECK(shows("22 77"));
  CHECK(ask(close_terminal{id}, terminals_closed{}).closed_count == 1);
  CHECK(std::filesystem::is_empty(directory.path()));
  caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  actor = nullptr;
}
