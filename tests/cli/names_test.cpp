// SPDX-License-Identifier: MIT
#include "cli/names.hpp"
#include "cli/terminal_view.hpp"
#include "support/catch.hpp"

namespace mahavishnu::cli {

TEST_CASE("a word means the name that it is, or the only one that begins with it") {
  const std::vector<std::string> names{"build", "build-2", "night"};
  CHECK(meant_by("build", "pool", names).value() == "build");
  CHECK(meant_by("n", "pool", names).value() == "night");
  CHECK(meant_by("x", "pool", names).value() == std::nullopt);
  CHECK(meant_by("", "pool", names).value() == std::nullopt);
  auto several = meant_by("bu", "pool", names);
  REQUIRE(!several);
  CHECK(several.error().code == errc::invalid_argument);
  CHECK(several.error().message == "2 pools begin with 'bu', among them build and build-2; write "
                                   "more of it");
}

TEST_CASE("the beginning of a task id is all ids from the first to the last of them") {
  auto id = task_id{0x019d4502'f11c'3a97ULL, 0x0123456789abcdefULL};
  auto text = id.str();
  for (std::size_t length = 1; length <= text.size(); ++length) {
    auto range = tasks_that_begin_with(text.substr(0, length));
    if (length < 6) // `task_` is the beginning of all, and a part of it of none
      continue;
    REQUIRE(range);
    CHECK(range->first <= id);
    CHECK(id < range->behind);
  }
  auto whole = tasks_that_begin_with(text);
  CHECK(whole->first == id);
  CHECK(whole->behind == id.after(1));
  CHECK(tasks_that_begin_with(text.substr(5, 12))->first <= id); // without `task_`
  // A sibling is outside of the range as soon as it differs.
  auto other = task_id{0x019d4503'0000'0000ULL, 0};
  auto range = tasks_that_begin_with(text.substr(0, 17));
  CHECK_FALSE((range->first <= other && other < range->behind));
}

TEST_CASE("what no id begins with is no beginning") {
  CHECK_FALSE(tasks_that_begin_with(""));
  CHECK_FALSE(tasks_that_begin_with("task_"));
  CHECK_FALSE(tasks_that_begin_with("nope"));   // o is no digit
  CHECK_FALSE(tasks_that_begin_with("task_z")); // greater than 128 bits
  CHECK_FALSE(tasks_that_begin_with(std::string(27, '0')));
}

TEST_CASE("keys are for the program, but for those that leave") {
  typed_keys keys;
  CHECK(keys.take("ls\r").for_program == "ls\r");
  CHECK(keys.take("\x03").for_program == "\x03");
  auto first = keys.take("a\x10");
  CHECK(first.for_program == "a");
  CHECK_FALSE(first.leaves);
  auto second = keys.take("b");
  CHECK(second.for_program == "\x10"
                              "b"); // it was meant for the program
  CHECK(keys.take("\x10\x11rest").leaves);
  CHECK_FALSE(keys.take("\x11").leaves);
  auto twice = keys.take("\x10\x10\x11");
  CHECK(twice.leaves);
  CHECK(twice.for_program == "\x10");
}

TEST_CASE("a picture of a terminal keeps to its window, and escapes of the text stay out") {
  terminal_text screen;
  screen.lines_above = 1;
  screen.text = "gone\none\ntwo \x1b[2J\nthree";
  screen.cursor_row = 2;
  screen.cursor_column = 5;
  CHECK(picture(screen, 3, 6) == "\x1b[?25l\x1b[H\x1b[Kone\r\n\x1b[Ktwo...\r\n\x1b[Kthree"
                                 "\x1b[3;6H\x1b[?25h");
  // A lower window shows what is around the cursor.
  CHECK(picture(screen, 2, 80).starts_with("\x1b[?25l\x1b[H\x1b[Ktwo  [2J\r\n\x1b[Kthree"));
  // The rows at the end of the screen are empty.
  screen.text = "gone\none";
  screen.cursor_row = 1;
  CHECK(
      picture(screen, 3, 80).starts_with("\x1b[?25l\x1b[H\x1b[Kone\r\n\x1b[K\r\n\x1b[K\x1b[2;6H"));
  screen.text = "";
  screen.lines_above = 0;
  screen.cursor_row = 0;
  screen.cursor_column = 0;
  CHECK(picture(screen, 2, 80) == "\x1b[?25l\x1b[H\x1b[K\r\n\x1b[K\x1b[1;1H\x1b[?25h");
}

} // namespace mahavishnu::cli
