// SPDX-License-Identifier: MIT
#include "cli/task_options.hpp"

#include <CLI/CLI.hpp>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

namespace mahavishnu::cli {

namespace {

constexpr double longest_time = 30.0 * 24 * 3600;

bool may_ask = true;

result<void> check_size(const std::string& what, const std::string& text) {
  if (text.size() <= longest_text)
    return {};
  return error{errc::invalid_argument, what + " has " + std::to_string(text.size()) +
                                           " bytes, and at most " + std::to_string(longest_text) +
                                           " can be sent; put the data into a file"};
}

} // namespace

CLI::Option* add_words(CLI::App& command, const std::string& name, std::vector<std::string>& words,
                       const std::string& help) {
  return command.add_option(name, words, help)->allow_extra_args(false)->take_all();
}

result<std::map<std::string, std::string>> parse_pairs(const std::string& option,
                                                       const std::vector<std::string>& words) {
  std::map<std::string, std::string> all;
  for (const auto& each : words) {
    auto equals = each.find('=');
    if (equals == 0 || equals == std::string::npos)
      return error{errc::invalid_argument, option + " takes NAME=VALUE, not '" + each + "'"};
    all[each.substr(0, equals)] = each.substr(equals + 1);
  }
  return all;
}

CLI::Option* add_seconds(CLI::App& command, const std::string& name, double& value,
                         const std::string& help) {
  return command.add_option(name, value, help)->check(CLI::Range(0.001, longest_time));
}

std::chrono::milliseconds milliseconds_of(double seconds) {
  return std::chrono::round<std::chrono::milliseconds>(std::chrono::duration<double>(seconds));
}

void ask_nothing() {
  may_ask = false;
}

result<std::string> read_text(const std::string& file) {
  if (file == "-" && !may_ask && ::isatty(STDIN_FILENO) == 1)
    return error{errc::invalid_argument,
                 "with --no-input nothing is read from a terminal; give a file, or a pipe"};
  if (file == "-")
    return std::string{std::istreambuf_iterator<char>{std::cin}, {}};
  std::ifstream in{file, std::ios::binary};
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored))
    return error{errc::io_failed,
                 "cannot read '" + file + "': it is a directory; give a file in it"};
  if (!in)
    return error{errc::io_failed, "cannot read '" + file + "': " + std::strerror(errno) +
                                      "; give a file that is there and may be read"};
  return std::string{std::istreambuf_iterator<char>{in}, {}};
}

void retry_options::add_to(CLI::App& command) {
  command
      .add_option("--retries", retries,
                  "How often a task that ended badly is tried again (default: "
                  "pools.retry_max_attempts - 1)")
      ->check(CLI::Range(0, 99));
  add_seconds(command, "--retry-delay", delay,
              "Seconds before the first retry (default: pools.retry_delay)");
  command
      .add_option("--retry-on", on,
                  "Which ends are tried again, of failed, timeout and lost, with commas "
                  "(default: pools.retry_on)")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->take_all();
}

retry_policy retry_options::policy() const {
  retry_policy policy;
  policy.max_attempts = retries ? *retries + 1 : 0;
  policy.delay = milliseconds_of(delay);
  policy.on = on;
  return policy;
}

void task_options::add_to(CLI::App& command) {
  add_seconds(command, "--timeout,-T", timeout,
              "Seconds from the start of an attempt until it is ended "
              "(default: that of the pool)");
  add_seconds(command, "--deadline", deadline,
              "Seconds from now until the task is given up, waiting and retries included");
  command.add_option("--priority", priority, "Those with a higher one leave the queue first");
  retry.add_to(command);
  command.add_option("--cwd", directory, "Directory to run in (default: this one)");
  add_words(command, "--env", environment, "NAME=VALUE for the task; may be given many times");
  add_words(command, "--meta", metadata,
            "NAME=VALUE that is kept with the task; may be given many times");
}

result<task_spec> task_options::spec() const {
  task_spec wish;
  std::error_code failure;
  auto here = std::filesystem::current_path(failure);
  if (failure)
    return error{errc::io_failed,
                 "cannot tell which directory this is: " + failure.message() + "; change to one"};
  wish.working_directory =
      (directory.empty() ? here : here / directory).lexically_normal().string();
  auto variables = parse_pairs("--env", environment);
  auto notes = parse_pairs("--meta", metadata);
  if (!variables || !notes)
    return (variables ? notes : variables).error();
  wish.environment = std::move(*variables);
  wish.metadata = std::move(*notes);
  wish.timeout = milliseconds_of(timeout);
  wish.deadline = milliseconds_of(deadline);
  wish.priority = priority;
  wish.retry = retry.policy();
  // Somebody who presses Ctrl-C here does not want the task to go on elsewhere.
  wish.cancel_with_requester = true;
  return wish;
}

void one_task_options::add_to(CLI::App& app) {
  auto* as_prompt =
      app.add_option("--prompt,-p", prompt,
                     "What to do; for shell workers a script, '-' reads it from standard input");
  auto* as_command =
      app.add_option("--command", command, "A shell script, for workers that take both");
  as_prompt->excludes(as_command);
  app.add_option("--stdin", standard_input,
                 "File that the task reads as its standard input; '-' for ours");
  app.add_option("--key", key,
                 "Idempotency key: a second task with it is not run, but gets the answer of the "
                 "first one");
  common.add_to(app);
}

result<task_spec> one_task_options::spec() const {
  if (prompt.empty() && command.empty())
    return error{errc::invalid_argument, "there is nothing to do; give --prompt or --command"};
  if (prompt == "-" && standard_input == "-")
    return error{errc::invalid_argument, "--prompt and --stdin cannot both read standard input; "
                                         "put one of them into a file"};
  auto wish = common.spec();
  if (!wish)
    return wish;
  auto script = prompt == "-" ? read_text("-") : result<std::string>{prompt};
  auto input = standard_input.empty() ? result<std::string>{""} : read_text(standard_input);
  if (!script || !input)
    return (script ? input : script).error();
  if (auto good = check_size("what the task does and reads", *script + command + *input); !good)
    return good.error();
  wish->prompt = shared_text{std::move(*script)};
  wish->command = shared_text{command};
  wish->stdin_text = shared_text{std::move(*input)};
  wish->idempotency_key = key;
  return wish;
}

void route_options::add_to(CLI::App& command) {
  all = {command.add_option("--selector,-s", selector,
                            "round_robin, least_loaded, random or affinity "
                            "(default: pools.routing_strategy)"),
         command.add_option("--affinity,-a", affinity,
                            "For the selector affinity: name or id of a pool, or any key that is "
                            "to stick to one"),
         add_words(command, "--label", labels,
                   "NAME=VALUE that the pool must have; may be given many times")};
}

} // namespace mahavishnu::cli
