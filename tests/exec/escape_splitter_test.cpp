// SPDX-License-Identifier: MIT
#include "exec/escape_splitter.hpp"
#include "support/catch.hpp"

#include <random>
#include <vector>

using mahavishnu::exec::escape_splitter;

namespace {

using kind = escape_splitter::kind;
using piece = std::pair<kind, std::string>;
using pieces = std::vector<piece>;

pieces split(const std::vector<std::string>& reads) {
  pieces found;
  escape_splitter splitter;
  for (const auto& read : reads)
    splitter.feed(read, [&](kind what, std::string_view bytes) {
      if (what == kind::text && !found.empty() && found.back().first == kind::text)
        found.back().second += bytes; // text may come in any number of pieces
      else
        found.emplace_back(what, bytes);
    });
  return found;
}

} // namespace

TEST_CASE("text, control sequences, strings and other escapes are told apart") {
  CHECK(split({"a\x1b[1;31mb\x1b]2;title\x07"
               "c\x1b(Bd\x1b"
               "7e\x1bP1$q\x1b\\f"}) == pieces{{kind::text, "a"},
                                               {kind::control_sequence, "\x1b[1;31m"},
                                               {kind::text, "b"},
                                               {kind::other, "\x1b]2;title\x07"},
                                               {kind::text, "c"},
                                               {kind::other, "\x1b(B"},
                                               {kind::text, "d"},
                                               {kind::other, "\x1b"
                                                             "7"},
                                               {kind::text, "e"},
                                               {kind::other, "\x1bP1$q\x1b\\"},
                                               {kind::text, "f"}});
}

TEST_CASE("a new escape ends the one before it") {
  CHECK(split({"\x1b[3\x1b[4m"}) ==
        pieces{{kind::control_sequence, "\x1b[3"}, {kind::control_sequence, "\x1b[4m"}});
  CHECK(split({"\x1b]2;ti\x1b[4m"}) ==
        pieces{{kind::other, "\x1b]2;ti"}, {kind::control_sequence, "\x1b[4m"}});
  CHECK(split({"\x1b\x1b[m"}) == pieces{{kind::other, "\x1b"}, {kind::control_sequence, "\x1b[m"}});
}

TEST_CASE("the pieces are the same wherever the reads have cut") {
  std::minstd_rand random{mahavishnu::test::seed()};
  const std::string likely = "\x1b\x1b[]P(;25mbH\x07\\\x18 x\xE2\x82\xAC\xFF\r";
  for (int round = 0; round < 1000; ++round) {
    std::string bytes;
    for (auto left = random() % 60; left > 0; --left)
      bytes += likely[random() % likely.size()];
    bytes += "\x18.";
    std::vector<std::string> reads;
    for (std::size_t at = 0; at < bytes.size(); at += reads.back().size())
      reads.push_back(bytes.substr(at, 1 + random() % 5));
    auto whole = split({bytes});
    REQUIRE(split(reads) == whole);
    std::string joined;
    for (const auto& [what, part] : whole)
      joined += part;
    REQUIRE(joined == bytes);
  }
}

TEST_CASE("what never ends is bounded") {
  std::string digits(escape_splitter::longest, '1');
  // The end of a control sequence whose start has been dropped is text, and no sequence.
  CHECK(split({"\x1b[" + digits, "b"}) == pieces{{kind::text, "b"}});
  auto title = split({"\x1b]2;" + digits, "more\x07"});
  REQUIRE(title.size() == 2);
  CHECK(title[0] == piece{kind::other, "\x1b]2;" + digits});
}
