// SPDX-License-Identifier: MIT
#include "config/workspace.hpp"
#include "mahavishnu/config/migrate.hpp"
#include "support/catch.hpp"

using namespace mahavishnu;
using namespace mahavishnu::config;
using mahavishnu::test::text_of;
using mahavishnu::test::workspace;

namespace fs = std::filesystem;

TEST_CASE("an old file becomes one with today's names, in the order of the table") {
  auto made = migrate_text("otel_storage_enabled: false\nmax_concurrent_workers: 20\n"
                           "pools_enabled: yes\nserver_name: \"Old: one\"\nlog_level: info\n",
                           "oneiric.yaml");
  INFO(text_of(made.problems));
  REQUIRE(made.text);
  CHECK(*made.text == "# Made from oneiric.yaml.\n"
                      "server_name: \"Old: one\"\n"
                      "log_level: INFO\n"
                      "\n"
                      "pools:\n"
                      "  # was pools_enabled\n"
                      "  enabled: true\n"
                      "  # was max_concurrent_workers\n"
                      "  max_workers: 20\n"
                      "\n"
                      "workers:\n"
                      "  # was max_concurrent_workers\n"
                      "  max_concurrent: 20\n"
                      "\n"
                      "otel_storage:\n"
                      "  # was otel_storage_enabled\n"
                      "  enabled: false\n");
  CHECK(made.moved.size() == 4);
}

TEST_CASE("a flat settings file moves, lists and references are kept") {
  auto made = migrate_text("max_concurrent_workers: 20\nakosha_url: http://${HOST:-x}/mcp\n"
                           "qc:\n  checks:\n    - a\n    - \"b, c\"\npools:\n  enabled: false\n",
                           "settings/mahavishnu.yaml");
  INFO(text_of(made.problems));
  REQUIRE(made.text);
  CHECK_THAT(*made.text, ContainsSubstring("akosha_url: \"http://${HOST:-x}/mcp\"\n"));
  CHECK_THAT(*made.text, ContainsSubstring("checks: [a, \"b, c\"]\n"));
  CHECK_THAT(*made.text, ContainsSubstring("max_concurrent: 20\n"));
  CHECK(made.text->find("max_workers") == std::string::npos);
}

TEST_CASE("the migrated file means the same as the old one, without a warning") {
  const std::string old_text = "server_name: Old\nlog_level: DEBUG\npools_enabled: false\n"
                               "max_concurrent_workers: 20\npool_routing_strategy: random\n";
  workspace before;
  before.write("oneiric.yaml", old_text);
  workspace after;
  after.write("settings/mahavishnu.yaml", migrate_text(old_text, "oneiric.yaml").text.value());
  auto was = before.load();
  auto is = after.load();
  REQUIRE(was.settings);
  REQUIRE(is.settings);
  CHECK(is.warnings.empty());
  for (row_index at = 0; at < rows.size(); ++at) {
    INFO(key_of(rows[at]));
    CHECK(is.settings->at(at) == was.settings->at(at));
  }
}

TEST_CASE("a file with unknown keys or bad values is refused with all of them") {
  auto made = migrate_text("pools_enabeld: true\nmax_concurrent_workers: 0\nfoo: 1\n", "old.yaml");
  CHECK_FALSE(made.text);
  auto text = text_of(made.problems);
  CHECK(made.problems.size() == 3);
  CHECK_THAT(text, ContainsSubstring("old.yaml:1:1: unknown key \"pools_enabeld\"; did you mean "
                                     "\"pools_enabled\"?"));
  CHECK_THAT(text, ContainsSubstring("old.yaml:2:25: workers.max_concurrent must be between"));
  CHECK_THAT(text, ContainsSubstring("old.yaml:3:1: unknown key"));
}

TEST_CASE("of an old and a new name for one key the new one is kept") {
  auto made = migrate_text("pools_enabled: true\npools: {enabled: false}\n", "old.yaml");
  REQUIRE(made.text);
  CHECK_THAT(*made.text, ContainsSubstring("enabled: false"));
  CHECK_THAT(text_of(made.moved), ContainsSubstring("pools_enabled is left out"));
}

TEST_CASE("a new file is made, and an existing one only replaced by force") {
  workspace here;
  here.write("oneiric.yaml", "pools_enabled: false\n");
  auto target = here / "settings/mahavishnu.yaml";
  REQUIRE(migrate_file(here / "oneiric.yaml", target).text);
  CHECK_FALSE(here.load().settings.value().get<"pools.enabled">());

  here.write("settings/mahavishnu.yaml", "debug: true\n");
  auto refused = migrate_file(here / "oneiric.yaml", target);
  CHECK_FALSE(refused.text);
  CHECK_THAT(text_of(refused.problems), ContainsSubstring("exists already"));
  CHECK(here.read("settings/mahavishnu.yaml") == "debug: true\n");

  CHECK(migrate_file(here / "oneiric.yaml", target, true).text);
  CHECK(here.read("settings/mahavishnu.yaml").find("debug") == std::string::npos);
}

TEST_CASE("a migrated file with a secret can be read by its owner only") {
  workspace here;
  here.write("old.yaml", "auth_secret: " + std::string(40, 's') + "\n");
  REQUIRE(migrate_file(here / "old.yaml", here / "new.yaml").text);
  CHECK(static_cast<int>(fs::status(here / "new.yaml").permissions()) == 0600);
}

TEST_CASE("an old file that is not there is an error that names it") {
  workspace here;
  CHECK_THAT(text_of(migrate_file(here / "none.yaml", here / "new.yaml").problems),
             ContainsSubstring("none.yaml: cannot be opened"));
}
