// SPDX-License-Identifier: MIT
#include "exec/process_launcher.hpp"

#include "exec/kept_outputs.hpp"
#include "exec/program.hpp"
#include "exec/secret_files.hpp"
#include "exec/spawn.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <utility>

namespace mahavishnu::exec {

namespace {

using stream = output_growth::stream;

} // namespace

process_launcher::process_launcher(const engine_options& options)
    : options_(options), groups_("mahavishnu-" + options.mark) {
  // Copied once: another thread that calls setenv() later would be a race.
  for (auto line = environ; line != nullptr && *line != nullptr; ++line)
    inherited_.emplace_back(*line);
}

void process_launcher::inherit(std::vector<std::string> environment,
                               std::string working_directory) {
  inherited_ = std::move(environment);
  working_directory_ = std::move(working_directory);
}

void process_launcher::complete(process_spec& spec) const {
  if (spec.working_directory.empty())
    spec.working_directory = working_directory_;
  if (!spec.run.empty())
    spec.environment.emplace_back("MAHAVISHNU_RUN", options_.mark + spec.run);
}

result<process_launcher::run_outputs>
process_launcher::open_outputs(const process_spec& spec) const {
  std::optional<output_file> output;
  std::optional<output_file> error_output;
  if (!options_.output_directory.empty())
    for (auto which : {stream::output, stream::error}) {
      auto file = output_file::open(path_of(spec.run, which), spec.file_limit);
      if (!file)
        return file.error();
      (which == stream::output ? output : error_output) = std::move(*file);
    }
  auto limit = options_.memory_limit.value_or(spec.output_limit);
  return run_outputs{run_output{limit, std::move(output)},
                     run_output{limit, std::move(error_output)}};
}

result<launched_run> process_launcher::launch(process_handle handle, process_spec& spec) {
  complete(spec);
  auto outputs = open_outputs(spec);
  if (!outputs)
    return outputs.error();
  auto how = options_for(spec);
  auto secrets = secret_files::make(spec);
  if (!secrets)
    return secrets.error();
  secrets->give(spec, how);
  std::unique_ptr<cgroup> group;
  std::string note;
  if (spec.cgroup) {
    auto name = spec.run.empty() ? "process-" + std::to_string(handle) : spec.run;
    auto made = groups_.make(name, *spec.cgroup, note);
    if (!made)
      return made.error();
    group = std::move(*made);
    how.cgroup = group ? group->descriptor() : -1;
  }
  auto launched = spec.terminal ? launch_with_terminal(spec, how) : launch_with_pipes(spec, how);
  if (!launched) {
    if (group)
      (void)group->remove();
    return launched.error();
  }
  return launched_run{child{std::move(launched->process), std::move(launched->input),
                            spec.input_stays_open, std::move(outputs->output),
                            std::move(outputs->error)},
                      std::move(launched->terminal), std::move(group), std::move(note)};
}

spawn_options process_launcher::options_for(const process_spec& spec) const {
  spawn_options how;
  how.limits = spec.limits;
  for (const auto& limit : options_.limits)
    if (std::ranges::find(spec.limits, limit.name, &resource_limit::name) == spec.limits.end())
      how.limits.push_back(limit);
  how.nice = spec.nice;
  how.umask = spec.umask;
  if (options_.ends_with_thread)
    how.parent_death_signal = SIGKILL;
  return how;
}

result<process_launcher::launched_process>
process_launcher::launch_with_pipes(process_spec& spec, const spawn_options& how) const {
  auto process = spawn(spec, inherited_, how);
  if (!process)
    return process.error();
  return launched_process{std::move(*process), std::move(spec.stdin_text), std::nullopt};
}

result<process_launcher::launched_process>
process_launcher::launch_with_terminal(process_spec& spec, spawn_options& how) const {
  auto terminal = pseudo_terminal::open(*spec.terminal);
  if (!terminal)
    return terminal.error();
  how.terminal = terminal->path();
  auto typed = std::exchange(spec.stdin_text, {});
  if (!spec.input_stays_open)
    typed += end_of_input;
  auto process = spawn(spec, inherited_, how);
  if (!process)
    return process.error();
  // Both ends of the child's streams are the terminal, each with a descriptor of its own.
  for (auto* end : {&process->input, &process->output}) {
    *end = unique_fd{::fcntl(terminal->descriptor(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1)};
    if (!*end) {
      auto why = explain_spawn_failure(errno, spec, spec.argv.front());
      child failed_one{std::move(*process), {}, false, run_output{0, {}}, run_output{0, {}}};
      failed_one.kill_group();
      failed_one.wait_for_exit();
      failed_one.reap();
      return why;
    }
  }
  return launched_process{std::move(*process), std::move(typed), std::move(*terminal)};
}

std::string process_launcher::path_of(const std::string& run, stream which) const {
  if (options_.output_directory.empty())
    return {};
  return output_path(options_.output_directory, run, which);
}

} // namespace mahavishnu::exec
