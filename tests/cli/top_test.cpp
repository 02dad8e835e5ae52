// SPDX-License-Identifier: MIT
#include "cli/columns.hpp"
#include "cli/top/frame.hpp"
#include "support/catch.hpp"

#include <algorithm>

using namespace mahavishnu;
using namespace mahavishnu::cli;
using namespace mahavishnu::cli::top;
using std::chrono::milliseconds;

namespace {

const clock::time_point start{};

pool_info pool(const std::string& name, std::int64_t completed = 0) {
  pool_info info;
  info.pool = pool_id{"pool_" + name};
  info.name = name;
  info.worker_type = "shell";
  info.status = pool_status::running;
  info.workers = 2;
  info.min_workers = 2;
  info.max_workers = 4;
  info.tasks_completed = completed;
  return info;
}

task_id id_of(std::uint64_t number) {
  return {1u << 20, number};
}

task_line task(std::uint64_t number, task_status status, const std::string& prompt,
               const std::string& of = "local") {
  task_line line;
  line.task = id_of(number);
  line.pool = pool_id{"pool_" + of};
  line.pool_name = of;
  line.status = status;
  line.attempts = 1;
  line.age = std::chrono::seconds{1000 - static_cast<std::int64_t>(number)};
  line.prompt = prompt;
  return line;
}

snapshot picture(std::vector<task_line> tasks = {}) {
  snapshot now;
  now.taken = start;
  now.server.server_name = "mahavishnu";
  now.server.version = "1.2.3";
  now.server.uptime = std::chrono::seconds{200};
  now.pools = {pool("local"), pool("build")};
  now.tasks = std::move(tasks);
  put_in_order(now.tasks, most_tasks);
  now.has_tasks = true;
  now.has_workers = true;
  return now;
}

snapshot many_tasks(std::size_t count) {
  std::vector<task_line> tasks;
  for (std::size_t i = 0; i < count; ++i)
    tasks.push_back(task(i, task_status::completed, "prompt " + std::to_string(i)));
  return picture(std::move(tasks));
}

view_state view_of(snapshot now, extent size = {80, 24}, page first = page::tasks) {
  view_state state{size, std::chrono::seconds{2}, first};
  state.take(std::move(now));
  return state;
}

std::string text_of(const frame_line& line) {
  std::string text;
  for (const auto& each : line)
    text += each.text;
  return text;
}

std::vector<std::string> lines_of(const view_state& state, clock::time_point now = start) {
  std::vector<std::string> lines;
  for (const auto& each : draw(state, now).lines)
    lines.push_back(text_of(each));
  return lines;
}

std::string all_of(const view_state& state, clock::time_point now = start) {
  std::string text;
  for (const auto& each : lines_of(state, now))
    text += each + "\n";
  return text;
}

/// The line of which a piece looks like that.
std::string line_in(const view_state& state, ink how, std::string_view with = {}) {
  for (const auto& line : draw(state, start).lines)
    for (const auto& each : line)
      if (each.how == how && text_of(line).find(with) != std::string::npos)
        return text_of(line);
  return {};
}

std::vector<std::string> prompts(const view_state& state) {
  std::vector<std::string> all;
  for (const auto& row : state.list().rows)
    all.push_back(row.cells.back().text);
  return all;
}

void type(view_state& state, std::string_view keys) {
  for (char each : keys)
    state.handle(static_cast<key>(each));
}

using texts = std::vector<std::string>;

} // namespace

TEST_CASE("text takes as many columns as a terminal gives it") {
  CHECK(columns_of("abc") == 3);
  CHECK(columns_of("漢字") == 4);
  CHECK(columns_of("e\xCC\x81t") == 2); // an accent that joins the letter before it
  CHECK(columns_of("😀") == 2);
  CHECK(within("漢字", 3) == "漢");
  CHECK(behind("漢字", 1) == "字");
  CHECK(behind("e\xCC\x81t", 1) == "t");
  CHECK(cut_end("abcdef", 4) == "ab..");
  CHECK(cut_end("abcd", 4) == "abcd");
  CHECK(cut_end("漢字漢字", 5) == "漢..");
  CHECK(cut_front("abcdef", 4) == "..ef");
  CHECK(padded("漢", 4) == "漢  ");
  CHECK(padded("7", 3, true) == "  7");
  CHECK(in_ascii("a漢é") == "a???");
}

TEST_CASE(
    "tasks that have not ended come first, then the newest, each once, and no more than asked") {
  std::vector<task_line> tasks{
      task(1, task_status::queued, "old"), task(5, task_status::completed, "new"),
      task(3, task_status::running, "runs"), task(4, task_status::failed, "bad"),
      task(3, task_status::running, "runs")};
  put_in_order(tasks, 3);
  REQUIRE(tasks.size() == 3);
  CHECK(tasks[0].prompt == "runs");
  CHECK(tasks[1].prompt == "old");
  CHECK(tasks[2].prompt == "new");
}

TEST_CASE("tasks that run are asked for when the newest ones are not all of them") {
  auto now = picture({task(1, task_status::running, "a"), task(2, task_status::completed, "b")});
  now.pools[0].active_workers = 2;
  snapshot_wish wish;
  wish.limit = 2;
  CHECK(misses(now, task_status::running, wish));
  CHECK_FALSE(misses(now, task_status::queued, wish));
  now.pools[0].active_workers = 1;
  CHECK_FALSE(misses(now, task_status::running, wish));
  now.pools[1].active_workers = 1;
  CHECK(misses(now, task_status::running, wish));
  wish.tasks_of = "pool_local";
  CHECK_FALSE(misses(now, task_status::running, wish));
  now.pools[0].queued = 1;
  CHECK(misses(now, task_status::queued, wish));
  wish.limit = 3; // there was room for all
  CHECK_FALSE(misses(now, task_status::queued, wish));
}

TEST_CASE("the rate is that of tasks which ended between two pictures of one server") {
  auto before = picture(), after = picture();
  before.pools[0].tasks_completed = 10;
  after.pools[0].tasks_completed = 14;
  after.pools[0].tasks_failed = 1;
  CHECK_FALSE(rate_between(before, after).has_value()); // no time has passed
  after.taken = start + milliseconds{2000};
  CHECK(rate_between(before, after) == 2.5);
  after.pools.erase(after.pools.begin());
  CHECK_FALSE(rate_between(before, after).has_value());
  after.pools = before.pools;
  after.server.pid = 7;
  CHECK_FALSE(rate_between(before, after).has_value());
}

TEST_CASE("a screen of 80 by 24 shows server, totals, lists and what keys do") {
  auto now = picture(
      {task(1, task_status::running, "make test"), task(2, task_status::failed, "make lint")});
  now.pools[0].active_workers = 1;
  now.pools[0].queued = 3;
  now.pools[1].tasks_completed = 12;
  auto state = view_of(now);
  auto lines = lines_of(state);
  REQUIRE(lines.size() == 24);
  CHECK(lines[0] == "mahavishnu 1.2.3, up 3m20s   every 2 s");
  CHECK(lines[1] == "2 pools, tasks: 1 running, 3 waiting, 12 done, 0 failed");
  CHECK(lines[2] == " 1 Pools  2 Tasks (2)  3 Workers ");
  CHECK_THAT(lines[3], ContainsSubstring("STATUS^") && ContainsSubstring("PROMPT"));
  CHECK_THAT(lines[4], ContainsSubstring("running") && ContainsSubstring("make test"));
  CHECK_THAT(lines[4], ContainsSubstring(id_of(1).str()));
  CHECK_THAT(lines[5], ContainsSubstring("failed"));
  CHECK_THAT(lines[23], ContainsSubstring("q quit"));
  CHECK(line_in(state, ink::selected, "make test") == lines[4]);
  state.handle('1');
  CHECK_THAT(all_of(state), ContainsSubstring("2 (2-4)"));
  state.handle('3');
  CHECK_THAT(all_of(state), ContainsSubstring("1 worker") && ContainsSubstring("?"));
  now.worker_of.emplace(id_of(1), worker_id{"worker_7"});
  state.take(now);
  CHECK_THAT(all_of(state), ContainsSubstring("worker_7"));
}

TEST_CASE("no line is wider than the screen, and there are as many as it has") {
  auto now = many_tasks(60);
  now.tasks[3].prompt = std::string(300, 'x');
  now.tasks[4].prompt = "漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字";
  now.tasks[5].pool_name = "a-pool-with-a-name-that-is-much-longer-than-any-column";
  now.server.server_name = std::string(200, 's');
  for (auto size : {extent{80, 24}, extent{20, 5}, extent{200, 50}, extent{21, 8}, extent{3, 2},
                    extent{1, 1}, extent{47, 7}}) {
    auto state = view_of(now, size);
    for (const auto* keys : {"", "1", "3", "2/abc", "\x1b\nc", "2i", "qh", "q2l"}) {
      type(state, keys);
      auto shown = draw(state, start);
      CAPTURE(size.columns, size.lines, keys);
      CHECK(shown.lines.size() == size.lines);
      for (const auto& line : shown.lines)
        CHECK(columns_of(text_of(line)) <= size.columns);
      if (shown.cursor)
        CHECK(*shown.cursor < size.columns);
    }
  }
}

TEST_CASE("a narrow screen keeps the ends of ids, and gives up what is rare") {
  auto state = view_of(many_tasks(3));
  auto wide = all_of(state);
  CHECK_THAT(wide, ContainsSubstring("TRIES"));
  state.resize({40, 10});
  auto narrow = all_of(state);
  CHECK_THAT(narrow, !ContainsSubstring("TRIES"));
  auto whole = id_of(2).str();
  CHECK_THAT(narrow, ContainsSubstring("..") && ContainsSubstring(whole.substr(whole.size() - 6)));
  CHECK_THAT(narrow, !ContainsSubstring(whole));
}

TEST_CASE("rows are sorted by any column, both ways") {
  auto state = view_of(picture({task(1, task_status::completed, "b", "zoo"),
                                task(2, task_status::running, "c", "ape"),
                                task(3, task_status::queued, "a", "bee")}));
  CHECK(prompts(state) == texts{"c", "a", "b"}); // by status: runs, waits, has ended
  type(state, "r");
  CHECK(prompts(state) == texts{"b", "a", "c"});
  type(state, "r<");
  CHECK(prompts(state) == texts{"c", "a", "b"}); // by pool: ape, bee, zoo
  type(state, ">>>");
  CHECK(line_in(state, ink::heading).find("AGE^") != std::string::npos);
  CHECK(prompts(state) == texts{"a", "c", "b"}); // 997 s, 998 s, 999 s: numbers, not texts
  type(state, "s");
  CHECK(prompts(state) == texts{"a", "b", "c"});
  type(state, "s");
  CHECK(prompts(state) == texts{"a", "c", "b"}); // as the server has it
  type(state, "s");
  CHECK(line_in(state, ink::heading).find("TASK^") != std::string::npos);
}

TEST_CASE("numbers are sorted as numbers") {
  auto now = picture();
  now.pools[0].tasks_completed = 9;
  now.pools[1].tasks_completed = 10;
  auto state = view_of(now, {80, 24}, page::pools);
  while (line_in(state, ink::heading).find("DONE^") == std::string::npos)
    type(state, "s");
  CHECK(state.list().rows[0].cells[0].text == "local");
  type(state, "r");
  CHECK(state.list().rows[0].cells[0].text == "build");
}

TEST_CASE("a filter shows what has the text, and Esc shows all again") {
  auto state = view_of(
      picture({task(1, task_status::running, "make TEST"),
               task(2, task_status::running, "make lint"), task(3, task_status::running, "漢字")}));
  type(state, "/tes");
  CHECK(prompts(state) == texts{"make TEST"});
  auto last = lines_of(state).back();
  CHECK(last == "/tes");
  CHECK(draw(state, start).cursor == 4);
  state.handle(keys::backspace);
  CHECK(lines_of(state).back() == "/te");
  state.handle(keys::enter);
  CHECK(prompts(state) == texts{"make TEST"});
  CHECK_THAT(lines_of(state)[2], ContainsSubstring("with te"));
  // Keys are keys again, and a new picture is filtered, too.
  type(state, "q");
  state.take(
      picture({task(1, task_status::running, "make TEST"), task(4, task_status::running, "testing"),
               task(5, task_status::running, "other")}));
  CHECK(prompts(state) == texts{"testing", "make TEST"});
  state.handle(keys::escape);
  CHECK(state.list().rows.size() == 3);
  type(state, "/");
  state.handle(U'漢');
  CHECK(lines_of(state).back() == "/漢");
  CHECK(draw(state, start).cursor == 3);
  CHECK(state.list().rows.empty());
  CHECK_THAT(all_of(state), ContainsSubstring("Esc shows all"));
  state.handle(keys::backspace);
  CHECK(lines_of(state).back() == "/");
}

TEST_CASE("the selection stays on its thing when rows move, and on its place when that has gone") {
  auto state =
      view_of(picture({task(1, task_status::completed, "a"), task(2, task_status::completed, "b"),
                       task(3, task_status::completed, "c")}));
  type(state, "j");
  CHECK_THAT(line_in(state, ink::selected, "b"), ContainsSubstring(id_of(2).str()));
  state.take(picture({task(1, task_status::completed, "a"), task(2, task_status::completed, "b"),
                      task(3, task_status::running, "c"), task(9, task_status::running, "z")}));
  CHECK(state.selected() == 2);
  CHECK(state.list().rows[state.selected()].task == id_of(2));
  type(state, "r");
  CHECK(state.list().rows[state.selected()].task == id_of(2));
  auto place = state.selected();
  state.take(picture({task(1, task_status::completed, "a"), task(3, task_status::running, "c"),
                      task(9, task_status::running, "z")}));
  CHECK(state.selected() == place);
  state.take(picture());
  CHECK(state.selected() == 0);
  CHECK(state.handle('c').what == action::kind::none);
}

TEST_CASE("the list scrolls with the selection, and no further than its ends") {
  auto state = view_of(many_tasks(60)); // 24 lines: 3 above, headings, 19 rows, one below
  CHECK(state.room() == 19);
  state.handle(keys::up);
  CHECK(state.selected() == 0);
  for (int i = 0; i < 19; ++i)
    state.handle(keys::down);
  CHECK(state.selected() == 19);
  CHECK(state.first_row() == 1);
  state.handle(keys::page_down);
  CHECK(state.selected() == 38);
  state.handle(keys::end);
  CHECK(state.selected() == 59);
  CHECK(state.first_row() == 41);
  state.handle(keys::page_down);
  CHECK(state.selected() == 59);
  state.handle(keys::page_up);
  CHECK(state.selected() == 40);
  CHECK(state.first_row() == 40);
  state.resize({80, 10});
  CHECK(state.selected() == 40);
  CHECK(state.first_row() <= 40);
  CHECK(state.first_row() + state.room() > 40);
  state.resize({80, 60});
  CHECK(state.first_row() + state.room() >= 60); // no empty lines while there are rows
  state.handle(keys::home);
  CHECK(state.first_row() == 0);
}

TEST_CASE("text of others cannot move the cursor") {
  auto state = view_of(picture({task(1, task_status::running,
                                     "a\x1b[2Jb\x07\xff\xC2\x9B"
                                     "c")}));
  auto text = all_of(state);
  text.erase(std::remove(text.begin(), text.end(), '\n'), text.end());
  CHECK(std::none_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20; }));
  CHECK(text.find("\xC2\x9B") == std::string::npos);
  auto bad = picture();
  bad.server.server_name = "x\x1b[31m";
  bad.pools[0].name = "p\nq";
  CHECK(all_of(view_of(bad, {80, 24}, page::pools)).find('\x1b') == std::string::npos);
  CHECK_THAT(all_of(view_of(bad, {80, 24}, page::pools)), ContainsSubstring("p q"));
  state.lose("gone\x1b[0m", start);
  CHECK(all_of(state).find('\x1b') == std::string::npos);
}

TEST_CASE("a task is cancelled after a question, and only one that has not ended") {
  auto state =
      view_of(picture({task(1, task_status::running, "a"), task(2, task_status::completed, "b")}));
  CHECK(state.handle('c').what == action::kind::none);
  CHECK(lines_of(state).back() == "Cancel " + id_of(1).str() + "? y/n");
  // Another picture does not change what the question is about.
  state.take(picture({task(5, task_status::running, "n"), task(1, task_status::running, "a")}));
  auto wanted = state.handle('y');
  CHECK(wanted.what == action::kind::cancel);
  CHECK(wanted.task == id_of(1));
  type(state, "c");
  CHECK(state.handle('n').what == action::kind::none);
  CHECK(lines_of(state).back() == "Not cancelled");
  type(state, "c");
  CHECK(state.handle(keys::enter).what == action::kind::none);
  CHECK(state.handle('y').what == action::kind::none);
  state.take(picture({task(2, task_status::completed, "b")}));
  CHECK(state.handle('c').what == action::kind::none);
  CHECK(state.asked() == view_state::prompt::none);
  CHECK_THAT(lines_of(state).back(), ContainsSubstring("ended already"));
  type(state, "1c");
  CHECK_THAT(lines_of(state).back(), ContainsSubstring("Only tasks"));
}

TEST_CASE("a pause is said, and the interval goes up and down") {
  auto state = view_of(picture());
  CHECK(state.handle(keys::space).what == action::kind::none);
  CHECK(state.is_paused());
  CHECK_THAT(lines_of(state)[0], ContainsSubstring("PAUSED"));
  CHECK(state.handle(keys::space).what == action::kind::look_again);
  CHECK_FALSE(state.is_paused());
  type(state, "+");
  CHECK(state.interval() == std::chrono::seconds{5});
  type(state, "---");
  CHECK(state.interval() == milliseconds{500});
  type(state, "---------");
  CHECK(state.interval() == milliseconds{100});
  type(state, "+++++++++++++++++++++++");
  CHECK(state.interval() == std::chrono::seconds{300});
}

TEST_CASE("a lost server is said, the last picture stays and is grey, until the next one") {
  auto state = view_of(picture({task(1, task_status::running, "a")}));
  state.lose("the server went away", start);
  state.lose("no server is running", start + std::chrono::seconds{5});
  auto shown = draw(state, start + std::chrono::seconds{7});
  CHECK_THAT(text_of(shown.lines[0]),
             ContainsSubstring("No server for 7s") && ContainsSubstring("no server is running"));
  bool has_colour = false;
  for (const auto& line : shown.lines)
    for (const auto& each : line)
      has_colour = has_colour || each.how == ink::busy || each.how == ink::plain;
  CHECK_FALSE(has_colour);
  CHECK_THAT(all_of(state, start), ContainsSubstring("running"));
  state.resize({20, 5});
  CHECK_THAT(lines_of(state, start)[0], ContainsSubstring("No server"));
  state.resize({40, 4});
  CHECK_THAT(lines_of(state, start).back(), ContainsSubstring("No server"));
  state.take(picture());
  CHECK_THAT(all_of(state), !ContainsSubstring("No server"));
}

TEST_CASE("only the tasks of a pool are shown, and asked for") {
  auto state = view_of(picture({task(1, task_status::running, "a", "local"),
                                task(2, task_status::running, "b", "build")}),
                       {80, 24}, page::pools);
  CHECK(state.wanted().metrics);
  CHECK_FALSE(state.wanted().tasks);
  type(state, "jp"); // build
  CHECK(state.current() == page::tasks);
  CHECK(prompts(state) == texts{"b"});
  CHECK(state.wanted().tasks_of == "pool_build");
  CHECK_THAT(lines_of(state)[2], ContainsSubstring("pool build"));
  type(state, "p");
  CHECK(prompts(state) == texts{"b", "a"});
  CHECK(state.wanted().tasks_of.empty());
  type(state, "1g");
  state.handle(keys::enter); // the same for pools
  CHECK(prompts(state) == texts{"a"});
}

TEST_CASE("the log of a task follows, scrolls, and goes back to the list") {
  auto state = view_of(picture({task(1, task_status::running, "a")}), {40, 10});
  CHECK_FALSE(state.wanted_log().has_value());
  state.handle(keys::enter);
  REQUIRE(state.shown() == view_state::mode::log);
  auto give = [&](const std::string& bytes, std::int64_t size, task_status status,
                  std::int32_t attempt = 1) {
    auto question = *state.wanted_log();
    return state.take(
        question, task_output{question.task, status, attempt, question.offset, bytes, size, {}});
  };
  CHECK(state.wanted_log()->most == 0); // how much is there?
  CHECK(give("", 40, task_status::running));
  std::string text;
  for (int i = 1; i <= 20; ++i)
    text += std::to_string(i) + "\n";
  CHECK_FALSE(give(text, static_cast<std::int64_t>(text.size()), task_status::running));
  CHECK(lines_of(state)[8] == "20");
  CHECK_THAT(lines_of(state).back(), ContainsSubstring("follows"));
  type(state, "k");
  CHECK(lines_of(state)[8] == "19");
  auto size = static_cast<std::int64_t>(text.size());
  give("more\tend\r\n\x1b[31mred\x1b[0m", size + 20, task_status::running);
  CHECK(lines_of(state)[8] == "19"); // does not run away from who reads
  type(state, "G");
  CHECK(lines_of(state)[7] == "more    end");
  CHECK(lines_of(state)[8] == "red");
  type(state, "g");
  CHECK(lines_of(state)[1] == "1");
  type(state, "k");
  CHECK(lines_of(state)[1] == "1");
  type(state, "G");
  // The next attempt begins anew.
  CHECK(give("", 3, task_status::running, 2));
  give("new", 3, task_status::completed, 2);
  CHECK(lines_of(state)[1] == "new");
  CHECK_THAT(all_of(state), !ContainsSubstring("red"));
  CHECK_FALSE(state.wanted_log().has_value()); // no more will come
  type(state, "e");
  CHECK(state.wanted_log()->stream == output_stream::error);
  CHECK_THAT(all_of(state), ContainsSubstring("Reading"));
  CHECK(state.handle('q').what == action::kind::look_again);
  CHECK(state.shown() == view_state::mode::list);
}

TEST_CASE("of a long log only the end is read, and pieces of before are left out") {
  log_text log{id_of(1)};
  constexpr auto size = log_text::most_bytes * 3;
  auto question = log.next();
  CHECK(log.take(question, {id_of(1), task_status::running, 1, 0, {}, size, {}}));
  CHECK(log.is_cut());
  CHECK(log.next().offset == size - log_text::most_bytes);
  CHECK_FALSE(log.take(question, {id_of(1), task_status::running, 1, 0, "late", size, {}}));
  CHECK(log.lines().empty());
  auto next = log.next();
  CHECK(log.take(next, {id_of(1), task_status::running, 1, next.offset, "begin\nopen", size, {}}));
  CHECK(log.lines() == std::deque<std::string>{"begin", "open"});
  next = log.next();
  log.take(next, {id_of(1), task_status::running, 1, next.offset, " end\n", size, {}});
  CHECK(log.lines() == std::deque<std::string>{"begin", "open end"});
  next = log.next();
  std::string empty_lines(log_text::most_lines + 10, '\n');
  log.take(next, {id_of(1), task_status::running, 1, next.offset, empty_lines, size, {}});
  CHECK(log.lines().size() == log_text::most_lines);
  CHECK(log.dropped() == 12);
}

TEST_CASE("a line of a log is as a terminal would leave it") {
  CHECK(line_for_people("10%\r50%\r100%\r") == "100%");
  CHECK(line_for_people("a\tb") == "a       b");
  CHECK(line_for_people("漢\tb") == "漢      b");
  CHECK(line_for_people("\x1b[1;31mred\x1b[0m \x1b]0;title\x07x\x1b[") == "red x");
  CHECK(line_for_people("\x01\xff") == " \xEF\xBF\xBD");
}

TEST_CASE("all that is known of a thing is asked for once, and shown") {
  auto state = view_of(picture({task(1, task_status::running, "a")}), {40, 10});
  type(state, "i");
  auto wish = state.wanted_description();
  REQUIRE(wish.has_value());
  CHECK(wish->task == id_of(1));
  CHECK_THAT(all_of(state), ContainsSubstring("Reading"));
  state.take(description_wish{{}, "pool_local"}, "of another thing");
  CHECK(state.wanted_description().has_value());
  state.take(*wish, "status: running\nprompt: \x1b[2J\n");
  CHECK_FALSE(state.wanted_description().has_value());
  CHECK_THAT(all_of(state), ContainsSubstring("status: running"));
  CHECK(all_of(state).find('\x1b') == std::string::npos);
  type(state, "q1i");
  CHECK(state.wanted_description()->pool == "pool_local");
  type(state, "qh");
  CHECK_THAT(all_of(state), ContainsSubstring("pools, tasks, workers"));
  CHECK_FALSE(state.wanted_description().has_value());
  auto help = state.text().size();
  for (int i = 0; i < 50; ++i)
    state.handle(keys::down);
  CHECK(lines_of(state)[8] == state.text()[help - 1]);
  CHECK(state.handle('q').what == action::kind::look_again);
  CHECK(state.handle('q').what == action::kind::leave);
}

TEST_CASE("a picture as lines has no escape codes, and is cut for terminals only") {
  auto now = picture({task(1, task_status::failed, std::string(150, 'x'))});
  auto piped = plain_text(now, {});
  CHECK_THAT(piped, ContainsSubstring(std::string(150, 'x')));
  CHECK_THAT(piped, ContainsSubstring("2 pools, tasks: 0 running"));
  CHECK_THAT(piped, ContainsSubstring("local") && ContainsSubstring("TASK"));
  auto cut = plain_text(now, {80, true});
  CHECK(cut.find('\x1b') == std::string::npos);
  std::size_t widest = 0;
  for (std::size_t begin = 0; begin < cut.size();) {
    auto end = cut.find('\n', begin);
    widest = std::max(widest, end - begin);
    begin = end + 1;
  }
  CHECK(widest <= 80);
  CHECK_THAT(cut, ContainsSubstring(id_of(1).str()));
}

TEST_CASE("a picture as JSON has the answers as they are") {
  auto now = picture({task(1, task_status::running, "a")});
  now.pools[0].active_workers = 1;
  now.metrics["pool_local"].memory_usage_mb = 12;
  now.worker_of.emplace(id_of(1), worker_id{"worker_7"});
  auto object = json_of(now);
  CHECK(object["tasks_running"] == 1);
  CHECK(object["tasks_per_second"].is_null());
  CHECK(object["pools"][0]["metrics"]["memory_usage_mb"] == 12);
  CHECK(object["tasks"][0]["worker_id"] == "worker_7");
  now.per_second = 1.5;
  CHECK(json_of(now)["tasks_per_second"] == 1.5);
}
