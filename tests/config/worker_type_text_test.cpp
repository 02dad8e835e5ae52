// SPDX-License-Identifier: MIT
#include "config/convert.hpp"
#include "config/worker_type_fields.hpp"
#include "config/workspace.hpp"
#include "config/yaml_text.hpp"
#include "mahavishnu/config/edit.hpp"
#include "mahavishnu/config/migrate.hpp"
#include "mahavishnu/config/render.hpp"
#include "support/catch.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <random>
#include <set>

using namespace mahavishnu;
using namespace mahavishnu::config;
using mahavishnu::test::text_of;
using mahavishnu::test::workspace;
using nlohmann::json;

namespace {

constexpr auto main_file = "settings/mahavishnu.yaml";
constexpr auto local_file = "settings/local.yaml";

constexpr std::string_view two_types = "# head\n"
                                       "worker_types: # mine\n"
                                       "  my-tool: # why\n"
                                       "    command: [my-tool, '--fast',   \"{prompt}\"]\n"
                                       "    environment:\n"
                                       "      - LANG=C # plain\n"
                                       "      - \"API_TOKEN=${SECRET:-Hunter2}\"\n"
                                       "  a.b: {image: debian:12, cpus: 1.5}\n"
                                       "\n"
                                       "debug: false\n";

settings load_two_types() {
  workspace here;
  here.write(main_file, two_types);
  auto loaded = here.load();
  INFO(text_of(loaded.problems));
  REQUIRE(loaded.settings);
  return *std::move(loaded.settings);
}

/// Types without their places, which a rewritten file changes.
std::vector<worker_type_entry> without_places(std::vector<worker_type_entry> types) {
  for (auto& type : types) {
    type.place = {};
    type.places.clear();
  }
  return types;
}

/// The example of the template, made active.
std::string active_example() {
  auto text = render_template();
  auto start = text.find("\nworker_types:\n");
  REQUIRE(start != std::string::npos);
  std::istringstream lines{text.substr(start + 1)};
  std::string made;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("  # "))
      line.erase(2, 2);
    made += line + "\n";
  }
  return made;
}

} // namespace

TEST_CASE("every field of the table is declared once, says what it is about and has a good "
          "default and example") {
  std::set<std::string_view> names;
  for (const auto& field : worker_type_fields) {
    INFO(field.about.name);
    CHECK(names.insert(field.about.name).second);
    CHECK(field.about.doc.ends_with('.'));
    CHECK(field.about.in_use);
    CHECK(convert(field.about, field.about.default_text).has_value());
    CHECK(convert(field.about, field.example).has_value());
  }
}

TEST_CASE("every field is kept where it was set, and nowhere else") {
  for (const auto& field : worker_type_fields) {
    INFO(field.about.name);
    worker_type_entry entry;
    auto wanted = convert(field.about, field.example).value();
    set_field(entry, field, wanted, {});
    for (const auto& other : worker_type_fields)
      CHECK(value_of(entry, other).has_value() == (&other == &field));
    CHECK(value_of(entry, field) == wanted);
  }
}

TEST_CASE("the example of the template is a complete type when its lines are made active") {
  workspace here;
  here.environment["MY_TOKEN"] = "x";
  here.write(main_file, active_example());
  auto loaded = here.load();
  INFO(active_example());
  INFO(text_of(loaded.problems));
  REQUIRE(loaded.settings);
  REQUIRE(loaded.settings->worker_types().size() == 1);
  CHECK(loaded.settings->worker_types().front().name == "my-tool");
  CHECK(loaded.settings->worker_types().front().places.size() == worker_type_fields.size());
}

TEST_CASE("the template sets no worker type") {
  workspace here;
  here.write(main_file, render_template());
  CHECK(here.load().settings.value().worker_types().empty());
}

TEST_CASE("the docs say of every field what it is, and name every built-in type") {
  auto page = render_docs();
  for (const auto& field : worker_type_fields)
    CHECK_THAT(page, ContainsSubstring("| `" + std::string{field.about.name} + "` | ") &&
                         ContainsSubstring(std::string{field.about.doc}));
  for (auto name : builtin_worker_types)
    CHECK_THAT(page, ContainsSubstring("`" + std::string{name} + "`"));
}

TEST_CASE("worker types are shown like the part of a file that sets them") {
  auto all = load_two_types();
  CHECK_THAT(render_settings(all),
             ContainsSubstring("\nworker_types:\n"
                               "  a.b:\n"
                               "    image: \"debian:12\"\n"
                               "    cpus: 1.5\n"
                               "  my-tool:\n"
                               "    command: [my-tool, \"--fast\", \"{prompt}\"]\n"
                               "    environment: [\"LANG=C\", \"API_TOKEN=********\"]\n"));
  CHECK_THAT(render_settings(settings::defaults()), ContainsSubstring("\nworker_types: {}\n"));

  auto shown = render_settings(all, origins::shown);
  CHECK_THAT(shown, ContainsSubstring("  a.b:  # settings/mahavishnu.yaml:8:3\n") &&
                        ContainsSubstring("    cpus: 1.5  # settings/mahavishnu.yaml:8:33\n"));
}

TEST_CASE("worker types are shown as JSON, with the origin of each field") {
  auto all = load_two_types();
  auto plain = json::parse(render_settings_json(all))["worker_types"];
  CHECK(plain == json::parse(R"({"a.b": {"image": "debian:12", "cpus": 1.5},
    "my-tool": {"command": ["my-tool", "--fast", "{prompt}"],
                "environment": ["LANG=C", "API_TOKEN=********"]}})"));
  auto shown = json::parse(render_settings_json(all, origins::shown))["worker_types"];
  CHECK(shown["a.b"]["cpus"] == json{{"value", 1.5}, {"origin", "settings/mahavishnu.yaml:8:33"}});
  CHECK(json::parse(render_settings_json(settings::defaults()))["worker_types"] == json::object());
}

TEST_CASE("what is shown of worker types can be read again and means the same") {
  workspace here;
  here.write(main_file, "worker_types:\n  x: {command: [a, \"b: #c\", \"1\"], timeout_seconds: 0}\n"
                        "  \"9\": {image: debian:12, memory: \"\"}\n  true: {command: [t]}\n"
                        "  python:\n");
  auto before = here.load().settings.value();
  for (auto with : {origins::hidden, origins::shown}) {
    workspace there;
    there.write(main_file, render_settings(before, with));
    auto after = there.load();
    INFO(text_of(after.problems));
    REQUIRE(after.settings);
    CHECK(without_places(after.settings->worker_types()) == without_places(before.worker_types()));
  }
}

TEST_CASE("all types, one type, or one field of it is shown by its name") {
  auto all = load_two_types();
  CHECK_THAT(render_value(all, "worker_types").value(), ContainsSubstring("worker_types:\n  a.b:"));
  CHECK(render_value(all, "worker_types.a.b").value() == "image: \"debian:12\"\ncpus: 1.5\n");
  CHECK(render_value(all, "worker_types.a.b.cpus").value() == "1.5\n");
  CHECK(render_value(all, "worker_types.my-tool.environment").value() ==
        "LANG=C, API_TOKEN=********\n");
  CHECK(json::parse(render_value_json(all, "worker_types").value()).size() == 2);
  CHECK(json::parse(render_value_json(all, "worker_types.a.b").value())["cpus"] == 1.5);
  CHECK(json::parse(render_value_json(all, "worker_types.a.b.cpus").value()) == 1.5);
}

TEST_CASE("a worker type or field that is not there is not found, with the nearest one") {
  auto all = load_two_types();
  for (auto key : {"worker_types.my-tol", "worker_types.a.b.image2", "worker_types.",
                   "worker_types.none.command"}) {
    CHECK(render_value(all, key).error().code == errc::not_found);
    CHECK(render_value_json(all, key).error() == render_value(all, key).error());
  }
  CHECK(render_value(all, "worker_types.my-tol").error().message ==
        "no settings file has \"worker_types.my-tol\"; did you mean \"worker_types.my-tool\"?");
  CHECK_THAT(render_value(all, "worker_types.a.b.network").error().message,
             ContainsSubstring("is not set in any settings file"));
}

TEST_CASE("no rendering of worker types shows a secret variable or a password") {
  const std::string needle = "Hunter2Hunter2";
  workspace here;
  here.environment["S"] = needle;
  here.write(main_file,
             "worker_types:\n  x:\n    command: [a, \"http://me:${S}@host/\"]\n"
             "    environment:\n      - MY_KEY=${S}\n      - my_token=${S}\n      - SECRETS=${S}\n"
             "      - DB_PASSWORD=${S}=${S}\n      - URL=http://me:${S}@host/\n"
             "      - TOKEN=\n      - PLAIN=shown\n");
  auto loaded = here.load();
  INFO(text_of(loaded.problems));
  REQUIRE(loaded.settings);
  const auto& all = *loaded.settings;
  auto everything = text_of(loaded.warnings);
  for (auto with : {origins::hidden, origins::shown})
    everything += render_settings(all, with) + render_settings_json(all, with);
  for (auto key :
       {"worker_types", "worker_types.x", "worker_types.x.command", "worker_types.x.environment"})
    everything += render_value(all, key).value() + render_value_json(all, key).value();
  CHECK((everything.find(needle) == std::string::npos));
  for (auto part : {"MY_KEY=********", "my_token=********", "SECRETS=********",
                    "DB_PASSWORD=********\"", "\"TOKEN=\"", "PLAIN=shown", "me:********@host"})
    CHECK_THAT(everything, ContainsSubstring(part));
}

TEST_CASE("saving another setting keeps worker types byte by byte") {
  workspace here;
  here.write(main_file, two_types);
  auto save = [&](std::string key, std::string value) {
    return save_setting({here.sources(), std::move(key), std::move(value), std::nullopt});
  };
  auto before = here.load().settings.value().worker_types();
  REQUIRE(save("debug", "true").report);
  auto expected = std::string{two_types};
  expected.replace(expected.find("debug: false"), 12, "debug: true");
  CHECK(here.read(main_file) == expected);

  REQUIRE(save("pools.max_workers", "5").report);
  REQUIRE(save("log_level", "ERROR").report);
  CHECK(here.read(main_file).starts_with(expected.substr(0, expected.find("debug"))));
  CHECK(here.load().settings.value().worker_types() == before);
}

TEST_CASE("a new key of the top level does not land inside of a worker type") {
  workspace here;
  here.write(main_file, "log_level: INFO\nworker_types:\n  x:\n    command: [a]\n");
  REQUIRE(save_setting({here.sources(), "debug", "true", std::nullopt}).report);
  CHECK(here.read(main_file) ==
        "log_level: INFO\ndebug: true\nworker_types:\n  x:\n    command: [a]\n");
}

TEST_CASE("a worker type itself is left to a person, and nothing is written") {
  workspace here;
  here.write(main_file, two_types);
  for (auto key : {"worker_types", "worker_types.my-tool.command"})
    CHECK(text_of(save_setting({here.sources(), key, "a", std::nullopt}).problems) ==
          "command line: worker types are set in a settings file only; change it by hand\n");
  CHECK(here.read(main_file) == two_types);
}

TEST_CASE("nothing is saved into a file whose worker types are wrong") {
  workspace here;
  here.write(main_file, "debug: false\nworker_types:\n  x:\n    command: a b\n");
  auto saved = save_setting({here.sources(), "debug", "true", std::nullopt});
  CHECK_FALSE(saved.report);
  CHECK_THAT(text_of(saved.problems), ContainsSubstring("worker_types.x.command"));
  CHECK(here.read(main_file).starts_with("debug: false\n"));
}

TEST_CASE("migration keeps worker types, their order and their references") {
  auto made = migrate_text("pools_enabled: false\n" + std::string{two_types} + "", "old.yaml");
  INFO(text_of(made.problems));
  REQUIRE(made.text);
  CHECK(*made.text == "# Made from old.yaml.\n"
                      "debug: false\n"
                      "\n"
                      "pools:\n"
                      "  # was pools_enabled\n"
                      "  enabled: false\n"
                      "\n"
                      "worker_types:\n"
                      "  my-tool:\n"
                      "    command: [my-tool, \"--fast\", \"{prompt}\"]\n"
                      "    environment: [\"LANG=C\", \"API_TOKEN=${SECRET:-Hunter2}\"]\n"
                      "  a.b:\n"
                      "    image: \"debian:12\"\n"
                      "    cpus: 1.5\n");
  workspace here;
  here.write(main_file, *made.text);
  CHECK(without_places(here.load().settings.value().worker_types()) ==
        without_places(load_two_types().worker_types()));
}

TEST_CASE("migration refuses wrong worker types with their places") {
  auto made = migrate_text("worker_types:\n  x:\n    comand: [a]\n    prompt: stdn\n", "old.yaml");
  CHECK_FALSE(made.text);
  CHECK_THAT(text_of(made.problems),
             ContainsSubstring("old.yaml:3:5: unknown key \"worker_types.x.comand\"") &&
                 ContainsSubstring("old.yaml:4:13: worker_types.x.prompt must be"));
}

TEST_CASE("a migrated file with a secret variable of a worker type can be read by its owner only") {
  workspace here;
  auto mode_after = [&](std::string_view item) {
    here.write("old.yaml",
               "worker_types: {x: {command: [a], environment: " + std::string{item} + "}}\n");
    REQUIRE(migrate_file(here / "old.yaml", here / "new.yaml", true).text);
    auto mode = std::filesystem::status(here / "new.yaml").permissions();
    std::filesystem::remove(here / "new.yaml");
    return static_cast<int>(mode);
  };
  CHECK(mode_after("[A=1, API_KEY=x]") == 0600);
  CHECK(mode_after("\"A=1, API_KEY=x\"") == 0600);
  CHECK(mode_after("[LANG=C]") == 0644);
}

TEST_CASE("random worker types are read, shown, migrated and kept as exactly what was written") {
  std::mt19937 random{test::seed()};
  auto below = [&](std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>{0, limit - 1}(random);
  };
  auto text = [&] {
    static constexpr auto pieces = std::to_array<std::string_view>(
        {"a", "Z", "0", " ", "#", ": ", "\"",   "'",  "\\", "[",        "]", "{",   "}",   ",", "&",
         "*", "!", "|", ">", "%", "~",  "null", "- ", "\t", "\xC3\xBC", "$", "---", "{x}", "=="});
    std::string made{"x"};
    for (auto count = below(6); count > 0; --count)
      made += pieces[below(pieces.size())];
    return made.find("${") == std::string::npos ? made : "x";
  };
  auto fill = [&](const worker_type_field& field) -> value {
    const auto& about = field.about;
    if (about.kind == kind::choice)
      return std::string{about.choices.items[below(about.choices.count)]};
    if (about.kind == kind::number)
      return about.max / 1000 * static_cast<double>(below(1001));
    if (field.content == content::memory)
      return std::to_string(below(1000) + 1) + "m";
    if (field.content == content::image)
      return std::string{"debian:12"};
    if (about.kind == kind::text)
      return text();
    std::vector<std::string> items(1 + below(4));
    for (std::size_t at = 0; at < items.size(); ++at)
      items[at] =
          field.content == content::assignments ? "V" + std::to_string(at) + "=" + text() : text();
    return items;
  };
  for (int round = 0; round < 100; ++round) {
    std::vector<worker_type_entry> wanted;
    std::string file = "worker_types:\n";
    for (auto count = 1 + below(4); count > 0; --count) {
      worker_type_entry type;
      type.name = "t" + std::to_string(9 - count) + (below(2) ? ".x-y" : "_");
      file += "  " + type.name + ":\n";
      for (const auto& field : worker_type_fields)
        if (field.about.name == "image" || field.about.name == "command" || below(2)) {
          auto given = fill(field);
          file += "    " + std::string{field.about.name} + ": " + yaml_value(given) + "\n";
          set_field(type, field, std::move(given), {});
        }
      wanted.push_back(std::move(type));
    }
    std::ranges::sort(wanted, {}, &worker_type_entry::name);
    wanted = without_places(std::move(wanted));
    auto types_in = [](const std::string& content) {
      workspace here;
      here.write(main_file, content);
      auto loaded = here.load();
      INFO(text_of(loaded.problems));
      REQUIRE(loaded.settings);
      return without_places(loaded.settings->worker_types());
    };
    INFO(file);
    REQUIRE(types_in(file) == wanted);
    REQUIRE(types_in(migrate_text(file, "old.yaml").text.value()) == wanted);
    workspace here;
    here.write(main_file, file);
    here.write(local_file, "");
    REQUIRE(types_in(render_settings(here.load().settings.value())) == wanted);
    REQUIRE(save_setting({here.sources(), "pools.max_workers", "7", main_file}).report);
    REQUIRE(here.read(main_file).starts_with(file));
    REQUIRE(types_in(here.read(main_file)) == wanted);
  }
}
