// SPDX-License-Identifier: MIT
#include "base/shell_words.hpp"
#include "cli/command_tree.hpp"
#include "cli/examples.hpp"
#include "cli/reference.hpp"
#include "support/catch.hpp"

#include <CLI/CLI.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>

using namespace mahavishnu;
using namespace mahavishnu::cli;

namespace {

const std::filesystem::path repository = MAHAVISHNU_SOURCE_DIR;

command_page whole_program() {
  services above;
  invocation now{above, {}, {}, {}, {}};
  return page_of(*command_tree(now));
}

std::string content_of_page(const std::string& name) {
  std::ifstream in{repository / name, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// The first line in which they differ, since the whole page is no help.
std::string first_difference(const std::string& a, const std::string& b) {
  std::istringstream left{a}, right{b};
  for (std::string one, other; true;) {
    bool more = static_cast<bool>(std::getline(left, one));
    bool more_there = static_cast<bool>(std::getline(right, other));
    if (!more && !more_there)
      return "";
    if (more != more_there || one != other)
      return "'" + one + "' is not '" + other + "'";
  }
}

/// The words of our own program in a line for a shell, which may have pipes and redirections.
std::vector<std::string> our_words(const std::string& line) {
  std::vector<std::string> words = shell_words(line).value(), ours;
  auto at = std::ranges::find(words, "mahavishnu");
  for (; at != words.end() && *at != "|" && *at != ">" && *at != "<" && *at != "&&"; ++at)
    ours.push_back(*at);
  return ours;
}

/// What the parser has against the words; empty when nothing.
std::string refusal_of(std::vector<std::string> words) {
  services above;
  invocation now{above, {words.begin() + 1, words.end()}, {}, {}, {}};
  auto tree = command_tree(now);
  std::reverse(words.begin() + 1, words.end());
  words.erase(words.begin());
  try {
    tree->parse(words);
  } catch (const CLI::ParseError& failure) {
    return failure.what();
  }
  return now.action || words.empty() ? "" : "it does nothing";
}

} // namespace

TEST_CASE("docs/cli.md is up to date") {
  INFO("run: mahavishnu docs cli > docs/cli.md");
  CHECK(first_difference(content_of_page("docs/cli.md"), render_reference(whole_program())) == "");
}

TEST_CASE("a line that begins with a command is read by a small tree, with the same page") {
  auto whole = whole_program();
  REQUIRE(whole.commands.size() > 20);
  for (const auto& wanted : whole.commands) {
    INFO(wanted.name);
    services above;
    invocation now{above, {wanted.name}, {}, {}, {}};
    auto small = page_of(*tree_for(now));
    auto found = std::ranges::find(small.commands, wanted.name, &command_page::name);
    REQUIRE(found != small.commands.end());
    CHECK(to_json(*found).dump() == to_json(wanted).dump());
    CHECK((small.commands.size() < 10) == (wanted.name != "docs"));
  }
  services above;
  for (const auto* first : {"statusx", "--output", "docs"}) {
    invocation now{above, {first, "status"}, {}, {}, {}};
    CHECK(page_of(*tree_for(now)).commands.size() == whole.commands.size());
  }
}

TEST_CASE("every command says what it does, and shows by an example how") {
  each_page(whole_program(), [](const command_page& page) {
    INFO(page.path);
    CHECK_FALSE(page.summary.empty());
    CHECK(page.summary.back() != '.');
    if (!page.is_group())
      CHECK_FALSE(page.examples.empty());
  });
}

TEST_CASE("every option and argument of every command says what it is for") {
  each_page(whole_program(), [](const command_page& page) {
    for (const auto* options : {&page.arguments, &page.options})
      for (const auto& option : *options) {
        INFO(page.path << " " << signature_of(option));
        CHECK_FALSE(option.help.empty());
      }
  });
}

TEST_CASE("every example is of a command that there is") {
  std::vector<std::string> paths;
  each_page(whole_program(), [&](const command_page& page) { paths.push_back(page.path); });
  for (auto command : commands_with_examples()) {
    INFO(command);
    CHECK(std::ranges::find(paths, command) != paths.end());
  }
}

TEST_CASE("every example is one that the parser takes, and is of its command") {
  each_page(whole_program(), [](const command_page& page) {
    for (const auto& line : page.examples) {
      INFO(line);
      auto words = our_words(line);
      REQUIRE_FALSE(words.empty());
      CHECK(refusal_of(words) == "");
      std::string beginning;
      for (const auto& word : words)
        beginning += (beginning.empty() ? "" : " ") + word;
      CHECK((beginning + " ").starts_with(page.path + " "));
    }
  });
}

TEST_CASE("an example with an option that there is not would be found") {
  CHECK(refusal_of(our_words("mahavishnu pool list --no-such-option")) != "");
  CHECK(refusal_of(our_words("mahavishnu pool spwn")) != "");
  CHECK(our_words("printf 'a b' | mahavishnu pool list -o json | jq .") ==
        std::vector<std::string>{"mahavishnu", "pool", "list", "-o", "json"});
}

TEST_CASE("help is usage, what a command does, its options and its examples") {
  command_page page;
  page.path = "mahavishnu pool scale";
  page.name = "scale";
  page.summary = "Give a pool more workers, or fewer";
  option_page pool;
  pool.names = {"pool"};
  pool.value = "TEXT";
  pool.help = "Name or id of the pool";
  pool.is_argument = pool.is_required = true;
  option_page target;
  target.names = {"--target", "-t"};
  target.value = "INT";
  target.help = "How many workers it is to have";
  target.bounds = "1 to 5";
  page.arguments = {pool};
  page.options = {target};
  page.examples = {"mahavishnu pool scale local --target 4"};
  CHECK(usage_of(page) == "mahavishnu pool scale [OPTIONS] POOL");
  CHECK(help_text(page, 60) ==
        "Give a pool more workers, or fewer\n"
        "\n"
        "Usage: mahavishnu pool scale [OPTIONS] POOL\n"
        "\n"
        "Arguments:\n"
        "  POOL                        Name or id of the pool\n"
        "\n"
        "Options:\n"
        "  --target, -t INT            How many workers it is to\n"
        "                              have; 1 to 5\n"
        "\n"
        "Examples:\n"
        "  mahavishnu pool scale local --target 4\n"
        "\n"
        "Options that every command takes, and exit codes: mahavishnu --help\n");
}
