// SPDX-License-Identifier: MIT
#include "base/text.hpp"
#include "exec/terminal_screen.hpp"
#include "support/catch.hpp"

#include <random>

using mahavishnu::exec::terminal_screen;
using mahavishnu::exec::terminal_size;
using texts = std::vector<std::string>;

namespace {

terminal_screen open_screen(terminal_size size, std::size_t scrollback = 100) {
  auto screen = terminal_screen::open(size, scrollback);
  REQUIRE(screen.has_value());
  return std::move(*screen);
}

} // namespace

TEST_CASE("text stands where it was written") {
  auto screen = open_screen({3, 10});
  screen.feed("one\r\ntwo\x1b[3;4Hthree");
  CHECK(screen.rows() == texts{"one", "two", "   three"});
  CHECK(screen.cursor().row == 2);
  CHECK(screen.cursor().column == 8);
  CHECK(screen.cursor().visible);
}

TEST_CASE("a sequence may come in pieces") {
  auto whole = open_screen({4, 20});
  auto pieces = open_screen({4, 20});
  std::string text = "\x1b[2;3Ha\xE2\x82\xAC\x1b[1m\xF0\x9F\x98\x80\x1b]2;title\x07\x1b[?25l";
  whole.feed(text);
  for (char c : text)
    pieces.feed({&c, 1});
  CHECK(pieces.rows() == whole.rows());
  CHECK(pieces.rows()[1] == "  a\xE2\x82\xAC\xF0\x9F\x98\x80");
  CHECK(pieces.title() == "title");
  CHECK_FALSE(pieces.cursor().visible);
}

TEST_CASE("the last character is repeated as often as there is room") {
  auto screen = open_screen({4, 10});
  screen.feed("\x1b[b\x1b[5b"); // nothing to repeat
  screen.feed("-\x1b[4b\r\n\xE2\x82\xAC\x1b[1m\x1b[b\r\nx\x1b[2000000000b");
  CHECK(screen.rows() == texts{"-----", "\xE2\x82\xAC\xE2\x82\xAC", "xxxxxxxxxx", ""});
  screen.feed("\x1b[4;1H\xCC\x81\x1b[3b"); // one without width, on which a library may hang
  screen.feed("\x1b[4;1Hlast\x1b[2;3bx\x1b[?2bx");
  CHECK(screen.rows()[3] == "lastxx");
}

TEST_CASE("control sequences with more numbers than programs write are passed over") {
  auto screen = open_screen({2, 10});
  for (char separator : {';', ':'}) {
    std::string numbers;
    for (int i = 0; i < 500; ++i)
      numbers += "1" + std::string(1, separator);
    screen.feed("\x1b[" + numbers + "m");
    screen.feed(std::string("\x1b[1") + separator + std::string(20, '9') + "H");
  }
  // What looks like other escapes and goes on as one that repeats nothing for ever.
  for (std::string start : {"\n[", "\xFF[", "([", "(\xFF[", "[\n", "[\xFF", "\x1b[", "[\x1b[\x7F"})
    screen.feed("\xCC\x81\x1b" + start + "5b\x18\x1b[H\x1b[2J");
  screen.feed("\x1b[38;2;255;255;255;48;2;255;255;255;1;4mtext");
  CHECK(screen.rows()[0] == "text");
}

TEST_CASE("wide characters and combined ones keep their places") {
  auto screen = open_screen({2, 10});
  screen.feed("\xE4\xB8\xAD|e\xCC\x81|");
  CHECK(screen.rows()[0] == "\xE4\xB8\xAD|e\xCC\x81|");
  CHECK(screen.cursor().column == 5);
}

TEST_CASE("lines that leave the screen are kept up to their number") {
  auto screen = open_screen({2, 10}, 3);
  for (int i = 0; i < 10; ++i)
    screen.feed("line " + std::to_string(i) + "\r\n");
  CHECK(screen.rows() == texts{"line 9", ""});
  CHECK(texts(screen.scrollback().begin(), screen.scrollback().end()) ==
        texts{"line 6", "line 7", "line 8"});
  auto without = open_screen({2, 10}, 0);
  without.feed("1\r\n2\r\n3\r\n4\r\n");
  CHECK(without.scrollback().empty());
}

TEST_CASE("the alternate screen leaves the other and its scrollback as they are") {
  auto screen = open_screen({2, 10});
  screen.feed("shell");
  screen.feed("\x1b[?1049h\x1b[H1\r\n2\r\n3\r\n4");
  CHECK(screen.alternate());
  CHECK(screen.rows() == texts{"3", "4"});
  screen.feed("\x1b[?1049l");
  CHECK_FALSE(screen.alternate());
  CHECK(screen.rows()[0] == "shell");
  CHECK(screen.scrollback().empty());
}

TEST_CASE("a new size keeps what fits") {
  auto screen = open_screen({4, 20});
  screen.feed("a long line of text\r\nsecond");
  REQUIRE(screen.resize({3, 6}).has_value());
  CHECK(screen.size() == terminal_size{3, 6});
  CHECK(screen.rows().size() == 3);
  CHECK(screen.cursor().column <= 5);
  REQUIRE(screen.resize({5, 30}).has_value());
  screen.feed("\x1b[5;25Hright");
  CHECK(screen.rows()[4] == std::string(24, ' ') + "right");
  CHECK(screen.resize({0, 1}).has_error());
  CHECK(terminal_screen::open({1, 100'000}).has_error());
}

TEST_CASE("a program that asks the terminal finds its answer among those to be sent") {
  auto screen = open_screen({5, 20});
  screen.feed("\x1b[3;7H\x1b[6n");
  CHECK(screen.take_answers() == "\x1b[3;7R");
  CHECK(screen.take_answers().empty());
  for (int i = 0; i < 100'000; ++i)
    screen.feed("\x1b[6n");
  CHECK(screen.take_answers().size() <= 64 * 1024);
}

TEST_CASE("a screen can be moved while it is in use") {
  auto first = open_screen({2, 10});
  first.feed("\x1b]2;one\x07half \xE2\x82");
  auto second = std::move(first);
  second.feed("\xAC\x1b]2;two\x07");
  CHECK(second.rows()[0] == "half \xE2\x82\xAC");
  CHECK(second.title() == "two");
}

TEST_CASE("a title without end is bounded and valid text") {
  auto screen = open_screen({2, 10});
  screen.feed("\x1b]2;" + std::string(100'000, 'x') + "\x07");
  CHECK(screen.title().size() <= 4096);
  screen.feed("\x1b]2;a\xFF\xE2\x82\x07");
  CHECK_FALSE(mahavishnu::first_invalid_utf8(screen.title()));
  screen.feed("back to work");
  CHECK(screen.rows()[0] == "back to wo");
}

TEST_CASE("any bytes leave a screen that is valid text") {
  std::minstd_rand random{mahavishnu::test::seed()};
  auto screen = open_screen({10, 20}, 10);
  const std::string likely = "\x1b[;?0123456789hlmHJKABCDrSTXPL@\r\n\t\x07]P\\ab\xE2\x82\xAC";
  for (int round = 0; round < 3000; ++round) {
    std::string bytes(random() % 30, '\0');
    for (auto& byte : bytes)
      byte = random() % 5 == 0 ? static_cast<char>(random()) : likely[random() % likely.size()];
    screen.feed(bytes);
    if (random() % 50 == 0)
      REQUIRE(screen.resize({1 + int(random() % 20), 1 + int(1 + random() % 40)}).has_value());
    auto rows = screen.rows();
    auto [height, width] = screen.size();
    REQUIRE(rows.size() == static_cast<std::size_t>(height));
    for (const auto& row : rows)
      REQUIRE_FALSE(mahavishnu::first_invalid_utf8(row));
    for (const auto& line : screen.scrollback())
      REQUIRE_FALSE(mahavishnu::first_invalid_utf8(line));
    auto cursor = screen.cursor();
    REQUIRE(
        (cursor.row >= 0 && cursor.row < height && cursor.column >= 0 && cursor.column < width));
    REQUIRE(screen.scrollback().size() <= 10);
  }
}
