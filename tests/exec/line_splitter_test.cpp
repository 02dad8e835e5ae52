// SPDX-License-Identifier: MIT
#include "exec/line_splitter.hpp"
#include "support/catch.hpp"

#include <random>
#include <vector>

using mahavishnu::exec::line_splitter;
using lines = std::vector<std::string>;

namespace {

/// The lines of a stream that comes in these pieces.
lines split(const std::vector<std::string>& pieces, std::size_t longest = 100) {
  lines found;
  auto collect = [&](std::string_view line) { found.emplace_back(line); };
  line_splitter splitter{longest};
  for (const auto& piece : pieces)
    splitter.feed(piece, collect);
  splitter.finish(collect);
  return found;
}

} // namespace

TEST_CASE("lines are the same wherever the stream is cut") {
  CHECK(split({"one\ntwo\n"}) == lines{"one", "two"});
  CHECK(split({"on", "e\nt", "wo\n"}) == lines{"one", "two"});
  CHECK(split({"one", "\n", "two", "\n"}) == lines{"one", "two"});
}

TEST_CASE("a last line without an end is given, and nothing is no line") {
  CHECK(split({"one\ntwo"}) == lines{"one", "two"});
  CHECK(split({"one\n"}) == lines{"one"});
  CHECK(split({""}).empty());
  CHECK(split({}).empty());
}

TEST_CASE("empty lines are lines") {
  CHECK(split({"\n\na\n\n"}) == lines{"", "", "a", ""});
}

TEST_CASE("a carriage return stays in its line") {
  CHECK(split({"one\r\n", "two\r", "\nthree\rfour\n"}) == lines{"one\r", "two\r", "three\rfour"});
}

TEST_CASE("of a line that is too long the start is given with a mark") {
  CHECK(split({"12345\n"}, 5) == lines{"12345"});
  CHECK(split({"12345678\nab\n"}, 5) ==
        lines{"12345 [mahavishnu: 3 bytes of this line left out]", "ab"});
  CHECK(split({"123", "456", "789"}, 5) ==
        lines{"12345 [mahavishnu: 4 bytes of this line left out]"});
  CHECK(split({"abc\n\n"}, 0) == lines{" [mahavishnu: 3 bytes of this line left out]", ""});
}

TEST_CASE("a line is not cut within a character") {
  CHECK(split({"123\xE2\x82\xAC\n"}, 5) ==
        lines{"123 [mahavishnu: 3 bytes of this line left out]"});
  CHECK(split({"123\xE2\x82\xAC\n"}, 6) == lines{"123\xE2\x82\xAC"});
}

TEST_CASE("lines do not depend on the size of the pieces") {
  std::minstd_rand random{mahavishnu::test::seed()};
  for (int round = 0; round < 200; ++round) {
    std::string text;
    for (auto left = random() % 300; left > 0; --left)
      text += "ab\r\n\xE2\x82\xAC"[random() % 7];
    std::vector<std::string> pieces;
    for (std::size_t at = 0; at < text.size(); at += pieces.back().size())
      pieces.push_back(text.substr(at, 1 + random() % 9));
    REQUIRE(split(pieces, 7) == split({text}, 7));
  }
}
