// SPDX-License-Identifier: MIT
#include "config/convert.hpp"
#include "config/workspace.hpp"
#include "mahavishnu/config/render.hpp"
#include "support/catch.hpp"

#include <nlohmann/json.hpp>

using namespace mahavishnu;
using namespace mahavishnu::config;
using mahavishnu::test::content_of;
using mahavishnu::test::text_of;
using mahavishnu::test::workspace;

namespace {

const std::filesystem::path repository = MAHAVISHNU_SOURCE_DIR;

/// The template with every key that it shows made active.
std::string uncommented(const std::string& text) {
  std::istringstream lines{text};
  std::string made;
  for (std::string line; std::getline(lines, line);) {
    auto hash = line.find("# ");
    auto colon = line.find(": ");
    if (hash != std::string::npos && colon != std::string::npos) {
      auto name = line.substr(hash + 2, colon - hash - 2);
      auto is_known = [&](const row& setting) { return setting.name == name; };
      if (std::ranges::any_of(rows, is_known))
        line.erase(hash, 2);
    }
    made += line + "\n";
  }
  return made;
}

} // namespace

TEST_CASE("docs/settings.md is up to date") {
  INFO("run: mahavishnu config docs > docs/settings.md");
  CHECK((content_of(repository / "docs/settings.md") == render_docs()));
}

TEST_CASE("settings/mahavishnu.yaml is up to date") {
  INFO("run: mahavishnu config init --stdout > settings/mahavishnu.yaml");
  CHECK((content_of(repository / "settings/mahavishnu.yaml") == render_template()));
}

TEST_CASE("the template sets nothing") {
  workspace here;
  here.write("settings/mahavishnu.yaml", render_template());
  auto loaded = here.load();
  REQUIRE(loaded.settings);
  CHECK(loaded.warnings.empty());
  for (row_index at = 0; at < rows.size(); ++at)
    CHECK(loaded.settings->origin_of(at).layer == layer::defaults);
}

TEST_CASE("the values that the template shows are the defaults, for every key") {
  workspace here;
  here.write("settings/mahavishnu.yaml", uncommented(render_template()));
  auto loaded = here.load();
  INFO(text_of(loaded.problems));
  REQUIRE(loaded.settings);
  for (row_index at = 0; at < rows.size(); ++at) {
    INFO(key_of(rows[at]));
    CHECK(loaded.settings->origin_of(at).layer == layer::main_file);
    CHECK(loaded.settings->at(at) == default_of(rows[at]));
  }
}

TEST_CASE("the template and the docs say of every key what it is, and whether it is in use") {
  auto page = render_docs();
  auto file = render_template();
  for (const auto& setting : rows) {
    INFO(key_of(setting));
    CHECK_THAT(file, ContainsSubstring(std::string{setting.doc}));
    CHECK_THAT(file, ContainsSubstring("# Environment: " + variable_of(setting) + "\n"));
    CHECK_THAT(page, ContainsSubstring("| `" + std::string{setting.name} + "` | "));
    for (auto old_name : setting.old_names)
      CHECK_THAT(page, ContainsSubstring("`" + std::string{old_name} + "`"));
  }
  CHECK_THAT(file, ContainsSubstring("# Must be an integer between 1 and 100.\n"));
  CHECK_THAT(file, ContainsSubstring("nothing reads it yet"));
  CHECK_THAT(page, ContainsSubstring("*Not read yet.*"));
}

TEST_CASE("what is shown can be read again and means the same") {
  workspace here;
  here.environment = {{"MAHAVISHNU_SERVER_NAME", "a: \"b\" #c"}, {"MAHAVISHNU_QC__CHECKS", "x,y"}};
  auto before = here.load().settings.value();
  for (auto with : {origins::hidden, origins::shown}) {
    workspace there;
    there.write("settings/mahavishnu.yaml", render_settings(before, with));
    auto after = there.load();
    INFO(text_of(after.problems));
    REQUIRE(after.settings);
    for (row_index at = 0; at < rows.size(); ++at)
      CHECK(after.settings->at(at) == before.at(at));
  }
}

TEST_CASE("origins are shown with each value") {
  workspace here;
  here.write("settings/local.yaml", "pools:\n  max_workers: 5\n");
  here.environment["MAHAVISHNU_DEBUG"] = "1";
  auto all = here.load().settings.value();
  auto text = render_settings(all, origins::shown);
  CHECK_THAT(text, ContainsSubstring("  max_workers: 5  # settings/local.yaml:2:16\n"));
  CHECK_THAT(text, ContainsSubstring("debug: true  # environment MAHAVISHNU_DEBUG\n"));
  CHECK_THAT(text, ContainsSubstring("  port: 8680  # default\n"));
  CHECK(render_settings(all).find('#') == std::string::npos);

  auto json = nlohmann::json::parse(render_settings_json(all, origins::shown));
  CHECK(json["pools"]["max_workers"]["value"] == 5);
  CHECK(json["pools"]["max_workers"]["origin"] == "settings/local.yaml:2:16");
  CHECK(nlohmann::json::parse(render_settings_json(all))["debug"] == true);
}

TEST_CASE("one value or one group is shown by its name") {
  auto all = settings::defaults();
  CHECK(render_value(all, "pools.max_workers").value() == "10\n");
  CHECK(render_value(all, "max_concurrent_workers").value() == "10\n");
  CHECK(render_value_json(all, "qc.checks").value() ==
        "[\n  \"linting\",\n  \"type_checking\",\n  \"security_scan\"\n]\n");
  CHECK(render_value(all, "session").value() == "enabled: true\ncheckpoint_interval: 60\n");
  CHECK(nlohmann::json::parse(render_value_json(all, "session").value())["enabled"] == true);
  auto unknown = render_value(all, "pools.max_wokers");
  REQUIRE(unknown.has_error());
  CHECK(unknown.error().code == errc::not_found);
  CHECK_THAT(unknown.error().message, ContainsSubstring("pools.max_workers"));
}

TEST_CASE("no rendering of settings shows a secret or a password") {
  const std::string needle = "Hunter2Hunter2";
  workspace here;
  std::size_t secrets = 0;
  for (const auto& setting : rows)
    if (setting.secret && setting.name != "connection_string" && setting.name != "url") {
      here.environment[variable_of(setting)] = needle + std::string(32, 'x');
      ++secrets;
    }
  here.environment["MAHAVISHNU_OTEL_STORAGE__CONNECTION_STRING"] =
      "postgresql://me:" + needle + "@db/traces";
  here.environment["MAHAVISHNU_STORAGE__URL"] = "postgresql://me:" + needle + "@db/journal";
  here.environment["MAHAVISHNU_POOLS__AKOSHA_URL"] = "http://me:" + needle + "@host/mcp";
  here.environment["MAHAVISHNU_QC__CHECKS"] = "http://me:" + needle + "@host/mcp";
  auto loaded = here.load();
  INFO(text_of(loaded.problems));
  REQUIRE(loaded.settings);
  REQUIRE(secrets >= 3);
  const auto& all = *loaded.settings;
  std::string everything = text_of(loaded.warnings);
  for (auto with : {origins::hidden, origins::shown})
    everything += render_settings(all, with) + render_settings_json(all, with);
  for (row_index at = 0; at < rows.size(); ++at)
    everything += all.value_text(at) + render_value(all, key_of(rows[at])).value() +
                  render_value_json(all, key_of(rows[at])).value();
  for (const auto& known : groups)
    everything +=
        render_value(all, known.name).value() + render_value_json(all, known.name).value();
  CHECK((everything.find(needle) == std::string::npos));
  CHECK((everything.find("********") != std::string::npos));
}
