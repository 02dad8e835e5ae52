// SPDX-License-Identifier: MIT
#include "base/checksum.hpp"
#include "support/catch.hpp"

#include <random>
#include <string>

using namespace mahavishnu;

TEST_CASE("the checksum is the one that others call CRC-32") {
  CHECK(checksum::of("") == 0);
  CHECK(checksum::of("123456789") == 0xCBF43926);
  CHECK(checksum::of("The quick brown fox jumps over the lazy dog") == 0x414FA339);
}

TEST_CASE("a checksum does not depend on the pieces that it is taken of") {
  std::mt19937 random{test::seed()};
  std::string bytes(300, '\0');
  for (auto& byte : bytes)
    byte = static_cast<char>(random());
  checksum one_by_one;
  for (char byte : bytes)
    one_by_one.add({&byte, 1});
  for (int i = 0; i < 100; ++i) {
    auto cut = random() % bytes.size();
    checksum in_two;
    in_two.add(std::string_view{bytes}.substr(0, cut));
    in_two.add(std::string_view{bytes}.substr(cut));
    CHECK(in_two.value() == one_by_one.value());
  }
}
