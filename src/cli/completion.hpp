// SPDX-License-Identifier: MIT
#pragma once

#include "cli/command_page.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mahavishnu::cli {

/// What may stand at a place of a command line.
enum class value_source {
  none,
  files,
  directories,
  /// A few words that are always the same; they are in the question.
  fixed,
  settings,
  setting_assignments,
  setting_values,
  pools,
  tasks,
  runs,
  workers,
  terminals,
  worker_types,
  periodic,
  /// Whatever has an id.
  things,
};

struct suggestion {
  std::string value;
  std::string description;

  friend bool operator==(const suggestion&, const suggestion&) = default;
};

/// What a shell asks when somebody wants a word completed.
struct completion_question {
  value_source source = value_source::none;
  /// What is suggested besides: commands, options, and values that are always the same.
  std::vector<suggestion> fixed;
  /// What of the word stands already and stays, such as `--pool=`, and what of the value.
  std::string before;
  std::string begun;
  /// The arguments of the command before this one.
  std::vector<std::string> arguments;
  /// Options that say which server is meant.
  std::string state_dir, settings_dir;
  std::vector<std::string> sets;
};

/// The last of the words, which may be empty, is the one to be completed.
completion_question question_of(const command_page& program, const std::vector<std::string>& words);

/// Those that begin as the word does, as whole words, each once.
std::vector<suggestion> fitting(const completion_question& question,
                                std::vector<suggestion> from_source);

/// Names of settings with what they mean, those that take a value of this setting, and both with a
/// `=` between, for `--set`.
std::vector<suggestion> settings_suggested(bool with_groups);
std::vector<suggestion> values_of_setting(const std::string& key);
std::vector<suggestion> assignments_suggested(const std::string& begun);

/// What a shell has as a word that may not be complete, without its quotes and backslashes.
std::string without_quotes(const std::string& word);

/// The script that teaches a shell to ask us: bash, zsh or fish; empty for another one.
std::string_view completion_script(std::string_view shell);

/// The first word of a command line that is such a question. Behind it come the name of the shell
/// and the words.
inline constexpr std::string_view completion_request = "__complete";

} // namespace mahavishnu::cli
