// SPDX-License-Identifier: MIT
#include "exec/process_table.hpp"
#include "exec/spawned.hpp"

using namespace mahavishnu;
using namespace mahavishnu::test;
using exec::has_variable;
using exec::parse_stat;
using exec::process_entry;
using exec::process_table;

namespace {

std::string stat_line(const std::string& name, const std::string& state = "S") {
  return "42 (" + name + ") " + state +
         " 7 8 9 34816 42 4194304 100 0 0 0 1 2 0 0 20 0 3 0 2474851 3133440 390 "
         "18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 1 0 0 0 0 0\n";
}

process_entry process(pid_t pid, pid_t parent) {
  process_entry entry;
  entry.pid = pid;
  entry.parent = parent;
  entry.state = 'S';
  entry.threads = 1;
  return entry;
}

std::vector<pid_t> pids(const std::vector<const process_entry*>& entries) {
  std::vector<pid_t> found;
  for (const auto* entry : entries)
    found.push_back(entry->pid);
  std::ranges::sort(found);
  return found;
}

} // namespace

TEST_CASE("a line of the system about a process is read") {
  auto entry = parse_stat(stat_line("sh"));
  REQUIRE(entry);
  CHECK(entry->pid == 42);
  CHECK(entry->command == "sh");
  CHECK(entry->state == 'S');
  CHECK(entry->parent == 7);
  CHECK(entry->group == 8);
  CHECK(entry->session == 9);
  CHECK(entry->threads == 3);
  CHECK(entry->started == 2474851);
}

TEST_CASE("a process may have parentheses, spaces and line ends in its name") {
  for (std::string name : {"a) b", ") S 1 1 1", "(", "a\nb", "", ")"}) {
    auto entry = parse_stat(stat_line(name));
    REQUIRE(entry);
    CHECK(entry->command == name);
    CHECK(entry->parent == 7);
  }
}

TEST_CASE("a line that is none is not taken for one") {
  auto whole = stat_line("sh");
  for (std::string text : {"", "42", "42 (sh", "42 (sh) ", "42 (sh) S", "x (sh) S 1 2 3", ") (",
                           "42 (sh) S 1 2 x 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19"})
    CHECK_FALSE(parse_stat(text));
  for (std::size_t size = 0; size < whole.find(" 2474851"); ++size)
    CHECK_FALSE(parse_stat(whole.substr(0, size)));
}

TEST_CASE("a zombie is not alive unless other threads of it are") {
  auto entry = *parse_stat(stat_line("sh", "Z"));
  CHECK(entry.alive());
  entry.threads = 1;
  CHECK_FALSE(entry.alive());
  entry.state = 'T';
  CHECK(entry.alive());
}

TEST_CASE("a variable counts only as a whole") {
  using namespace std::string_literals;
  auto environment = "PATH=/bin\0MAHAVISHNU_RUN=abc\0X=\0"s;
  CHECK(has_variable(environment, "MAHAVISHNU_RUN=abc"));
  CHECK(has_variable(environment, "X="));
  CHECK_FALSE(has_variable(environment, "MAHAVISHNU_RUN=ab"));
  CHECK_FALSE(has_variable(environment, "MAHAVISHNU_RUN=abcd"));
  CHECK_FALSE(has_variable(environment, "RUN=abc"));
  CHECK(has_variable("LAST=1", "LAST=1"));
  CHECK_FALSE(has_variable("", "X=1"));
}

TEST_CASE("descendants are found at any depth and in any order of the table") {
  process_table table{{process(50, 40), process(10, 1), process(40, 30), process(30, 10),
                       process(20, 10), process(99, 1)}};
  CHECK(pids(table.descendants({10})) == std::vector<pid_t>{20, 30, 40, 50});
  CHECK(pids(table.descendants({30})) == std::vector<pid_t>{40, 50});
  CHECK(pids(table.descendants({20, 40})) == std::vector<pid_t>{50});
  CHECK(table.descendants({77}).empty());
}

TEST_CASE("a table with a circle in it has an end") {
  process_table table{{process(10, 20), process(20, 10), process(30, 30)}};
  CHECK(pids(table.descendants({10})) == std::vector<pid_t>{20});
  CHECK(table.descendants({30}).empty());
}

TEST_CASE("the processes of this system are listed with what they are") {
  auto spec = shell("echo; read line");
  spec.stdin_text = "x";
  spec.environment = {{"MAHAVISHNU_RUN", "token-1"}};
  spawned child{spec};
  pollfd ready{child.process().output.get(), POLLIN, 0};
  REQUIRE(poll(&ready, 1, std::chrono::milliseconds(deadline).count()) == 1);
  auto table = process_table::read();
  REQUIRE(table.has_value());
  const auto* entry = table->find(child.pid());
  REQUIRE(entry != nullptr);
  CHECK(entry->parent == getpid());
  CHECK(entry->session == child.pid());
  CHECK(entry->alive());
  CHECK(table->has_mark(child.pid(), "MAHAVISHNU_RUN=token-1") == true);
  CHECK(table->has_mark(child.pid(), "MAHAVISHNU_RUN=token") == false);
  CHECK(table->has_mark(getpid(), "MAHAVISHNU_RUN=token-1") == false);
  CHECK(table->find(getpid()) != nullptr);

  exec::child_list own;
  if (auto children = own.list())
    CHECK(std::ranges::find(*children, child.pid()) != children->end());
}

TEST_CASE("processes that cannot be listed are an error that names the place") {
  auto refused = process_table::read("/nowhere/proc");
  REQUIRE(refused.has_error());
  CHECK_THAT(refused.error().message, ContainsSubstring("'/nowhere/proc'"));
}

TEST_CASE("a signal reaches the process that is meant and none that has its number now") {
  spawned child{shell("sleep 1000")};
  auto table = process_table::read();
  auto entry = *table->find(child.pid());
  auto former = entry;
  --former.started;
  CHECK(exec::send_signal(former, SIGKILL) == ESRCH);
  CHECK(exec::send_signal(entry, 0) == 0);
  CHECK(exec::send_signal(entry, SIGTERM) == 0);
  CHECK(child.wait() == 128 + SIGTERM);
  CHECK(exec::send_signal(entry, SIGTERM) == ESRCH);
}
