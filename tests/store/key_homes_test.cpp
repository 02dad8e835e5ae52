// SPDX-License-Identifier: MIT
#include "store/key_homes.hpp"
#include "support/catch.hpp"
#include "support/scratch.hpp"

#include <random>

using namespace mahavishnu;
using namespace mahavishnu::store;
using namespace mahavishnu::test;

namespace {

key_home home(std::uint64_t key, const std::string& pool, const std::string& stand_in = {}) {
  return {key, pool_id{pool}, pool_id{stand_in}};
}

using homes = std::vector<key_home>;

homes read(const std::filesystem::path& path, std::size_t most = 1000) {
  auto found = key_homes_file{path.string()}.read(most);
  if (!found)
    FAIL(found.error().message);
  return *found;
}

void add(key_homes_file& file, const homes& changed) {
  if (auto added = file.add(changed); !added)
    FAIL(added.error().message);
}

std::ptrdiff_t lines_of(const std::filesystem::path& path) {
  auto text = content_of(path);
  return std::ranges::count(text, '\n');
}

} // namespace

TEST_CASE("what a sticky key's file was given, it has, those that changed last at the end") {
  scratch place;
  auto path = place / "affinity";
  CHECK(read(path).empty());
  CHECK_FALSE(std::filesystem::exists(path)); // to read makes none
  key_homes_file file{path.string()};
  CHECK(file.read(1000).value().empty());
  add(file,
      {home(1, "pool_a"), home(~std::uint64_t{0}, "", "pool_b"), home(0, "pool_c", "pool_a")});
  add(file, {home(1, "pool_b", "pool_c")});
  homes expected{home(~std::uint64_t{0}, "", "pool_b"), home(0, "pool_c", "pool_a"),
                 home(1, "pool_b", "pool_c")};
  CHECK(read(path) == expected);
  CHECK(read(path, 2) == homes{expected[1], expected[2]});
}

TEST_CASE("whatever is cut off or damaged in a sticky key's file costs no other line") {
  scratch place;
  auto path = place / "affinity";
  homes all;
  for (std::uint64_t key = 0; key < 20; ++key)
    all.push_back(home(key * 0x9e3779b97f4a7c15, "pool_" + std::to_string(key)));
  key_homes_file whole{path.string()};
  add(whole, all);
  auto text = content_of(path);
  std::mt19937 random{seed()};
  for (std::size_t cut = 0; cut < text.size(); ++cut) {
    place.write("affinity", text.substr(0, cut));
    key_homes_file file{path.string()};
    auto found = file.read(1000).value();
    auto ended = static_cast<std::size_t>(std::ranges::count(text.substr(0, cut), '\n'));
    // The last line may be whole and lack nothing but its end.
    REQUIRE((found.size() == ended || found.size() == ended + 1));
    REQUIRE(std::equal(found.begin(), found.end(), all.begin()));
    add(file, {home(4711, "pool_new")});
    auto after = read(path);
    REQUIRE(after.back() == home(4711, "pool_new"));
    REQUIRE(after.size() == found.size() + 1);
  }
  for (int i = 0; i < 500; ++i) {
    auto damaged = text;
    auto at = random() % damaged.size();
    damaged[at] = static_cast<char>(damaged[at] ^ 1 << random() % 8);
    place.write("affinity", damaged);
    auto found = read(path);
    REQUIRE(found.size() >= all.size() - 2); // an end of line makes one of two
    for (const auto& each : found)
      REQUIRE(std::ranges::count(all, each) == 1);
  }
}

TEST_CASE("a sticky key's file does not grow with what does not count any more") {
  scratch place;
  auto path = place / "affinity";
  key_homes_file file{path.string()};
  CHECK(file.read(50).value().empty());
  for (int i = 0; i < 5000; ++i)
    add(file, {home(static_cast<std::uint64_t>(i % 100), "pool_" + std::to_string(i))});
  CHECK(lines_of(path) <= 1001);
  auto found = read(path, 50);
  REQUIRE(found.size() == 50);
  for (std::size_t i = 0; i < 50; ++i)
    CHECK(found[i] == home(50 + i, "pool_" + std::to_string(4950 + i)));
}

TEST_CASE("a sticky key's file that cannot be read or written says why") {
  scratch place;
  std::filesystem::create_directory(place / "affinity");
  key_homes_file file{(place / "affinity").string()};
  auto added = file.add(homes{home(1, "pool_a")});
  REQUIRE(added.has_error());
  CHECK_THAT(added.error().message, ContainsSubstring("affinity"));
  place.write("file", "");
  key_homes_file below{(place / "file/affinity").string()};
  auto found = below.read(10);
  REQUIRE(found.has_error());
  CHECK_THAT(found.error().message, ContainsSubstring("file/affinity"));
}
