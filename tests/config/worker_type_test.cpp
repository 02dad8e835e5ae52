// SPDX-License-Identifier: MIT
#include "config/worker_type_rules.hpp"
#include "config/workspace.hpp"
#include "support/catch.hpp"

using namespace mahavishnu;
using namespace mahavishnu::config;
using mahavishnu::test::text_of;
using mahavishnu::test::workspace;

namespace {

constexpr auto main_file = "settings/mahavishnu.yaml";
constexpr auto local_file = "settings/local.yaml";
using texts = std::vector<std::string>;

/// The types of one file that is good.
std::vector<worker_type_entry> types_of(std::string_view text) {
  workspace here;
  here.write(main_file, text);
  auto loaded = here.load();
  INFO(text_of(loaded.problems));
  REQUIRE(loaded.settings);
  CHECK(loaded.warnings.empty());
  return loaded.settings->worker_types();
}

/// Every problem of one file.
std::string problems_of(std::string_view text) {
  workspace here;
  here.write(main_file, text);
  auto loaded = here.load();
  CHECK(loaded.settings.has_value() == loaded.problems.empty());
  return text_of(loaded.problems);
}

/// The problem of one type "x" with these lines, without the name of the file.
std::string problem_of(std::string_view fields) {
  auto text = problems_of("worker_types:\n  x:\n" + std::string{fields});
  CHECK(std::ranges::count(text, '\n') == 1);
  auto name = std::string{main_file} + ":";
  CHECK(text.starts_with(name));
  return text.substr(std::min(text.size(), name.size()));
}

} // namespace

TEST_CASE("without any settings there are no worker types of a user") {
  CHECK(settings::defaults().worker_types().empty());
  CHECK(types_of("").empty());
  CHECK(types_of("worker_types:\n").empty());
  CHECK(types_of("worker_types: {}\n").empty());
}

TEST_CASE("every field of a worker type is read") {
  workspace here;
  here.environment["MY_TOKEN"] = "abc";
  here.write(main_file, "worker_types:\n"
                        "  my-tool:\n"
                        "    command: [my-tool, --fast, \"{prompt}\"]\n"
                        "    prompt: argument\n"
                        "    description: Runs my tool.\n"
                        "    environment: [LANG=C, \"TOKEN=${MY_TOKEN}\"]\n"
                        "    timeout_seconds: 60\n"
                        "    requires_tool: my-tool\n"
                        "    version_command: [my-tool, --version]\n"
                        "    image: debian:12\n"
                        "    network: none\n"
                        "    memory: 512m\n"
                        "    cpus: 1.5\n");
  auto loaded = here.load();
  INFO(text_of(loaded.problems));
  REQUIRE(loaded.settings);
  REQUIRE(loaded.settings->worker_types().size() == 1);
  const auto& type = loaded.settings->worker_types().front();
  CHECK(type.name == "my-tool");
  CHECK(to_string(type.place) == "settings/mahavishnu.yaml:2:3");
  CHECK(type.command == texts{"my-tool", "--fast", "{prompt}"});
  CHECK(type.prompt == "argument");
  CHECK(type.description == "Runs my tool.");
  CHECK(type.environment == texts{"LANG=C", "TOKEN=abc"});
  CHECK(type.timeout_seconds == 60);
  CHECK(type.requires_tool == "my-tool");
  CHECK(type.version_command == texts{"my-tool", "--version"});
  CHECK(type.image == "debian:12");
  CHECK(type.network == "none");
  CHECK(type.memory == "512m");
  CHECK(type.cpus == 1.5);
  CHECK(type.places.size() == worker_type_fields.size());
  CHECK(to_string(type.places.at("cpus")) == "settings/mahavishnu.yaml:13:11");
}

TEST_CASE("a field that nobody set is empty") {
  auto types = types_of("worker_types:\n  python:\n    environment: [A=1]\n");
  REQUIRE(types.size() == 1);
  for (const auto& field : worker_type_fields)
    CHECK(value_of(types.front(), field).has_value() == (field.about.name == "environment"));
  CHECK(types.front().places.size() == 1);
}

TEST_CASE("worker types are sorted by name, whatever the order of the files") {
  workspace here;
  here.write(main_file, "worker_types: {b: {command: [b]}, a: {command: [a]}}\n");
  here.write(local_file, "worker_types: {c: {command: [c]}, Z: {command: [z]}}\n");
  auto loaded = here.load();
  REQUIRE(loaded.settings);
  std::string names;
  for (const auto& type : loaded.settings->worker_types())
    names += type.name;
  CHECK(names == "Zabc");
}

TEST_CASE("the local file changes a worker type field by field") {
  workspace here;
  here.write(main_file, "worker_types:\n  t:\n    command: [t, -v]\n    environment: [A=1, B=2]\n"
                        "    timeout_seconds: 60\n");
  here.write(local_file, "worker_types:\n  t:\n    environment: [C=3]\n    description: Mine.\n");
  auto loaded = here.load();
  REQUIRE(loaded.settings);
  REQUIRE(loaded.settings->worker_types().size() == 1);
  const auto& type = loaded.settings->worker_types().front();
  CHECK(type.command == texts{"t", "-v"});
  CHECK(type.environment == texts{"C=3"});
  CHECK(type.timeout_seconds == 60);
  CHECK(type.description == "Mine.");
  CHECK(to_string(type.place) == "settings/local.yaml:2:3");
  CHECK(to_string(type.places.at("command")) == "settings/mahavishnu.yaml:3:14");
  CHECK(to_string(type.places.at("environment")) == "settings/local.yaml:3:18");
}

TEST_CASE("what one file leaves out another may give") {
  workspace here;
  here.write(main_file, "worker_types:\n  t:\n    memory: 1g\n");
  here.write(local_file, "worker_types:\n  t:\n    image: debian:12\n");
  CHECK(here.load().settings.value().worker_types().front().memory == "1g");
}

TEST_CASE("an entry of a built-in name, or with an image, needs no command") {
  for (auto name : builtin_worker_types)
    CHECK(
        types_of("worker_types:\n  " + std::string{name} + ":\n    description: Mine.\n").size() ==
        1);
  CHECK(types_of("worker_types:\n  python:\n").front().places.empty());
  CHECK(types_of("worker_types:\n  x:\n    image: debian:12\n").front().image == "debian:12");
  CHECK(types_of("worker_types:\n  container:\n    cpus: 2\n    network: host\n").front().cpus ==
        2);
}

TEST_CASE("a type without a command is refused, with the built-in type that may be meant") {
  CHECK(problem_of("    description: Mine.\n") ==
        "2:3: worker_types.x must have a command, like \"command: [my-tool, --fast]\", or an "
        "image\n");
  CHECK_THAT(problems_of("worker_types:\n  pyhton:\n    environment: [A=1]\n"),
             ContainsSubstring("did you mean the built-in type \"python\"?"));
}

TEST_CASE("a name of a worker type has 1 to 64 letters, digits, dots, underscores and dashes") {
  for (auto good : {"a", "_", ".", "a-b_c.D9", "9"})
    CHECK(is_worker_type_name(good));
  CHECK(is_worker_type_name(std::string(64, 'a')));
  CHECK_FALSE(is_worker_type_name(std::string(65, 'a')));
  for (auto bad : {"", "-a", "a b", "a/b", "\xC3\xBC", "a\n", "a:b"})
    CHECK_FALSE(is_worker_type_name(bad));
  CHECK(problems_of("worker_types:\n  \"a b\":\n    command: [a]\n") ==
        "settings/mahavishnu.yaml:2:3: \"a b\" cannot be the name of a worker type; use 1 to 64 "
        "letters, digits, \".\", \"_\" and \"-\", and no \"-\" at the start\n");
}

TEST_CASE("an unknown field is refused with its place and the nearest one, and nothing else") {
  CHECK(problem_of("    comand: [a]\n") ==
        "3:5: unknown key \"worker_types.x.comand\"; did you mean \"worker_types.x.command\"?\n");
  CHECK(problem_of("    zzzzzzzz: 5\n") == "3:5: unknown key \"worker_types.x.zzzzzzzz\"\n");
}

TEST_CASE("a misspelt worker_types is answered with the right word") {
  CHECK_THAT(problems_of("worker_type:\n  x:\n"),
             ContainsSubstring("did you mean \"worker_types\"?"));
}

TEST_CASE("what is no map is refused where types or fields are expected") {
  CHECK(problems_of("worker_types: [a]\n") ==
        "settings/mahavishnu.yaml:1:15: worker_types holds worker types; write their names "
        "indented below it\n");
  CHECK(problems_of("worker_types:\n  x: my-tool\n") ==
        "settings/mahavishnu.yaml:2:6: worker_types.x is a worker type; write its fields indented "
        "below it, like \"command: [my-tool, --fast]\"\n");
  CHECK_THAT(problems_of("worker_types:\n  x: {command: [a]}\n  x: {command: [b]}\n"),
             ContainsSubstring(":3:3: duplicate key \"x\""));
}

TEST_CASE("a wrong value of a field is refused with its place, its key and what is right") {
  CHECK(problem_of("    command: [a]\n    prompt: stdn\n") ==
        "4:13: worker_types.x.prompt must be argument, words, stdin, file or none, not \"stdn\"\n");
  CHECK(problem_of("    command: [a]\n    timeout_seconds: -1\n") ==
        "4:22: worker_types.x.timeout_seconds must be between 0 and 86400 seconds, not -1\n");
  CHECK(problem_of("    image: a\n    cpus: many\n") ==
        "4:11: worker_types.x.cpus must be a number between 0 and 1024, not \"many\"\n");
  CHECK(problem_of("    image: a\n    network: lan\n") ==
        "4:14: worker_types.x.network must be none, bridge or host, not \"lan\"\n");
  CHECK(problem_of("    command: {a: b}\n") ==
        "3:14: worker_types.x.command must be a list of texts, not a map\n");
  CHECK(problem_of("    command:\n") ==
        "3:5: worker_types.x.command must have a program as its first item, like [my-tool, "
        "--fast]\n");
  CHECK(problem_of("    command: [a]\n    requires_tool: \"\"\n") ==
        "4:20: worker_types.x.requires_tool must be the name of a program, not empty\n");
}

TEST_CASE("a command in one text is refused with the list that is meant") {
  CHECK(problem_of("    command: my-tool --fast\n") ==
        "3:14: worker_types.x.command must be a list of texts; write it as a list: [my-tool, "
        "--fast]\n");
  CHECK_THAT(problem_of("    command: tool  a   b \n"), ContainsSubstring("list: [tool, a, b]\n"));
  CHECK_THAT(problem_of("    command: [a]\n    version_command: a --version\n"),
             ContainsSubstring("x.version_command must be a list of texts; write it as a list: [a, "
                               "--version]\n"));
  // Only a shell could tell what these mean.
  CHECK_THAT(problem_of("    command: tool \"a b\"\n"),
             ContainsSubstring("list: [my-tool, --fast]\n"));
}

TEST_CASE("one word, and a list as JSON, are commands too") {
  CHECK(types_of("worker_types: {x: {command: tool}}\n").front().command == texts{"tool"});
  CHECK(types_of("worker_types: {x: {command: '[\"a\", \"b c\"]'}}\n").front().command ==
        texts{"a", "b c"});
}

TEST_CASE("a command that a variable holds is not shown") {
  workspace here;
  here.environment["LINE"] = "tool --token hunter2";
  here.write(main_file, "worker_types:\n  x:\n    command: ${LINE}\n");
  auto text = text_of(here.load().problems);
  CHECK_THAT(text, ContainsSubstring("write it as a list"));
  CHECK(text.find("hunter2") == std::string::npos);
}

TEST_CASE("placeholders stand only where the prompt goes through them") {
  for (auto good : {"    command: [a, \"{prompt}\"]\n",
                    "    command: [a, \"-p={prompt}\"]\n    prompt: argument\n",
                    "    command: [a, \"{file}\"]\n    prompt: file\n",
                    "    command: [a, \"{other}\"]\n    prompt: none\n"})
    CHECK(problems_of("worker_types:\n  x:\n" + std::string{good}).empty());
  CHECK(problem_of("    command: [a, \"-p={prompt}\"]\n    prompt: stdin\n") ==
        "3:14: worker_types.x.command holds {prompt}, which needs prompt: argument, not stdin\n");
  CHECK(problem_of("    command: [a, \"{file}\"]\n") ==
        "3:14: worker_types.x.command holds {file}, which needs prompt: file, not argument\n");
  for (auto way : {"words", "file", "none"})
    CHECK_THAT(problem_of("    command: [\"{prompt}\"]\n    prompt: " + std::string{way} + "\n"),
               ContainsSubstring("holds {prompt}"));
}

TEST_CASE("a contradiction between two files is reported where the later word was said") {
  workspace here;
  here.write(main_file, "worker_types:\n  x:\n    command: [a, \"{prompt}\"]\n");
  here.write(local_file, "worker_types:\n  x:\n    prompt: stdin\n");
  CHECK_THAT(text_of(here.load().problems),
             ContainsSubstring("settings/local.yaml:3:13: worker_types.x.command holds {prompt}"));
}

TEST_CASE("an item of the environment looks like NAME=VALUE, and is not shown when it does not") {
  CHECK(types_of("worker_types: {node: {environment: [A=, _b9=c=d]}}\n").front().environment ==
        texts{"A=", "_b9=c=d"});
  CHECK(problem_of("    command: [a]\n    environment: [A=1, hunter2]\n") ==
        "4:18: worker_types.x.environment must have items like NAME=VALUE; item 2 is not\n");
  for (auto bad : {"=1", "9A=1", "A B=1", "A-B=1"})
    CHECK_THAT(problem_of("    command: [a]\n    environment: [\"" + std::string{bad} + "\"]\n"),
               ContainsSubstring("item 1 is not"));
  CHECK_THAT(problem_of("    command: [a]\n    environment: [A=1, B=2, A=3]\n"),
             ContainsSubstring("item 3 sets \"A\" again"));
  CHECK_THAT(problem_of("    command: [a]\n    environment: \"[hunter2\"\n"),
             ContainsSubstring("not \"********\""));
}

TEST_CASE("settings of containers are refused for a type that is none") {
  for (auto line : {"network: host", "memory: 512m", "cpus: 2"}) {
    auto name = std::string{line}.substr(0, std::string_view{line}.find(':'));
    CHECK_THAT(problem_of("    command: [a]\n    " + std::string{line} + "\n"),
               ContainsSubstring("worker_types.x." + name +
                                 " is for containers only; give the type an image, or take this "
                                 "away"));
  }
}

TEST_CASE("memory is an amount, and an image a name that is no option") {
  for (auto good : {"\"\"", "512m", "2G", "1048576", "9b"})
    CHECK(problems_of("worker_types:\n  x:\n    image: a\n    memory: " + std::string{good} + "\n")
              .empty());
  for (auto bad : {"lots", "0m", "-1m", "1.5g", "m", "5x", "1000000000000000000g"})
    CHECK_THAT(problem_of("    image: a\n    memory: " + std::string{bad} + "\n"),
               ContainsSubstring("4:13: worker_types.x.memory must be an amount like 512m or 2g"));
  for (auto bad : {"\"\"", "--privileged", "a b"})
    CHECK_THAT(problem_of("    image: " + std::string{bad} + "\n"),
               ContainsSubstring("x.image must be the name of an image"));
}

TEST_CASE("a reference that cannot be resolved names the variable and the field") {
  workspace here;
  here.write(main_file,
             "worker_types:\n  x:\n    command: [a]\n    environment: [\"T=${NONE}\"]\n");
  auto loaded = here.load();
  CHECK_THAT(text_of(loaded.problems), ContainsSubstring("settings/mahavishnu.yaml:4:18: ") &&
                                           ContainsSubstring("the variable NONE is not set"));
  REQUIRE(loaded.problems.size() == 1);
  CHECK(loaded.problems.front().key == "worker_types.x.environment");
}

TEST_CASE("references in all kinds of fields are resolved") {
  workspace here;
  here.environment = {{"TOOL", "tool"}, {"TIME", "9"}, {"CPUS", "0.5"}};
  here.write(main_file, "worker_types:\n  x:\n    command: [\"${TOOL}\", \"$${HOME}\"]\n"
                        "    timeout_seconds: ${TIME}\n    image: ${IMAGE:-debian:12}\n"
                        "    cpus: ${CPUS}\n");
  auto loaded = here.load();
  INFO(text_of(loaded.problems));
  REQUIRE(loaded.settings);
  const auto& type = loaded.settings->worker_types().front();
  CHECK(type.command == texts{"tool", "${HOME}"});
  CHECK(type.timeout_seconds == 9);
  CHECK(type.image == "debian:12");
  CHECK(type.cpus == 0.5);
}

TEST_CASE("problems of worker types come with all others, and a bad type gets no second one") {
  workspace here;
  here.write(main_file, "debug: maybe\nworker_types:\n  x:\n    command: a b\n    cpus: 1\n"
                        "  y:\n    prompt: stdin\n");
  here.write(local_file, "worker_types:\n  z:\n    prompt: 5\n");
  auto loaded = here.load();
  CHECK_FALSE(loaded.settings);
  auto text = text_of(loaded.problems);
  CHECK(loaded.problems.size() == 4);
  for (auto part : {"mahavishnu.yaml:1:8: debug", "mahavishnu.yaml:4:14: worker_types.x.command",
                    "mahavishnu.yaml:6:3: worker_types.y must have a command",
                    "local.yaml:3:13: worker_types.z.prompt"})
    CHECK_THAT(text, ContainsSubstring(part));
}

TEST_CASE("variables and flags do not set worker types") {
  for (auto name : {"MAHAVISHNU_WORKER_TYPES__X__COMMAND", "MAHAVISHNU_WORKER_TYPES"}) {
    workspace here;
    here.environment[name] = "hunter2";
    CHECK(text_of(here.load().problems) ==
          "environment " + std::string{name} +
              ": worker types are set in a settings file only; write worker_types there\n");
  }
  workspace here;
  here.environment["MAHAVISHNU_WORKER_TYPESX"] = "1";
  CHECK(here.load().settings);
  here.flags = {{"worker_types.x.command", "a", "--set worker_types.x.command"}};
  CHECK(text_of(here.load().problems) ==
        "command line --set worker_types.x.command: worker types are set in a settings file only; "
        "change it by hand\n");
}
