// SPDX-License-Identifier: MIT
#include "cli/command_page.hpp"

#include "cli/examples.hpp"
#include "cli/look.hpp"

#include <CLI/CLI.hpp>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <sstream>

namespace mahavishnu::cli {

namespace {

constexpr std::size_t usual_width = 80;
constexpr std::size_t widest = 100;
constexpr std::size_t left_column = 30;

/// What the parser says of a value is `TYPE:{a,b}` or `TYPE:TYPE in [1 - 5]`.
void describe_value(std::string text, option_page& page) {
  auto colon = text.find(':');
  auto rest = colon == std::string::npos ? "" : text.substr(colon + 1);
  page.value = text.substr(0, colon);
  if (page.value == "UINT")
    page.value = "INT";
  if (page.value == "FLOAT")
    page.value = "NUMBER";
  if (rest == "POSITIVE")
    page.bounds = "at least 1";
  else if (rest == "NONNEGATIVE")
    page.bounds = "at least 0";
  else if (rest.starts_with('{') && rest.ends_with('}')) {
    std::istringstream words{rest.substr(1, rest.size() - 2)};
    for (std::string word; std::getline(words, word, ',');)
      page.choices.push_back(word);
  } else if (auto open = rest.find(" in ["); open != std::string::npos && rest.ends_with(']')) {
    auto range = rest.substr(open + 5, rest.size() - open - 6);
    auto middle = range.find(" - ");
    page.bounds = range.substr(0, middle) + " to " + range.substr(middle + 3);
    if (range == "0.001 - 2.592e+06") { // every time that an option takes
      page.value = "SECONDS";
      page.bounds.clear();
    }
  }
}

option_page page_of_option(const CLI::Option& option) {
  option_page page;
  page.help = option.get_description();
  page.environment = option.get_envname();
  page.is_required = option.get_required();
  page.takes_many = option.get_items_expected_max() > 1;
  page.is_argument = option.nonpositional() ? false : option.get_positional();
  if (page.is_argument) {
    page.names = {option.get_name(true)};
  } else {
    for (const auto& each : option.get_lnames())
      page.names.push_back("--" + each);
    for (const auto& each : option.get_snames())
      page.names.push_back("-" + each);
  }
  for (const auto* each : option.get_needs())
    page.needs.push_back(each->get_name());
  for (const auto* each : option.get_excludes())
    page.excludes.push_back(each->get_name());
  std::ranges::sort(page.needs);
  std::ranges::sort(page.excludes);
  if (option.get_type_size_max() > 0)
    describe_value(option.get_type_name(), page);
  return page;
}

bool is_shown(const CLI::Option& option) {
  return !option.get_group().empty();
}

std::string upper(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

/// What stands on the left is followed by its text, in lines below each other.
void add_entry(std::string& text, const std::string& left, const std::string& right,
               std::size_t width) {
  std::string line = "  " + left;
  if (width_of(line) + 1 > left_column) {
    text += line + "\n";
    line.clear();
  }
  line.resize(left_column, ' ');
  std::istringstream words{right};
  auto used = left_column;
  for (std::string word; words >> word;) {
    if (used > left_column && used + 1 + width_of(word) > width) {
      text += line + "\n";
      line.assign(left_column, ' ');
      used = left_column;
    }
    if (used > left_column)
      line += ' ';
    used += width_of(word) + (used > left_column ? 1 : 0);
    line += word;
  }
  while (line.ends_with(' '))
    line.pop_back();
  text += line + "\n";
}

/// The parser asks this for the help of a command.
class page_formatter : public CLI::Formatter {
public:
  std::string make_help(const CLI::App* app, std::string, CLI::AppFormatMode) const override {
    auto width = terminal_width_of(STDOUT_FILENO);
    return help_text(page_of(*app), std::min(width == 0 ? usual_width : width, widest));
  }
};

json::value json_of(const option_page& option) {
  json::value made{{"names", option.names},
                   {"help", option.help},
                   {"required", option.is_required},
                   {"many", option.takes_many}};
  if (!option.value.empty())
    made["value"] = option.value;
  if (!option.choices.empty())
    made["choices"] = option.choices;
  if (!option.bounds.empty())
    made["bounds"] = option.bounds;
  if (!option.environment.empty())
    made["environment"] = option.environment;
  return made;
}

json::value json_of(const std::vector<option_page>& options) {
  auto all = json::value::array();
  for (const auto& each : options)
    all.push_back(json_of(each));
  return all;
}

} // namespace

command_page page_of(const CLI::App& command) {
  command_page page;
  page.name = command.get_name();
  page.path = page.name;
  for (const auto* above = command.get_parent(); above != nullptr; above = above->get_parent())
    page.path = above->get_name() + " " + page.path;
  page.summary = command.get_description();
  page.notes = command.get_footer();
  page.examples = examples_of(page.path);
  for (const auto* each : command.get_options())
    if (is_shown(*each)) {
      auto option = page_of_option(*each);
      (option.is_argument ? page.arguments : page.options).push_back(std::move(option));
    }
  for (const auto* each : command.get_subcommands([](const CLI::App*) { return true; }))
    if (!each->get_group().empty())
      page.commands.push_back(page_of(*each));
  return page;
}

std::string usage_of(const command_page& page) {
  auto usage = page.path + " [OPTIONS]";
  for (const auto& each : page.arguments) {
    auto word = upper(each.names.front()) + (each.takes_many ? "..." : "");
    usage += " " + (each.is_required ? word : "[" + word + "]");
  }
  return usage + (page.is_group() ? " COMMAND" : "");
}

std::string signature_of(const option_page& option) {
  if (option.is_argument)
    return upper(option.names.front()) + (option.takes_many ? "..." : "");
  std::string text;
  for (const auto& each : option.names)
    text += (text.empty() ? "" : ", ") + each;
  return text + (option.value.empty() ? "" : " " + option.value);
}

std::string help_of(const option_page& option) {
  auto text = option.help;
  auto add = [&](const std::string& more) { text += (text.empty() ? "" : "; ") + more; };
  if (!option.bounds.empty())
    add(option.bounds);
  auto all_of = [](const std::vector<std::string>& words) {
    std::string all;
    for (const auto& each : words)
      all += (all.empty() ? "" : ", ") + each;
    return all;
  };
  if (!option.choices.empty())
    add("one of " + all_of(option.choices));
  if (!option.needs.empty())
    add("only with " + all_of(option.needs));
  if (!option.excludes.empty())
    add("not with " + all_of(option.excludes));
  if (!option.environment.empty())
    add("also: " + option.environment);
  if (option.is_required && !option.is_argument)
    add("has to be given");
  return text;
}

std::string help_text(const command_page& page, std::size_t width) {
  std::string text = page.summary + "\n\nUsage: " + usage_of(page) + "\n";
  auto add_all = [&](const char* title, const std::vector<option_page>& options) {
    if (options.empty())
      return;
    text += std::string{"\n"} + title + ":\n";
    for (const auto& each : options)
      add_entry(text, signature_of(each), help_of(each), width);
  };
  add_all("Arguments", page.arguments);
  add_all("Options", page.options);
  if (!page.commands.empty()) {
    text += "\nCommands:\n";
    for (const auto& each : page.commands)
      add_entry(text, each.name, each.summary, width);
  }
  if (!page.examples.empty()) {
    text += "\nExamples:\n";
    for (const auto& each : page.examples)
      text += "  " + each + "\n";
  }
  if (!page.notes.empty())
    text += "\n" + page.notes + "\n";
  if (page.path.find(' ') != std::string::npos)
    text += "\nOptions that every command takes, and exit codes: mahavishnu --help\n";
  return text;
}

void write_help_by_pages(CLI::App& app) {
  app.formatter(std::make_shared<page_formatter>());
}

json::value to_json(const command_page& page) {
  auto commands = json::value::array();
  for (const auto& each : page.commands)
    commands.push_back(to_json(each));
  return {{"command", page.path},
          {"help", page.summary},
          {"usage", usage_of(page)},
          {"arguments", json_of(page.arguments)},
          {"options", json_of(page.options)},
          {"examples", page.examples},
          {"commands", std::move(commands)}};
}

} // namespace mahavishnu::cli
