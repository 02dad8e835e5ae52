// SPDX-License-Identifier: MIT
#include "exec/keeper_program.hpp"
#include "support/catch.hpp"
#include "support/scratch.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

using namespace mahavishnu;

namespace {

std::string make_program(const std::filesystem::path& path, mode_t mode = 0700) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream{path} << "#!/bin/sh\n";
  ::chmod(path.c_str(), mode);
  return path.string();
}

} // namespace

TEST_CASE("a keeper is found beside the program, then where it is installed") {
  test::scratch where;
  auto own = make_program(where / "usr/bin/mahavishnu");
  auto installed = make_program(where / "usr/libexec/mahavishnu/mahavishnu-keeper");
  CHECK(exec::keeper_program_for(own, nullptr).value() == installed);
  auto beside = make_program(where / "usr/bin/mahavishnu-keeper");
  CHECK(exec::keeper_program_for(own, nullptr).value() == beside);
  CHECK(exec::keeper_program_for(own, "").value() == beside);
}

TEST_CASE("the keeper that the environment names comes first") {
  test::scratch where;
  auto own = make_program(where / "bin/mahavishnu");
  make_program(where / "bin/mahavishnu-keeper");
  auto named = make_program(where / "other/keeper");
  CHECK(exec::keeper_program_for(own, named.c_str()).value() == named);
}

TEST_CASE("a keeper that is not there is missed by its name, with what to do") {
  test::scratch where;
  auto own = make_program(where / "bin/mahavishnu");
  std::filesystem::create_directories(where / "bin/mahavishnu-keeper"); // no program
  auto missing = exec::keeper_program_for(own, nullptr);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == errc::not_found);
  CHECK_THAT(missing.error().message,
             ContainsSubstring((where / "bin/mahavishnu-keeper").string()));
  CHECK_THAT(missing.error().message, ContainsSubstring("libexec/mahavishnu/mahavishnu-keeper"));
  CHECK_THAT(missing.error().message, ContainsSubstring("MAHAVISHNU_KEEPER"));
}

TEST_CASE("a name in the environment that is no program is an error and no other one is taken") {
  test::scratch where;
  auto own = make_program(where / "bin/mahavishnu");
  make_program(where / "bin/mahavishnu-keeper");
  auto plain = make_program(where / "plain", 0600);
  for (const std::string& named : {plain, (where / "missing").string(), std::string{"keeper"}}) {
    auto refused = exec::keeper_program_for(own, named.c_str());
    REQUIRE_FALSE(refused);
    CHECK_THAT(refused.error().message, ContainsSubstring("'" + named + "'"));
  }
}
