// SPDX-License-Identifier: MIT
#include "config/workspace.hpp"
#include "support/catch.hpp"

#include <sys/stat.h>

#include <filesystem>

using namespace mahavishnu;
using namespace mahavishnu::config;
using mahavishnu::test::text_of;
using mahavishnu::test::workspace;

namespace {

constexpr auto file = "settings/mahavishnu.yaml";

/// Every problem of one settings file.
std::string problems_of(std::string_view text) {
  workspace here;
  here.write(file, text);
  auto loaded = here.load();
  CHECK(loaded.settings.has_value() == loaded.problems.empty());
  return text_of(loaded.problems);
}

} // namespace

TEST_CASE("an unknown key is refused with its place and the nearest key") {
  CHECK(problems_of("pools:\n  max_wokers: 5\n") ==
        "settings/mahavishnu.yaml:2:3: unknown key \"pools.max_wokers\"; did you mean "
        "\"pools.max_workers\"?\n");
  CHECK(problems_of("pool:\n  max_workers: 5\n") ==
        "settings/mahavishnu.yaml:1:1: unknown key \"pool\"; did you mean \"pools\"?\n");
}

TEST_CASE("a value of the wrong type is refused with its place") {
  CHECK(problems_of("pools:\n  max_workers: many\n") ==
        "settings/mahavishnu.yaml:2:16: pools.max_workers must be an integer between 1 and 100, "
        "not \"many\"\n");
  CHECK_THAT(problems_of("pools:\n  max_workers: [1]\n"), ContainsSubstring("not a list"));
  CHECK_THAT(problems_of("pools:\n  max_workers: {a: 1}\n"), ContainsSubstring("not a map"));
  CHECK_THAT(problems_of("pools:\n  max_workers:\n"), ContainsSubstring(":2:3: pools.max_workers"));
  CHECK_THAT(problems_of("qc:\n  checks: [a, [b]]\n"), ContainsSubstring("list of texts"));
  CHECK_THAT(problems_of("pools: 5\n"), ContainsSubstring("pools is a group of settings"));
}

TEST_CASE("a value out of range is refused with its place") {
  CHECK(problems_of("pools: {max_workers: 0}\n") ==
        "settings/mahavishnu.yaml:1:22: pools.max_workers must be between 1 and 100, not 0\n");
}

TEST_CASE("a duplicate key is refused with both places") {
  CHECK(problems_of("debug: true\ndebug: false\n") ==
        "settings/mahavishnu.yaml:2:1: duplicate key \"debug\", which line 1 has already\n");
}

TEST_CASE("a reference to a variable that is not set names file, line and variable") {
  auto text = problems_of("pools:\n  max_workers: 5\n  akosha_url: http://${AKOSHA_HOST}/mcp\n");
  CHECK_THAT(text, ContainsSubstring("settings/mahavishnu.yaml:3:15: "));
  CHECK_THAT(text, ContainsSubstring("variable AKOSHA_HOST is not set"));
}

TEST_CASE("a file that is not UTF-8 is refused with its place") {
  CHECK(problems_of("server_name: \xE9\n") ==
        "settings/mahavishnu.yaml:1:14: is not valid UTF-8 here\n");
}

TEST_CASE("a file that is far too large is not even read") {
  workspace here;
  here.write(file, "debug: true\n");
  // Sparse: it takes no room on the disk.
  std::filesystem::resize_file(here / file, 100 * 1024 * 1024);
  CHECK_THAT(text_of(here.load().problems),
             ContainsSubstring("settings/mahavishnu.yaml: is larger than 1 MiB"));
}

TEST_CASE("a file of exactly the largest size is read") {
  workspace here;
  auto text = std::string{"debug: true\n#"};
  here.write(file, text + std::string(1024 * 1024 - text.size(), 'x'));
  CHECK(here.load().settings.value().get<"debug">());
  here.write(file, text + std::string(1024 * 1024 + 1 - text.size(), 'x'));
  CHECK_FALSE(here.load().settings);
}

TEST_CASE("a directory in the place of a file is refused") {
  workspace here;
  std::filesystem::create_directories(here / file);
  CHECK(text_of(here.load().problems) ==
        "settings/mahavishnu.yaml: must be a regular file, but is a directory\n");
}

TEST_CASE("a file in the place of the settings directory is refused") {
  workspace here;
  here.write("settings", "debug: true\n");
  CHECK(text_of(here.load().problems) == "settings: must be a directory with settings files\n");
}

TEST_CASE("a named pipe is refused at once, although nobody ever writes to it") {
  workspace here;
  std::filesystem::create_directories(here / "settings");
  REQUIRE(::mkfifo((here / file).c_str(), 0600) == 0);
  CHECK_THAT(text_of(here.load().problems), ContainsSubstring("but is a named pipe"));
}

TEST_CASE("a device and a link that leads nowhere are refused") {
  workspace here;
  std::filesystem::create_directories(here / "settings");
  std::filesystem::create_symlink("/dev/zero", here / file);
  std::filesystem::create_symlink("nowhere", here / "settings/local.yaml");
  auto text = text_of(here.load().problems);
  CHECK_THAT(text, ContainsSubstring("settings/mahavishnu.yaml: must be a regular file"));
  CHECK_THAT(text, ContainsSubstring("settings/local.yaml: cannot be opened"));
}

TEST_CASE("all problems of all layers are reported at once, and nothing is applied") {
  workspace here;
  here.write(file, "pools:\n  max_wokers: 5\n  queue_limit: none\nlog_level: LOUD\n");
  here.write("settings/local.yaml", "exec:\n  grace_seconds: 999\nmcp:\n  path: mcp\n");
  here.environment = {{"MAHAVISHNU_POOLS__MAX_WORKERS", "0"}, {"MAHAVISHNU_POOLS__MIN", "1"}};
  here.flags = {{"mcp.port", "70000", "--port"}};
  auto loaded = here.load();
  CHECK_FALSE(loaded.settings);
  auto text = text_of(loaded.problems);
  CHECK(loaded.problems.size() == 8);
  for (auto part :
       {"settings/mahavishnu.yaml:2:3: unknown key", "settings/mahavishnu.yaml:3:16: ",
        "settings/mahavishnu.yaml:4:12: ", "settings/local.yaml:2:18: exec.grace_seconds",
        "settings/local.yaml:4:9: mcp.path must start",
        "environment MAHAVISHNU_POOLS__MAX_WORKERS: pools.max_workers must be between 1 and 100, "
        "not 0",
        "environment MAHAVISHNU_POOLS__MIN: unknown", "command line --port: mcp.port must be"})
    CHECK_THAT(text, ContainsSubstring(part));
}

TEST_CASE("a secret of the wrong type is not shown") {
  CHECK_THAT(problems_of("auth: {secret: [hunter2]}\n"), ContainsSubstring("auth.secret"));
  CHECK(problems_of("auth: {secret: [hunter2]}\n").find("hunter2") == std::string::npos);
  CHECK(problems_of("auth: {secret: \"hunter2\\x07\"}\n").find("hunter2") == std::string::npos);
}
