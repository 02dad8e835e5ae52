// SPDX-License-Identifier: MIT
#include "auth/base64url.hpp"
#include "support/catch.hpp"

#include <random>
#include <set>

using namespace mahavishnu;
using namespace mahavishnu::auth;

TEST_CASE("bytes are written in base64url without padding") {
  CHECK(base64url("").empty());
  CHECK(base64url("f") == "Zg");
  CHECK(base64url("fo") == "Zm8");
  CHECK(base64url("foo") == "Zm9v");
  CHECK(base64url("\xFB\xFF\xFE") == "-__-");
}

TEST_CASE("what is written in base64url can be read") {
  std::mt19937 random{test::seed()};
  for (std::size_t length = 0; length < 200; ++length) {
    std::string bytes;
    for (std::size_t i = 0; i < length; ++i)
      bytes += static_cast<char>(random());
    CHECK(from_base64url(base64url(bytes)) == bytes);
  }
}

TEST_CASE("base64url is refused with padding, spaces, other letters and other lengths") {
  for (std::string_view text : {"Zg==", "Zm8=", "Zm9v=", "Z", "Zm9vZ", "Zm 9v", "Zm9v\n", " Zm9v",
                                "-_+/", "Zm9/", "Zm9\xC3", "Zm.v"})
    CHECK_FALSE(from_base64url(text));
  CHECK_FALSE(from_base64url(std::string_view{"Zm\0v", 4}));
}

TEST_CASE("bits that belong to no byte must be zero in base64url") {
  std::set<std::string> texts;
  for (char last :
       std::string_view{"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"}) {
    if (auto read = from_base64url(std::string{"Z"} + last)) {
      CHECK(base64url(*read) == std::string{"Z"} + last);
      texts.insert(*read);
    }
  }
  CHECK(texts.size() == 4); // two bits count of the last letter
}
