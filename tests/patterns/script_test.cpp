// SPDX-License-Identifier: MIT
#include "patterns/script.hpp"
#include "patterns/support.hpp"

#include <sys/stat.h>
#include <unistd.h>

using namespace mahavishnu;
using namespace mahavishnu::test;

namespace {

std::string make(const scratch& where, const std::string& name, mode_t mode) {
  where.write(name, "#!/bin/sh\n");
  ::chmod((where / name).c_str(), mode);
  return (where / name).string();
}

} // namespace

TEST_CASE("the ending of a script says what runs it") {
  scratch where;
  auto python = make(where, "bin/python3", 0700);
  auto node = make(where, "bin/node", 0700);
  auto path = (where / "bin").string();
  auto first_word = [&](const char* name) {
    auto script = make(where, name, 0600);
    auto found = value_of(find_script({script, {"a b"}}, path));
    REQUIRE(found.argv.size() == 3);
    CHECK(found.argv[1] == script);
    CHECK(found.argv[2] == "a b");
    CHECK(found.folder == where.path());
    return found.argv.front();
  };
  CHECK(first_word("x.py") == python);
  CHECK(first_word("x.js") == node);
  CHECK(first_word("x.mjs") == node);
  CHECK(first_word("x.sh") == "/bin/sh");
}

TEST_CASE("any other file has to be executable") {
  scratch where;
  auto program = make(where, "tool.bin", 0700);
  auto found = value_of(find_script({program}, ""));
  CHECK(found.argv == std::vector{program});
  CHECK(found.stem == "tool");
  auto plain = make(where, "plain", 0600);
  auto refused = find_script({plain}, "");
  REQUIRE(refused.has_error());
  CHECK(refused.error().code == errc::unauthorized);
  CHECK_THAT(refused.error().message, ContainsSubstring("chmod +x '" + plain + "'"));
}

TEST_CASE("a name without a slash that is no file is looked up in PATH and runs here") {
  scratch where;
  auto program = make(where, "bin/some-tool", 0700);
  make(where, "no/some-tool", 0600);
  auto path = ":relative:" + (where / "no").string() + ":" + (where / "bin").string();
  auto found = value_of(find_script({"some-tool", {"-v"}}, path));
  CHECK(found.argv == std::vector<std::string>{program, "-v"});
  CHECK(found.folder == std::filesystem::current_path().string());
}

TEST_CASE(
    "a script that is missing, a directory, or without its interpreter is refused with a fix") {
  scratch where;
  auto refused = [&](const std::string& name, errc code, const std::string& says) {
    auto found = find_script({name}, (where / "bin").string());
    REQUIRE(found.has_error());
    CHECK(found.error().code == code);
    CHECK_THAT(found.error().message, ContainsSubstring(says));
  };
  refused("", errc::invalid_argument, "name a file");
  refused(std::string{"a\0b", 3}, errc::invalid_argument, "NUL");
  refused("no-such-tool", errc::not_found, "no program in PATH");
  refused((where / "missing.sh").string(), errc::not_found, "correct its path");
  refused(where.path().string(), errc::unauthorized, "is a directory");
  where.write("x.py", "");
  refused((where / "x.py").string(), errc::not_found, "install the package python3");
  refused("/dev/null", errc::unauthorized, "no regular file");
}
