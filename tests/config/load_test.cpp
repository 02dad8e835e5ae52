// SPDX-License-Identifier: MIT
#include "config/workspace.hpp"
#include "support/catch.hpp"

#include <functional>
#include <type_traits>

using namespace mahavishnu;
using namespace mahavishnu::config;
using mahavishnu::test::text_of;
using mahavishnu::test::workspace;

namespace {

constexpr auto main_file = "settings/mahavishnu.yaml";
constexpr auto local_file = "settings/local.yaml";

template <key_name Key>
std::string origin_of(const settings& from) {
  return to_string(from.origin_of(index_of<Key>()));
}

} // namespace

TEST_CASE("without any source all settings are the defaults") {
  workspace here;
  auto loaded = here.load();
  REQUIRE(loaded.settings);
  CHECK(loaded.warnings.empty());
  CHECK(loaded.settings->get<"mcp.port">() == 8680);
  CHECK(loaded.settings->get<"workers.default_type">() == "terminal-qwen");
  CHECK(loaded.settings->get<"otel_storage.similarity_threshold">() == 0.85);
  CHECK(loaded.settings->get<"qc.checks">().size() == 3);
  CHECK(origin_of<"mcp.port">(*loaded.settings) == "default");
  for (row_index at = 0; at < rows.size(); ++at)
    CHECK(loaded.settings->at(at) == settings::defaults().at(at));
}

TEST_CASE("the type of a setting follows from its row") {
  using all = const settings&;
  STATIC_REQUIRE(std::is_same_v<decltype(std::declval<all>().get<"debug">()), const bool&>);
  STATIC_REQUIRE(
      std::is_same_v<decltype(std::declval<all>().get<"mcp.port">()), const std::int64_t&>);
  STATIC_REQUIRE(
      std::is_same_v<decltype(std::declval<all>().get<"log_level">()), const std::string&>);
}

TEST_CASE("of any two layers the stronger one wins, and is named as the origin") {
  struct source {
    std::string value;
    std::string origin;
    std::function<void(workspace&)> apply;
  };
  const std::vector<source> weakest_first{
      {"10", "default", [](workspace&) {}},
      {"11", "settings/mahavishnu.yaml:2:16",
       [](workspace& w) { w.write(main_file, "pools:\n  max_workers: 11\n"); }},
      {"12", "settings/local.yaml:1:21",
       [](workspace& w) { w.write(local_file, "pools: {max_workers: 12}"); }},
      {"13", "environment MAHAVISHNU_POOLS__MAX_WORKERS",
       [](workspace& w) { w.environment["MAHAVISHNU_POOLS__MAX_WORKERS"] = "13"; }},
      {"14", "command line --max-workers",
       [](workspace& w) {
         w.flags = {{"pools.max_workers", "14", "--max-workers"}};
       }},
  };
  for (std::size_t strong = 0; strong < weakest_first.size(); ++strong)
    for (std::size_t weak = 0; weak <= strong; ++weak) {
      INFO(weakest_first[weak].origin << " below " << weakest_first[strong].origin);
      workspace here;
      weakest_first[strong].apply(here);
      weakest_first[weak].apply(here);
      auto loaded = here.load();
      REQUIRE(loaded.settings);
      auto at = index_of<"pools.max_workers">();
      CHECK(loaded.settings->value_text(at) == weakest_first[strong].value);
      // Columns of flow maps and block maps differ; the default has neither.
      CHECK_THAT(to_string(loaded.settings->origin_of(at)),
                 ContainsSubstring(weakest_first[strong].origin.substr(0, 18)));
    }
}

TEST_CASE("maps merge key by key and lists replace") {
  workspace here;
  here.write(main_file, "pools:\n  min_workers: 2\n  max_workers: 5\nqc:\n  checks: [a, b]\n");
  here.write(local_file, "pools:\n  max_workers: 6\nqc:\n  checks:\n    - c\n");
  auto loaded = here.load();
  REQUIRE(loaded.settings);
  CHECK(loaded.settings->get<"pools.min_workers">() == 2);
  CHECK(loaded.settings->get<"pools.max_workers">() == 6);
  CHECK(loaded.settings->get<"qc.checks">() == std::vector<std::string>{"c"});
}

TEST_CASE("the origin of a value is its file, line and column") {
  workspace here;
  here.write(main_file, "# head\n\npools:\n  # why\n  max_workers: 5\nlog_level: debug\n");
  auto loaded = here.load();
  REQUIRE(loaded.settings);
  CHECK(origin_of<"pools.max_workers">(*loaded.settings) == "settings/mahavishnu.yaml:5:16");
  CHECK(origin_of<"log_level">(*loaded.settings) == "settings/mahavishnu.yaml:6:12");
}

TEST_CASE("an empty group, and quotes around a number, are no mistakes") {
  workspace here;
  here.write(main_file, "pools:\nmcp:\n  port: \"9000\"\ndebug: 'yes'\nauth:\n  secret: null\n");
  auto loaded = here.load();
  INFO(text_of(loaded.problems));
  REQUIRE(loaded.settings);
  CHECK(loaded.settings->get<"mcp.port">() == 9000);
  CHECK(loaded.settings->get<"debug">());
  CHECK(loaded.settings->get<"auth.secret">().empty());
}

TEST_CASE("references in files are resolved from the environment, in lists too") {
  workspace here;
  here.write(main_file, "mcp:\n  port: ${PORT:-9001}\nserver_name: \"${NAME} (${NAME})\"\n"
                        "qc:\n  checks: [\"${NAME}\", b]\nllm:\n  model: $${NAME}\n");
  here.environment["NAME"] = "one";
  auto loaded = here.load();
  REQUIRE(loaded.settings);
  CHECK(loaded.settings->get<"mcp.port">() == 9001);
  CHECK(loaded.settings->get<"server_name">() == "one (one)");
  CHECK(loaded.settings->get<"qc.checks">() == std::vector<std::string>{"one", "b"});
  CHECK(loaded.settings->get<"llm.model">() == "${NAME}");
}

TEST_CASE("a settings directory elsewhere is named in full") {
  workspace here;
  workspace other;
  other.write("mahavishnu.yaml", "debug: true\n");
  auto from = here.sources();
  from.settings_dir = other.path();
  auto loaded = load(from);
  REQUIRE(loaded.settings);
  CHECK(origin_of<"debug">(*loaded.settings) == (other / "mahavishnu.yaml").string() + ":1:8");
}

TEST_CASE("an old name in a file works, with one warning that names the new one") {
  workspace here;
  here.write(main_file, "max_concurrent_workers: 7\ndefault_pool_type: kubernetes\n");
  auto loaded = here.load();
  REQUIRE(loaded.settings);
  CHECK(loaded.settings->get<"workers.max_concurrent">() == 7);
  CHECK(loaded.settings->get<"pools.default_type">() == "kubernetes");
  CHECK(loaded.settings->get<"pools.max_workers">() == 10);
  CHECK(loaded.warnings ==
        std::vector<std::string>{"settings/mahavishnu.yaml:1:1: max_concurrent_workers is "
                                 "deprecated; use workers.max_concurrent",
                                 "settings/mahavishnu.yaml:2:1: default_pool_type is deprecated; "
                                 "use pools.default_type"});
}

TEST_CASE("where one file has the old and the new name, the new one wins with a warning") {
  for (auto text : {"pools_enabled: true\npools: {enabled: false}\n",
                    "pools: {enabled: false}\npools_enabled: true\n"}) {
    workspace here;
    here.write(main_file, text);
    auto loaded = here.load();
    REQUIRE(loaded.settings);
    CHECK_FALSE(loaded.settings->get<"pools.enabled">());
    REQUIRE(loaded.warnings.size() == 1);
    CHECK_THAT(loaded.warnings.front(),
               ContainsSubstring("pools_enabled is ignored, because pools.enabled is set too"));
  }
}

TEST_CASE("an old name in a stronger layer beats the new name in a weaker one") {
  workspace here;
  here.write(main_file, "pools: {enabled: true}\n");
  here.write(local_file, "pools_enabled: false\n");
  CHECK_FALSE(here.load().settings.value().get<"pools.enabled">());
}

TEST_CASE("oneiric.yaml is read when there is no new file, with one warning") {
  workspace here;
  here.write("oneiric.yaml", "server_name: Old\nlog_level: DEBUG\npools_enabled: false\n"
                             "max_concurrent_workers: 20\nworker_default_type: terminal-claude\n");
  auto loaded = here.load();
  INFO(text_of(loaded.problems));
  REQUIRE(loaded.settings);
  CHECK(loaded.settings->get<"server_name">() == "Old");
  CHECK_FALSE(loaded.settings->get<"pools.enabled">());
  CHECK(loaded.settings->get<"workers.max_concurrent">() == 20);
  CHECK(loaded.settings->get<"pools.max_workers">() == 20);
  CHECK(origin_of<"pools.max_workers">(*loaded.settings) == "oneiric.yaml:4:25");
  REQUIRE(loaded.warnings.size() == 1);
  CHECK_THAT(loaded.warnings.front(), ContainsSubstring("oneiric.yaml: is deprecated"));
}

TEST_CASE("in oneiric.yaml the own name of a pool's size beats the shared one") {
  workspace here;
  here.write("oneiric.yaml", "pool_default_max_workers: 30\nmax_concurrent_workers: 20\n");
  auto loaded = here.load();
  REQUIRE(loaded.settings);
  CHECK(loaded.settings->get<"pools.max_workers">() == 30);
  CHECK(loaded.settings->get<"workers.max_concurrent">() == 20);
  CHECK(loaded.warnings.size() == 1);
}

TEST_CASE("oneiric.yaml counts for nothing beside a new file, even an empty one") {
  for (auto name : {main_file, local_file}) {
    workspace here;
    here.write("oneiric.yaml", "server_name: Old\n");
    here.write(name, "");
    auto loaded = here.load();
    REQUIRE(loaded.settings);
    CHECK(loaded.settings->get<"server_name">() == "Mahavishnu Orchestrator");
    CHECK(loaded.warnings.empty());
  }
}

TEST_CASE("the environment is stronger than oneiric.yaml") {
  workspace here;
  here.write("oneiric.yaml", "max_concurrent_workers: 20\n");
  here.environment["MAHAVISHNU_POOLS__MAX_WORKERS"] = "21";
  CHECK(here.load().settings.value().get<"pools.max_workers">() == 21);
}

TEST_CASE("the last flag for a key wins, and an unknown key of a flag is refused") {
  workspace here;
  here.flags = {{"mcp.port", "1", "--port"}, {"mcp.port", "2", "--port"}};
  CHECK(here.load().settings.value().get<"mcp.port">() == 2);
  here.flags = {{"mcp.prot", "1", "--set mcp.prot"}};
  CHECK_THAT(text_of(here.load().problems), ContainsSubstring("command line --set mcp.prot: "));
}
