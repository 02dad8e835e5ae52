// SPDX-License-Identifier: MIT
#include "cli/ask_and_show.hpp"
#include "cli/command_line.hpp"
#include "cli/schedule_options.hpp"
#include "cli/task_options.hpp"
#include "cli/text.hpp"

#include <CLI/CLI.hpp>

#include <sstream>

namespace mahavishnu::cli {

namespace {

std::string when_text(const add_periodic& task) {
  if (!task.cron.empty())
    return task.cron + " (" + task.time_zone + ")";
  return "every " + seconds(task.interval);
}

grid show_list(const periodic_list& all) {
  grid table{{{.title = "NAME"},
              {.title = "WHEN", .may_shrink = true},
              {.title = "STATE"},
              {.title = "RUNS", .is_number = true},
              {.title = "ERRORS", .is_number = true},
              {.title = "LAST RUN"},
              {.title = "NEXT RUN"},
              {.title = "SCRIPT", .is_rare = true}}};
  for (const auto& each : all.tasks)
    table.add({each.task.name, when_text(each.task),
               each.is_running     ? "running"
               : each.task.enabled ? "enabled"
                                   : "disabled",
               std::to_string(each.run_count), std::to_string(each.error_count),
               age_of_moment(each.last_run), age_of_moment(each.next_run), each.task.script});
  for (const auto& each : all.damaged)
    table.note("left out: " + each);
  table.when_empty("No periodic tasks. Add one with: mahavishnu periodic add");
  return table;
}

std::string show_task(const periodic_info& about) {
  std::ostringstream text;
  text << about.task.name << ": " << when_text(about.task)
       << (about.task.enabled ? "" : ", disabled") << "\n  Script: " << about.task.script;
  for (const auto& word : about.task.arguments)
    text << " " << word;
  text << "\n  Runs: " << about.run_count << ", with errors: " << about.error_count
       << ", left out: " << about.skipped_count << ", missed: " << about.missed_count << "\n";
  if (!about.last_run.empty())
    text << "  Last run: " << about.last_run << (about.is_running ? ", running" : "") << "\n";
  if (!about.next_run.empty())
    text << "  Next run: " << about.next_run << "\n";
  if (!about.last_error.empty())
    text << "  Last error: " << about.last_error << "\n";
  if (!about.last_output.empty())
    text << "  Last output: " << first_line(about.last_output, 100) << "\n";
  return text.str();
}

void add_change(CLI::App& group, invocation& now, const std::string& verb, const std::string& help,
                periodic_change change) {
  auto* command = group.add_subcommand(verb, help);
  auto name = std::make_shared<std::string>();
  command->add_option("name", *name, "Of the periodic task")->required();
  command->callback([&now, name, change] {
    now.action = [&now, name, change](output& out) {
      return ask_and_show<periodic_info>(now, out, change_periodic{*name, change}, show_task);
    };
  });
}

} // namespace

int run_add_periodic(const invocation& now, const output& out, const add_periodic& wish) {
  return ask_and_show<periodic_info>(now, out, wish, show_task);
}

void add_periodic_commands(CLI::App& app, invocation& now) {
  auto* group = app.add_subcommand("periodic", "Scripts that run again and again");
  group->require_subcommand(1);

  struct add_wish {
    schedule_options when;
    std::string script;
    std::vector<std::string> arguments;
    std::string directory;
    double timeout = 0;
  };
  auto* add = group->add_subcommand("add", "Run a script again and again");
  auto wish = std::make_shared<add_wish>();
  add->add_option("script", wish->script, "A file, or a program that is in the PATH")->required();
  add->add_option("arguments", wish->arguments, "Of the script; behind -- when they begin with -");
  wish->when.add_to(*add);
  add->add_option("--cwd", wish->directory, "Where it runs (default: the folder of the script)");
  add_seconds(*add, "--timeout,-T", wish->timeout, "Seconds that a run may take (default: no end)");
  add->callback([&now, wish] {
    now.action = [&now, wish](output& out) {
      return run_add_periodic(
          now, out, wish->when.task(wish->script, wish->arguments, wish->directory, wish->timeout));
    };
  });

  auto* list = group->add_subcommand("list", "List the periodic tasks");
  list->callback([&now] {
    now.action = [&now](output& out) {
      return ask_and_show<periodic_list>(now, out, list_periodic{}, show_list);
    };
  });
  auto* show = group->add_subcommand("show", "Show one of them");
  auto name = std::make_shared<std::string>();
  show->add_option("name", *name, "Of the periodic task")->required();
  show->callback([&now, name] {
    now.action = [&now, name](output& out) {
      return ask_and_show<periodic_list>(
          now, out, list_periodic{*name},
          +[](const periodic_list& one) { return show_task(one.tasks.at(0)); });
    };
  });

  add_change(*group, now, "enable", "Let it run when it is due", periodic_change::enable);
  add_change(*group, now, "disable", "Do not let it run; what runs now goes on",
             periodic_change::disable);
  add_change(*group, now, "run", "Run it now, besides the runs that are due", periodic_change::run);
  add_change(*group, now, "remove", "Remove it; what runs now is ended", periodic_change::remove);
}

} // namespace mahavishnu::cli
