// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/messages/worker.hpp"

#include <string>
#include <utility>
#include <vector>

namespace mahavishnu {

namespace exec {
struct process_spec;
}

/// How a worker hands the prompt of a task to its program.
enum class prompt_mode {
  /// As one argument: where the command says `{prompt}`, or behind it.
  argument,
  /// As arguments behind the command, split like a command line.
  words,
  /// On its standard input.
  standard_input,
  /// As a file that can be read once: where the command says `{file}`, or behind it.
  file,
  /// Not at all.
  none,
};

/// What a kind of worker does for a task, as data.
struct process_recipe {
  std::vector<std::string> command;
  prompt_mode prompt = prompt_mode::argument;
  /// Weaker than that of the task.
  std::vector<std::pair<std::string, std::string>> environment;
  /// Run once more when the process had to be stopped, for what it leaves behind elsewhere.
  std::vector<std::string> clean_up;
};

/// In a word of a command: what the task says.
inline constexpr std::string_view prompt_placeholder = "{prompt}";
inline constexpr std::string_view file_placeholder = "{file}";
/// The name of this run, which no other has.
inline constexpr std::string_view run_placeholder = "{run}";
/// As a word of its own: `--env NAME` for each variable of the task; and the flags with which a
/// container has the directory of the task, if it names one.
inline constexpr std::string_view environment_placeholder = "{environment}";
inline constexpr std::string_view directory_placeholder = "{directory}";

/// The task and the attempt that started the process: two of them do not share what bears their
/// name.
std::string run_name(const task_run& run);

/// The process for this attempt: what to run, where, and with what on its standard input. An error
/// when the task asks for what this recipe cannot do.
result<exec::process_spec> process_for(const process_recipe& recipe, const task_run& run);

/// What the name of a run ends with that does what a stopped one has left to be done.
inline constexpr std::string_view clean_up_suffix = ".clean-up";

/// What to run when that process had to be stopped; without words when there is nothing to do.
exec::process_spec clean_up_for(const process_recipe& recipe, const task_run& run);

} // namespace mahavishnu
