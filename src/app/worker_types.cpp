// SPDX-License-Identifier: MIT
#include "app/worker_types.hpp"

#include "exec/program.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>

namespace mahavishnu {

namespace {

constexpr std::chrono::seconds longest_timeout{30LL * 24 * 3600};

/// A type as it was written down, before anybody looks for its programs.
struct type_plan {
  process_recipe recipe;
  std::string description;
  /// Has to be in the PATH; empty: the first word of the command.
  std::string program;
  std::vector<std::string> version_command;
  std::string how_to_get_it;
  std::string image, network = "none", memory;
  double cpus = 0;
  std::chrono::milliseconds timeout{0};
  bool built_in = true;
};

process_recipe recipe_of(std::vector<std::string> command, prompt_mode prompt) {
  process_recipe made;
  made.command = std::move(command);
  made.prompt = prompt;
  return made;
}

std::map<std::string, type_plan> built_in_plans() {
  std::map<std::string, type_plan> plans;
  auto& shell = plans["shell"];
  shell.recipe = recipe_of({"/bin/sh", "-c", "{prompt}"}, prompt_mode::argument);
  shell.description = "The prompt is a script for /bin/sh.";
  auto& process = plans["process"];
  process.recipe = recipe_of({}, prompt_mode::words);
  process.description = "The prompt is a command line: a program and its arguments, without a "
                        "shell.";
  auto& python = plans["python"];
  python.recipe = recipe_of({"python3"}, prompt_mode::words);
  python.description = "The prompt is a Python script file and its arguments.";
  python.version_command = {"python3", "--version"};
  python.how_to_get_it = "install the package python3";
  auto& node = plans["node"];
  node.recipe = recipe_of({"node"}, prompt_mode::words);
  node.description = "The prompt is a JavaScript file and its arguments.";
  node.version_command = {"node", "--version"};
  node.how_to_get_it = "install the package nodejs";
  auto& container = plans["container"];
  container.recipe = recipe_of({"/bin/sh", "-c", "{prompt}"}, prompt_mode::argument);
  container.description = "The prompt is a script for /bin/sh in a container without a network.";
  container.image = "debian:stable-slim";
  return plans;
}

std::vector<std::string> process_environment_lines() {
  std::vector<std::string> lines;
  for (auto** each = environ; each && *each; ++each)
    lines.emplace_back(*each);
  return lines;
}

/// The file behind a name, with the environment that a worker of this recipe would have.
result<std::string> find(const process_recipe& recipe, const std::string& name) {
  exec::process_spec wish;
  wish.argv = {name};
  wish.environment = recipe.environment;
  return exec::find_program(wish, exec::merge_environment(process_environment_lines(), wish));
}

/// Puts a command into a container that goes when it ends.
void contain(type_plan& plan) {
  constexpr std::array engines{"podman", "docker"};
  std::string engine = engines.front();
  for (const auto* each : engines)
    if (find(plan.recipe, each)) {
      engine = each;
      break;
    }
  std::vector<std::string> command{engine,
                                   "run",
                                   "--rm",
                                   "--interactive",
                                   "--init",
                                   "--name",
                                   "mahavishnu-{run}",
                                   "--network",
                                   plan.network,
                                   "--pids-limit",
                                   "4096",
                                   "{environment}",
                                   "{directory}"};
  if (!plan.memory.empty())
    command.insert(command.end(), {"--memory", plan.memory});
  if (plan.cpus > 0)
    command.insert(command.end(), {"--cpus", std::to_string(plan.cpus)});
  command.push_back(plan.image);
  std::ranges::copy(plan.recipe.command, std::back_inserter(command));
  plan.recipe.command = std::move(command);
  plan.recipe.clean_up = {engine, "rm", "--force", "mahavishnu-{run}"};
  plan.program = engine;
  plan.version_command = {engine, "--version"};
  if (engine == "docker") // without the one that it speaks to there are no containers
    plan.version_command = {engine, "version", "--format", "{{.Server.Version}}"};
  plan.how_to_get_it = "install the package podman or docker.io";
}

worker_type type_of(type_plan plan) {
  if (!plan.image.empty())
    contain(plan);
  auto type = process_worker(plan.recipe);
  type.description = plan.description;
  type.version_command = plan.version_command;
  type.built_in = plan.built_in;
  type.default_timeout = std::min<std::chrono::milliseconds>(plan.timeout, longest_timeout);
  auto program = plan.program;
  if (program.empty() && !plan.recipe.command.empty())
    program = plan.recipe.command.front();
  if (!program.empty())
    type.find_program = [recipe = plan.recipe, program,
                         fix = plan.how_to_get_it]() -> result<std::string> {
      auto found = find(recipe, program);
      if (found || fix.empty())
        return found;
      return error{found.error().code, found.error().message + "; " + fix};
    };
  return type;
}

prompt_mode prompt_mode_of(const std::string& name) {
  // The settings know the same names.
  return name == "words"   ? prompt_mode::words
         : name == "stdin" ? prompt_mode::standard_input
         : name == "file"  ? prompt_mode::file
         : name == "none"  ? prompt_mode::none
                           : prompt_mode::argument;
}

/// What the settings say on top of a plan that there is, or of an empty one.
void apply(const config::worker_type_entry& wish, type_plan& plan) {
  if (wish.command) {
    plan.recipe.command = *wish.command;
    plan.version_command.clear();
    plan.how_to_get_it.clear();
  }
  if (wish.prompt)
    plan.recipe.prompt = prompt_mode_of(*wish.prompt);
  plan.description = wish.description.value_or(plan.description);
  if (wish.environment) {
    plan.recipe.environment.clear();
    for (const auto& line : *wish.environment) {
      auto end = line.find('=');
      plan.recipe.environment.emplace_back(line.substr(0, end), line.substr(end + 1));
    }
  }
  if (wish.timeout_seconds)
    plan.timeout = std::chrono::ceil<std::chrono::milliseconds>(
        std::chrono::duration<double>(*wish.timeout_seconds));
  if (wish.requires_tool)
    plan.program = *wish.requires_tool;
  plan.version_command = wish.version_command.value_or(plan.version_command);
  plan.image = wish.image.value_or(plan.image);
  plan.network = wish.network.value_or(plan.network);
  plan.memory = wish.memory.value_or(plan.memory);
  plan.cpus = wish.cpus.value_or(plan.cpus);
}

} // namespace

worker_types worker_types_of(const config::settings& settings) {
  auto plans = built_in_plans();
  for (const auto& wish : settings.worker_types()) {
    auto [place, is_new] = plans.try_emplace(wish.name);
    place->second.built_in = !is_new;
    if (is_new && wish.image && !wish.command)
      place->second.recipe.command = plans.at("container").recipe.command;
    apply(wish, place->second);
  }
  worker_types types;
  for (auto& [name, plan] : plans)
    types.emplace(name, type_of(std::move(plan)));
  types.emplace("noop", noop_worker());
  return types;
}

} // namespace mahavishnu
