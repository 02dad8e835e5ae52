// SPDX-License-Identifier: MIT
#include "config/workspace.hpp"
#include "support/catch.hpp"

using namespace mahavishnu;
using namespace mahavishnu::config;
using mahavishnu::test::text_of;

namespace {

load_outcome load_variables(environment variables) {
  test::workspace here;
  here.environment = std::move(variables);
  return here.load();
}

} // namespace

TEST_CASE("every setting has a variable that sets it") {
  auto changed = [](const row& setting) -> std::string {
    switch (setting.kind) {
    case kind::boolean: return setting.default_text == "true" ? "false" : "true";
    case kind::integer:
    case kind::number: return std::to_string(static_cast<long>(setting.max));
    case kind::choice: return std::string{setting.choices.items[setting.choices.count - 1]};
    default: return "changed";
    }
  };
  for (row_index at = 0; at < rows.size(); ++at) {
    const auto& setting = rows[at];
    // These have rules of their own.
    if (setting.secret || key_of(setting) == "mcp.host" || key_of(setting) == "mcp.path" ||
        setting.name.starts_with("tls_") || key_of(setting) == "control.heartbeat_seconds" ||
        setting.name == "enabled")
      continue;
    auto loaded = load_variables({{variable_of(setting), changed(setting)}});
    INFO(variable_of(setting) << "\n" << text_of(loaded.problems));
    REQUIRE(loaded.settings);
    CHECK(loaded.settings->origin_of(at).name == variable_of(setting));
    CHECK(loaded.settings->value_text(at) == changed(setting));
  }
}

TEST_CASE("a bad variable names the key, the range and itself") {
  CHECK(text_of(load_variables({{"MAHAVISHNU_POOLS__MAX_WORKERS", "0"}}).problems) ==
        "environment MAHAVISHNU_POOLS__MAX_WORKERS: pools.max_workers must be between 1 and 100, "
        "not 0\n");
}

TEST_CASE("an old variable works with one warning, unless the new one is set too") {
  auto loaded = load_variables({{"MAHAVISHNU_POOLS_ENABLED", "false"}});
  CHECK_FALSE(loaded.settings.value().get<"pools.enabled">());
  CHECK(loaded.warnings ==
        std::vector<std::string>{"environment MAHAVISHNU_POOLS_ENABLED: is deprecated; use "
                                 "MAHAVISHNU_POOLS__ENABLED"});

  auto both = load_variables(
      {{"MAHAVISHNU_POOLS_ENABLED", "false"}, {"MAHAVISHNU_POOLS__ENABLED", "true"}});
  CHECK(both.settings.value().get<"pools.enabled">());
  REQUIRE(both.warnings.size() == 1);
  CHECK_THAT(both.warnings.front(), ContainsSubstring("is ignored"));
}

TEST_CASE("an unknown variable with two underscores is refused with the nearest one") {
  auto loaded = load_variables({{"MAHAVISHNU_POOLS__MAX_WOKERS", "5"}});
  CHECK(text_of(loaded.problems) ==
        "environment MAHAVISHNU_POOLS__MAX_WOKERS: unknown setting; did you mean "
        "MAHAVISHNU_POOLS__MAX_WORKERS?\n");
}

TEST_CASE("a variable of somebody else is ignored, and one that looks like a slip gets a warning") {
  auto foreign = load_variables({{"MAHAVISHNU_OUTBOX_ENABLED", "1"}, {"HOME", "/"}});
  CHECK(foreign.settings);
  CHECK(foreign.warnings.empty());

  auto slip = load_variables({{"MAHAVISHNU_LOG_LEVLE", "DEBUG"}});
  CHECK(slip.settings.value().get<"log_level">() == "INFO");
  REQUIRE(slip.warnings.size() == 1);
  CHECK_THAT(slip.warnings.front(), ContainsSubstring("did you mean MAHAVISHNU_LOG_LEVEL?"));

  auto far = load_variables({{"MAHAVISHNU_LOG_LVLXX", "DEBUG"}});
  CHECK(far.warnings.empty());
}

TEST_CASE("variables that are ours but no settings are silent") {
  auto loaded = load_variables({{"MAHAVISHNU_SETTINGS_DIR", "x"},
                                {"MAHAVISHNU_TASK_ID", "x"},
                                {"MAHAVISHNU_POOL_ID", "x"},
                                {"MAHAVISHNU_WORKER_ID", "x"}});
  CHECK(loaded.settings);
  CHECK(loaded.warnings.empty());
}

TEST_CASE("a hostile variable name is printed harmlessly") {
  auto loaded = load_variables({{"MAHAVISHNU_A__\x1b[2J\xff", "5"}});
  CHECK(text_of(loaded.problems) == "environment MAHAVISHNU_A__\\x1b[2J\\xff: unknown setting\n");
}

TEST_CASE("lists come from variables as commas or JSON") {
  auto loaded = load_variables(
      {{"MAHAVISHNU_QC__CHECKS", "a,b"}, {"MAHAVISHNU_ALLOWED_REPO_PATHS", "[\"/x, y\"]"}});
  REQUIRE(loaded.settings);
  CHECK(loaded.settings->get<"qc.checks">() == std::vector<std::string>{"a", "b"});
  CHECK(loaded.settings->get<"allowed_repo_paths">() == std::vector<std::string>{"/x, y"});
}

TEST_CASE("the environment of the process is taken as it is") {
  REQUIRE(::setenv("MAHAVISHNU_TEST_SNAPSHOT", "a=b", 1) == 0);
  CHECK(process_environment().at("MAHAVISHNU_TEST_SNAPSHOT") == "a=b");
  ::unsetenv("MAHAVISHNU_TEST_SNAPSHOT");
  CHECK_FALSE(process_environment().contains("MAHAVISHNU_TEST_SNAPSHOT"));
}
