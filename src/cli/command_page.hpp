// SPDX-License-Identifier: MIT
#pragma once

#include "messages/json.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace mahavishnu::cli {

/// An option of a command, or one of the arguments that stand without a name.
struct option_page {
  /// `--output` and `-o`; of an argument its one name, without dashes.
  std::vector<std::string> names;
  /// What stands for its value, such as `TEXT`; empty for a flag.
  std::string value;
  /// All values that it takes, where they are few, or the bounds between which they are.
  std::vector<std::string> choices;
  std::string bounds;
  std::string help;
  std::string environment;
  /// Options without which it cannot be given, and with which it cannot.
  std::vector<std::string> needs, excludes;
  bool is_argument = false;
  bool is_required = false;
  bool takes_many = false;
};

/// What there is to say of a command: its help, the reference, the manual pages and the completion
/// of the shells are made from this, and this from the parser.
struct command_page {
  /// `mahavishnu pool spawn`
  std::string path;
  std::string name;
  std::string summary;
  /// What holds beyond its options; of the program, its exit codes.
  std::string notes;
  std::vector<option_page> arguments;
  std::vector<option_page> options;
  std::vector<std::string> examples;
  std::vector<command_page> commands;

  /// A group only has commands, and is none itself.
  bool is_group() const { return !commands.empty(); }
};

/// Hidden commands and options are left out.
command_page page_of(const CLI::App& command);

/// `mahavishnu pool scale [OPTIONS] POOL`
std::string usage_of(const command_page& page);

/// `--output, -o TEXT`
std::string signature_of(const option_page& option);

/// Its help, with the values that it takes.
std::string help_of(const option_page& option);

/// What `--help` prints, in lines of that width.
std::string help_text(const command_page& page, std::size_t width);

/// Has `--help` print that.
void write_help_by_pages(CLI::App& app);

json::value to_json(const command_page& page);

/// Calls it with the page and all below.
template <class F>
void each_page(const command_page& page, F&& call) {
  call(page);
  for (const auto& each : page.commands)
    each_page(each, call);
}

} // namespace mahavishnu::cli
