// SPDX-License-Identifier: MIT
#include "cli/wrong_line.hpp"

#include "base/text.hpp"
#include "cli/command_page.hpp"

#include <CLI/CLI.hpp>

namespace mahavishnu::cli {
namespace {

const CLI::App& command_meant(const CLI::App& program) {
  const auto* command = &program;
  while (!command->get_subcommands().empty())
    command = command->get_subcommands().front();
  return *command;
}

std::string path_of(const CLI::App& command) {
  std::string path = command.get_name();
  for (const auto* above = command.get_parent(); above != nullptr; above = above->get_parent())
    path = above->get_name() + " " + path;
  return path;
}

std::vector<std::string> commands_of(const CLI::App& command) {
  std::vector<std::string> names;
  for (const auto& below : page_of(command).commands)
    names.push_back(below.name);
  return names;
}

std::string in_a_row(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names)
    text += (text.empty() ? "" : ", ") + name;
  return text;
}

/// Those of the command and of all above it, which may stand behind it as well.
std::vector<std::string> options_of(const CLI::App& command) {
  std::vector<std::string> names;
  for (const auto* now = &command; now != nullptr; now = now->get_parent())
    for (const auto& option : page_of(*now).options)
      names.insert(names.end(), option.names.begin(), option.names.end());
  return names;
}

std::string help_for(const std::string& path, const std::string& wrong,
                     const std::vector<std::string>& names) {
  auto near = nearest(wrong, std::vector<std::string_view>(names.begin(), names.end()));
  return (near ? "; did you mean '" + std::string{*near} + "'? See: " : std::string{"; see: "}) +
         path + " --help";
}

} // namespace

std::string command_path(const CLI::App& program) {
  return path_of(command_meant(program));
}

error wrong_line(const CLI::App& program, const CLI::ParseError& failure) {
  const auto& command = command_meant(program);
  auto path = path_of(command);
  auto commands = commands_of(command);
  // A value that an option does not take is what is wrong, whatever is left unread behind it.
  bool is_word = dynamic_cast<const CLI::ExtrasError*>(&failure) != nullptr ||
                 dynamic_cast<const CLI::RequiredError*>(&failure) != nullptr;
  auto wrong = is_word ? program.remaining(true) : std::vector<std::string>{};
  if (is_word && wrong.empty() && !commands.empty() && command.get_parent() != nullptr)
    return {errc::invalid_argument,
            "'" + path + "' lacks a command; take one of: " + in_a_row(commands)};
  if (wrong.empty())
    return {errc::invalid_argument, failure.what() + std::string{"; see: "} + path + " --help"};
  auto word = wrong.front();
  if (word.starts_with('-')) {
    auto name = word.substr(0, word.find('='));
    return {errc::invalid_argument, "'" + path + "' has no option '" + name + "'" +
                                        help_for(path, name, options_of(command))};
  }
  if (!commands.empty())
    return {errc::invalid_argument,
            "'" + path + "' has no command '" + word + "'" + help_for(path, word, commands)};
  return {errc::invalid_argument,
          "'" + path + "' takes no argument '" + word + "'; see: " + path + " --help"};
}

} // namespace mahavishnu::cli
