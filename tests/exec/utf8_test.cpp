// SPDX-License-Identifier: MIT
#include "base/text.hpp"
#include "exec/utf8.hpp"
#include "support/catch.hpp"

#include <random>
#include <set>

using mahavishnu::exec::to_utf8;
using mahavishnu::exec::unfinished_utf8;

namespace {

std::string encoded(unsigned code) {
  auto tail = [code](int shift) { return static_cast<char>(0x80 | ((code >> shift) & 0x3F)); };
  if (code < 0x80)
    return std::string(1, static_cast<char>(code));
  if (code < 0x800)
    return {static_cast<char>(0xC0 | (code >> 6)), tail(0)};
  if (code < 0x10000)
    return {static_cast<char>(0xE0 | (code >> 12)), tail(6), tail(0)};
  return {static_cast<char>(0xF0 | (code >> 18)), tail(12), tail(6), tail(0)};
}

std::string replaced(int count) {
  std::string text;
  while (count-- > 0)
    text += "\xEF\xBF\xBD";
  return text;
}

} // namespace

TEST_CASE("valid text stays as it is") {
  for (std::string text : {"", "plain", "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80", "a\nb\x7F"}) {
    CHECK(to_utf8(text).text == text);
    CHECK_FALSE(to_utf8(text).changed);
  }
}

TEST_CASE("each byte that belongs to no character becomes one replacement character") {
  CHECK(to_utf8("\xFF").text == replaced(1));
  CHECK(to_utf8("\xFF").changed);
  CHECK(to_utf8("a\x80z").text == "a" + replaced(1) + "z");
  CHECK(to_utf8("\xE2\x82").text == replaced(2));
  CHECK(to_utf8("\xE2\x82x").text == replaced(2) + "x");
  CHECK(to_utf8("\xC0\xAF").text == replaced(2));         // overlong
  CHECK(to_utf8("\xED\xA0\x80").text == replaced(3));     // half of a pair
  CHECK(to_utf8("\xF4\x90\x80\x80").text == replaced(4)); // past the last
  CHECK(to_utf8("\xF0\x9F\x98\xC3\xA4").text == replaced(3) + "\xC3\xA4");
}

TEST_CASE("any bytes become valid text, and doing it again changes nothing") {
  std::minstd_rand random{mahavishnu::test::seed()};
  for (int round = 0; round < 2000; ++round) {
    std::string bytes(random() % 40, '\0');
    for (auto& byte : bytes)
      byte = static_cast<char>(random() % 3 == 0 ? 0xE0 + random() % 32 : random());
    auto once = to_utf8(bytes);
    REQUIRE_FALSE(mahavishnu::first_invalid_utf8(once.text));
    REQUIRE(once.changed == mahavishnu::first_invalid_utf8(bytes).has_value());
    REQUIRE(to_utf8(once.text).text == once.text);
    REQUIRE(once.text.size() <= 3 * bytes.size());
  }
}

TEST_CASE("what may still become a character is exactly what starts one") {
  std::set<std::string> starts;
  for (unsigned code = 0; code < 0x110000; ++code)
    if (code < 0xD800 || code > 0xDFFF) {
      auto whole = encoded(code);
      for (std::size_t size = 1; size < whole.size(); ++size)
        starts.insert(whole.substr(0, size));
    }
  // Of the last three bytes, the longest end that starts a character.
  auto expected = [&](const std::string& text) -> std::size_t {
    for (auto size = std::min<std::size_t>(3, text.size()); size > 0; --size)
      if (starts.contains(text.substr(text.size() - size)))
        return size;
    return 0;
  };
  std::size_t wrong = 0;
  auto check = [&](const std::string& text) {
    if (unfinished_utf8(text) != expected(text) || unfinished_utf8("x" + text) != expected(text))
      ++wrong;
  };
  for (unsigned lead = 0x80; lead < 0x100; ++lead) {
    std::string one{static_cast<char>(lead)};
    check(one);
    for (unsigned second = 0x70; second < 0x100; ++second) {
      auto two = one + static_cast<char>(second);
      check(two);
      for (unsigned third : {0x41u, 0x80u, 0x8Fu, 0x90u, 0x9Fu, 0xA0u, 0xBFu, 0xC3u, 0xF0u})
        check(two + static_cast<char>(third));
    }
  }
  CHECK(wrong == 0);
  CHECK(unfinished_utf8("") == 0);
  CHECK(unfinished_utf8("abc") == 0);
  CHECK(unfinished_utf8("\x80\x80\x80\x80") == 0);
  CHECK(unfinished_utf8("\xF0\x9F\x98") == 3);
}
