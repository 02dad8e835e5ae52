// SPDX-License-Identifier: MIT
#include "cli/completion_command.hpp"

#include "base/text.hpp"
#include "cli/completion.hpp"
#include "cli/guide_commands.hpp"
#include "cli/session.hpp"
#include "cli/text.hpp"
#include "mahavishnu/patterns/run_registry.hpp"

#include <CLI/CLI.hpp>
#include <sys/time.h>
#include <unistd.h>

#include <csignal>
#include <iostream>

namespace mahavishnu::cli {

namespace {

constexpr std::int32_t most_tasks_suggested = 50;
constexpr std::size_t longest_description = 60;
/// Nobody waits for a server while typing.
constexpr suseconds_t whole_limit_us = 200'000;

extern "C" void answer_with_nothing(int) {
  constexpr std::string_view nothing = "values\n";
  [[maybe_unused]] auto ignored = ::write(STDOUT_FILENO, nothing.data(), nothing.size());
  ::_exit(done);
}

/// Whatever it hangs on, the program ends within the limit, as if there was no server.
void end_in_time() {
  std::signal(SIGALRM, answer_with_nothing);
  itimerval limit{{0, 0}, {0, whole_limit_us}};
  ::setitimer(ITIMER_REAL, &limit, nullptr);
}

void take_all_time() {
  itimerval none{{0, 0}, {0, 0}};
  ::setitimer(ITIMER_REAL, &none, nullptr);
}

class live_names {
public:
  live_names(const invocation& now, const output& silent) : now_(now), silent_(silent) {}

  std::vector<suggestion> of(value_source source) {
    switch (source) {
    case value_source::pools: return pools();
    case value_source::tasks: return tasks();
    case value_source::runs: return runs();
    case value_source::workers: return workers();
    case value_source::terminals: return terminals();
    case value_source::worker_types: return worker_types();
    case value_source::periodic: return periodic();
    case value_source::things: {
      auto all = pools();
      for (auto more :
           {&live_names::tasks, &live_names::terminals, &live_names::runs, &live_names::workers})
        std::ranges::move((this->*more)(), std::back_inserter(all));
      return all;
    }
    default: return {};
    }
  }

private:
  template <class Answer, class Question>
  Answer ask(const Question& question) {
    if (!server_ && !tried_)
      if (auto opened = session::open(now_, silent_))
        server_ = std::move(*opened);
    tried_ = true;
    if (!server_)
      return {};
    auto answer = server_->ask<Answer>(question, std::chrono::seconds{1});
    return answer ? std::move(*answer) : Answer{};
  }

  std::vector<suggestion> pools() {
    std::vector<suggestion> all;
    for (const auto& each : ask<pool_list>(list_pools{}).pools)
      all.push_back({each.name, each.worker_type + ", " + std::to_string(each.workers) +
                                    " workers, " + std::string{to_string(each.health)}});
    return all;
  }
  std::vector<suggestion> tasks() {
    list_tasks wish;
    wish.limit = most_tasks_suggested;
    std::vector<suggestion> all;
    for (const auto& each : ask<task_list>(wish).tasks)
      all.push_back({each.task.str(), std::string{to_string(each.status)} + ": " +
                                          first_line(each.prompt, longest_description)});
    return all;
  }
  std::vector<suggestion> terminals() {
    std::vector<suggestion> all;
    for (const auto& each : ask<terminal_list>(list_terminals{}).terminals)
      all.push_back({each.terminal, each.status + ": " + each.command});
    return all;
  }

  std::vector<suggestion> workers() {
    std::vector<suggestion> all;
    for (const auto& each : ask<worker_list>(list_workers{}).workers)
      all.push_back({each.worker.value, each.worker_type + ", " + each.status});
    return all;
  }
  std::vector<suggestion> worker_types() {
    std::vector<suggestion> all;
    for (const auto& each : ask<worker_type_list>(list_worker_types{}).types)
      all.push_back({each.name, each.description});
    return all;
  }
  std::vector<suggestion> periodic() {
    std::vector<suggestion> all;
    for (const auto& each : ask<periodic_list>(list_periodic{}).tasks)
      all.push_back({each.task.name, each.task.script});
    return all;
  }
  std::vector<suggestion> runs() {
    auto found = find_instance(now_, silent_);
    if (!found)
      return {};
    std::vector<suggestion> all;
    run_registry registry{found->state_directory};
    for (const auto& each : registry.get_recent_runs(most_tasks_suggested).runs)
      all.push_back({each.run_id, std::string{to_string(each.status)} + ": " + each.module_name});
    return all;
  }

  const invocation& now_;
  const output& silent_;
  std::unique_ptr<session> server_;
  bool tried_ = false;
};

std::vector<suggestion> from_source(const invocation& now, const completion_question& question) {
  switch (question.source) {
  case value_source::settings: return settings_suggested(question.arguments.empty());
  case value_source::setting_assignments: return assignments_suggested(question.begun);
  case value_source::setting_values:
    return question.arguments.empty() ? std::vector<suggestion>{}
                                      : values_of_setting(question.arguments.front());
  default: break;
  }
  auto silent = output::silent();
  return live_names{now, silent}.of(question.source);
}

} // namespace

int answer_completion(invocation& now, const command_page& program) {
  end_in_time();
  std::string shell = now.arguments.size() > 1 ? now.arguments[1] : "";
  std::vector<std::string> words;
  for (std::size_t i = 2; i < now.arguments.size(); ++i) {
    // Bash hands over what was typed, fish only the last word so.
    auto is_raw = shell == "bash" || (shell == "fish" && i + 1 == now.arguments.size());
    words.push_back(is_raw ? without_quotes(now.arguments[i]) : now.arguments[i]);
  }
  auto question = question_of(program, words);
  now.global.state_dir = question.state_dir;
  now.global.settings_dir = question.settings_dir;
  now.global.sets = question.sets;
  std::string text = question.source == value_source::files         ? "files\n"
                     : question.source == value_source::directories ? "directories\n"
                                                                    : "values\n";
  for (const auto& each : fitting(question, from_source(now, question)))
    text += each.value + (each.description.empty() ? "" : "\t" + harmless(each.description)) + "\n";
  take_all_time();
  std::cout << text << std::flush;
  return done;
}

void add_completion_command(CLI::App& app, invocation& now) {
  auto* command = app.add_subcommand(
      "completion", "Print what teaches a shell to complete commands, options, names and ids");
  auto shell = std::make_shared<std::string>();
  command->add_option("shell", *shell, "Which shell")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->callback([&now, shell] {
    now.action = [shell](output& out) {
      std::string text{completion_script(*shell)};
      out.document({{"shell", *shell}, {"script", text}}, text);
      return done;
    };
  });
}

} // namespace mahavishnu::cli
