// SPDX-License-Identifier: MIT
#include "cli/grid.hpp"
#include "cli/look.hpp"
#include "support/catch.hpp"

#include <map>
#include <sstream>

namespace mahavishnu::cli {

namespace {

environment_of variables(std::map<std::string, std::string> all) {
  return [all = std::move(all)](const char* name) -> const char* {
    auto found = all.find(name);
    return found == all.end() ? nullptr : found->second.c_str();
  };
}

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream from{text};
  std::vector<std::string> lines;
  for (std::string line; std::getline(from, line);)
    lines.push_back(line);
  return lines;
}

grid tasks() {
  grid table{{{.title = "TASK"},
              {.title = "ID", .is_rare = true},
              {.title = "AGE", .is_number = true},
              {.title = "PROMPT", .may_shrink = true}}};
  table.add(
      {"first", "1", "5s", "a prompt that is much longer than the terminal can show at once"});
  table.add({"second one", "2", "12s", "short"});
  return table;
}

} // namespace

TEST_CASE("colour is for terminals that can, and for users who want it") {
  CHECK(look_of(80, variables({{"TERM", "xterm"}})).colour);
  CHECK_FALSE(look_of(0, variables({{"TERM", "xterm"}})).colour);
  CHECK_FALSE(look_of(80, variables({{"TERM", "dumb"}})).colour);
  CHECK_FALSE(look_of(80, variables({})).colour);
  CHECK_FALSE(look_of(80, variables({{"TERM", "xterm"}, {"NO_COLOR", "1"}})).colour);
  CHECK(look_of(80, variables({{"TERM", "xterm"}, {"NO_COLOR", ""}})).colour);
}

TEST_CASE("foreign text cannot move the cursor") {
  CHECK(harmless("a\x1b[2Jb\r\nc\t\x07") == "a [2Jb  c  ");
  CHECK(harmless("gr\xC3\xBC\xC3\x9F") == "gr\xC3\xBC\xC3\x9F");
  CHECK(harmless("\xC2\x9B[2J") == " [2J"); // the same as ESC [
  CHECK(harmless("a\xFF") == "a\xEF\xBF\xBD");
  CHECK(harmless(std::string_view{"\0x", 2}) == " x");
}

TEST_CASE("a text is cut between characters") {
  CHECK(fit("hello", 5) == "hello");
  CHECK(fit("hello!", 5) == "he...");
  CHECK(fit("\xC3\xBC\xC3\xBC\xC3\xBC\xC3\xBC\xC3\xBC", 4) == "\xC3\xBC...");
  CHECK(fit("hello", 2) == "he");
  CHECK(fit("hello", 0).empty());
  CHECK(width_of("\xC3\xBC"
                 "b") == 2);
}

TEST_CASE("a table fits its terminal") {
  auto lines = lines_of(tasks().text({.width = 40}));
  REQUIRE(lines.size() == 3);
  for (const auto& each : lines)
    CHECK(each.size() <= 40);
  CHECK(lines[0] == "TASK        AGE  PROMPT");
  CHECK(lines[1] == "first        5s  a prompt that is muc...");
  CHECK(lines[2] == "second one  12s  short");
}

TEST_CASE("where there is no terminal, or all is wanted, nothing is cut") {
  auto whole = "a prompt that is much longer than the terminal can show at once";
  CHECK(tasks().text({}).find(whole) != std::string::npos);
  auto wide = tasks().text({.width = 40, .wide = true});
  CHECK(wide.find(whole) != std::string::npos);
  CHECK(lines_of(wide)[0].find("ID") != std::string::npos);
}

TEST_CASE("a terminal that is far too narrow still shows every column") {
  auto lines = lines_of(tasks().text({.width = 5}));
  CHECK(lines[0].find("PROMPT") != std::string::npos);
  CHECK(lines[1].find("a pro...") != std::string::npos);
}

TEST_CASE("colours stand around a cell and not in its width") {
  grid table{{{.title = "STATUS"}, {.title = "X"}}};
  table.add({"failed", "1"});
  CHECK(lines_of(table.text({.width = 80, .colour = true}))[1] == "\x1b[31mfailed\x1b[0m  1");
}

TEST_CASE("a cell with an end of line stays on its line, and missing cells are empty") {
  grid table{{{.title = "A"}, {.title = "B"}}};
  table.add({"x\ny"});
  CHECK(table.text({}) == "A    B\nx y\n");
}

TEST_CASE("an empty table says what to do") {
  grid table{{{.title = "A"}}};
  CHECK(table.text({}) == "A\n");
  table.when_empty("Nothing here.");
  table.note("a note");
  CHECK(table.text({}) == "Nothing here.\na note\n");
}

} // namespace mahavishnu::cli
