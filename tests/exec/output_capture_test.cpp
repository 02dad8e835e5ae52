// SPDX-License-Identifier: MIT
#include "exec/output_capture.hpp"
#include "support/catch.hpp"

#include <random>

using mahavishnu::exec::output_capture;

namespace {

std::string captured(std::size_t limit, std::string_view text) {
  output_capture capture{limit};
  capture.append(text);
  return capture.take();
}

} // namespace

TEST_CASE("output within the limit is kept whole") {
  CHECK(captured(10, "") == "");
  CHECK(captured(10, "0123456789") == "0123456789");
  CHECK(captured(9, "012345678") == "012345678");
}

TEST_CASE("of longer output the first and the last half are kept") {
  CHECK(captured(4, "0123456789") == "01\n[... 6 bytes left out ...]\n89");
  CHECK(captured(5, "0123456789") == "012\n[... 5 bytes left out ...]\n89");
  CHECK(captured(1, "0123456789") == "0\n[... 9 bytes left out ...]\n");
  CHECK(captured(0, "0123456789") == "\n[... 10 bytes left out ...]\n");
}

TEST_CASE("a capture says whether something is missing") {
  output_capture capture{4};
  capture.append("0123");
  CHECK_FALSE(capture.truncated());
  capture.append("4");
  CHECK(capture.truncated());
}

TEST_CASE("the size of the pieces makes no difference to what is kept") {
  std::minstd_rand random{mahavishnu::test::seed()};
  std::string text;
  for (int i = 0; i < 5000; ++i)
    text += char('a' + random() % 26);
  for (std::size_t limit : {1u, 2u, 7u, 64u, 1000u, 4999u, 5000u, 5001u}) {
    output_capture capture{limit};
    for (std::size_t at = 0; at < text.size();) {
      auto piece = text.substr(at, random() % 300);
      capture.append(piece);
      at += piece.size();
    }
    CHECK(capture.take() == captured(limit, text));
  }
}

TEST_CASE("a cut does not split a character") {
  CHECK(captured(6, "ab\xE2\x82\xAC"
                    "cdefgh\xE2\x82\xAC"
                    "ij") == "ab\n[... 12 bytes left out ...]\nij");
}

TEST_CASE("the memory of a capture is bounded by its limit") {
  output_capture capture{1000};
  std::string block(100'000, 'x');
  for (int i = 0; i < 100; ++i)
    capture.append(block);
  CHECK(capture.take().size() < 1100);
}
