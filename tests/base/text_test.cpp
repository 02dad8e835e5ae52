// SPDX-License-Identifier: MIT
#include "base/text.hpp"
#include "support/catch.hpp"

#include <array>

using namespace mahavishnu;

TEST_CASE("the nearest name is the one with the fewest edits") {
  constexpr std::array<std::string_view, 3> names{"max_workers", "min_workers", "enabled"};
  CHECK(nearest("max_wokers", names) == "max_workers");
  CHECK(nearest("enabeld", names) == "enabled");
}

TEST_CASE("a word that is like nothing has no nearest name") {
  constexpr std::array<std::string_view, 2> names{"max_workers", "enabled"};
  CHECK_FALSE(nearest("xyzzy", names));
  CHECK_FALSE(nearest(std::string(100000, 'a'), names));
}

TEST_CASE("valid UTF-8 has no invalid byte") {
  CHECK_FALSE(first_invalid_utf8("plain"));
  CHECK_FALSE(first_invalid_utf8("gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xF0\x9F\x98\x80"));
}

TEST_CASE("the first invalid byte is found") {
  CHECK(first_invalid_utf8("ab\xFF") == 2);
  CHECK(first_invalid_utf8("\xC0\x80") == 0);          // overlong
  CHECK(first_invalid_utf8("x\xED\xA0\x80") == 1);     // surrogate
  CHECK(first_invalid_utf8("x\xF4\x90\x80\x80") == 1); // past U+10FFFF
  CHECK(first_invalid_utf8("cut \xE2\x82") == 4);
}

TEST_CASE("the first bytes of a text hold no part of a character") {
  CHECK(first_bytes("short", 80) == "short");
  CHECK(first_bytes("gr\xC3\xBC\xC3\x9F", 4) == "gr\xC3\xBC");
  CHECK(first_bytes("gr\xC3\xBC\xC3\x9F", 3) == "gr");
  CHECK(first_bytes("\xF0\x9F\x98\x80", 3).empty());
}

TEST_CASE("seconds are written without zeros at the end") {
  using namespace std::chrono_literals;
  CHECK(seconds_text(2s) == "2 s");
  CHECK(seconds_text(1500ms) == "1.5 s");
  CHECK(seconds_text(20ms) == "0.02 s");
  CHECK(seconds_text(0ms) == "0 s");
}
