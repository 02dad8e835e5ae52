// SPDX-License-Identifier: MIT
#include "actors/process_recipe.hpp"

#include "base/shell_words.hpp"
#include "exec/process_runner.hpp"

#include <algorithm>
#include <iterator>

namespace mahavishnu {

namespace {

/// What the standard input is called where a file is asked for.
constexpr std::string_view prompt_file = "/dev/stdin";

bool replace_all(std::string& text, std::string_view what, std::string_view by) {
  auto found = text.find(what);
  auto any = found != std::string::npos;
  for (; found != std::string::npos; found = text.find(what, found + by.size()))
    text.replace(found, what.size(), by);
  return any;
}

} // namespace

std::string run_name(const task_run& run) {
  return run.task.str() + "." + std::to_string(run.goes_on != 0 ? run.goes_on : run.attempt);
}

result<exec::process_spec> process_for(const process_recipe& recipe, const task_run& run) {
  const auto& task = *run.spec;
  const auto run_id = run_name(run);
  const auto& prompt = (task.command.empty() ? task.prompt : task.command).str();
  exec::process_spec made;
  made.run = run_id;
  made.working_directory = task.working_directory;
  made.stdin_text = task.stdin_text.str();
  made.environment = recipe.environment;
  made.environment.insert(made.environment.end(), task.environment.begin(), task.environment.end());
  bool has_place = false;
  for (auto word : recipe.command) {
    if (word == environment_placeholder) {
      for (const auto& [name, value] : made.environment)
        made.argv.insert(made.argv.end(), {"--env", name});
    } else if (word == directory_placeholder) {
      if (const auto& at = task.working_directory; !at.empty())
        made.argv.insert(made.argv.end(), {"--volume", at + ":" + at, "--workdir", at});
    } else {
      replace_all(word, run_placeholder, run_id);
      // Last: what the prompt contains is no placeholder.
      if (recipe.prompt == prompt_mode::argument)
        has_place = replace_all(word, prompt_placeholder, prompt) || has_place;
      else if (recipe.prompt == prompt_mode::file)
        has_place = replace_all(word, file_placeholder, prompt_file) || has_place;
      made.argv.push_back(std::move(word));
    }
  }
  switch (recipe.prompt) {
  case prompt_mode::argument:
    if (!has_place)
      made.argv.push_back(prompt);
    break;
  case prompt_mode::words: {
    auto words = shell_words(prompt);
    if (!words)
      return words.error();
    std::ranges::move(*words, std::back_inserter(made.argv));
    break;
  }
  case prompt_mode::file:
    if (!has_place)
      made.argv.emplace_back(prompt_file);
    [[fallthrough]];
  case prompt_mode::standard_input:
    if (!made.stdin_text.empty())
      return error{errc::invalid_argument,
                   "workers of this type get the prompt on their standard input, so a task cannot "
                   "have an input of its own; leave out stdin, or use another worker type"};
    made.stdin_text = prompt;
    break;
  case prompt_mode::none: break;
  }
  if (made.argv.empty())
    return error{errc::invalid_argument, "there is no program to run; the prompt must be a command "
                                         "line, such as ls -l"};
  return made;
}

exec::process_spec clean_up_for(const process_recipe& recipe, const task_run& run) {
  exec::process_spec made;
  made.run = run_name(run) + std::string{clean_up_suffix};
  made.argv = recipe.clean_up;
  for (auto& word : made.argv)
    replace_all(word, run_placeholder, run_name(run));
  return made;
}

} // namespace mahavishnu
