// SPDX-License-Identifier: MIT
#include "cli/ask_and_show.hpp"
#include "cli/command_line.hpp"
#include "cli/interrupts.hpp"
#include "cli/task_options.hpp"
#include "cli/text.hpp"

#include <CLI/CLI.hpp>

#include <sstream>

namespace mahavishnu::cli {

namespace {

void say_deprecated(const output& out) {
  out.talk("warning: single workers are deprecated and pools replace them; see: mahavishnu pool");
}

std::string show_spawned(const workers_spawned& all) {
  auto text = "Spawned workers: " + std::to_string(all.workers.size()) + "\n";
  for (const auto& each : all.workers)
    text += "  " + each.value + "\n";
  return text;
}

grid show_workers(const std::vector<worker_info>& workers) {
  grid table{{{.title = "WORKER"}, {.title = "TYPE"}, {.title = "STATUS"}}};
  for (const auto& each : workers)
    table.add({each.worker.value, each.worker_type, each.status});
  table.when_empty("No single workers.");
  return table;
}

grid show_list(const worker_list& all) {
  return show_workers(all.workers);
}

grid show_health(const workers_health& all) {
  auto table = show_workers(all.workers);
  table.note("Workers: " + all.status + "\nActive workers: " + std::to_string(all.workers_active) +
             "\nTasks at a time: " + std::to_string(all.max_concurrent));
  return table;
}

int exit_code_of_health(const workers_health& all) {
  return all.status == "healthy" ? done : failed;
}

std::string show_closed(const workers_closed& all) {
  return "Closed workers: " + std::to_string(all.closed_count) + "\n";
}

std::string show_results(const worker_results& all) {
  std::ostringstream text;
  for (const auto& each : all.results) {
    text << each.worker.value << ": " << to_string(each.status)
         << "\n  Exit code: " << each.exit_code << "\n  Duration: " << seconds(each.duration)
         << "\n";
    if (!each.error.empty())
      text << "  Error: " << each.error << "\n";
    if (const auto& said = each.output.str(); !said.empty())
      text << "Output:\n" << said << (said.ends_with('\n') ? "" : "\n");
  }
  return text.str();
}

/// `execute` as it was given.
struct execute_wish {
  std::string prompt;
  spawn_workers spawn{{}, 3};
  double timeout = 0;
};

result<task_spec> spec_of(const execute_wish& wish) {
  // What single workers do not know is left out of the options, so the common ones do.
  one_task_options options;
  options.prompt = wish.prompt;
  options.common.timeout = wish.timeout;
  return options.spec();
}

/// Workers of our own for one command; they go with it.
int execute(const invocation& now, const output& out, const execute_wish& wish) {
  say_deprecated(out);
  auto spec = spec_of(wish);
  if (!spec)
    return out.failure(spec.error());
  interrupts signals;
  auto server = session::open(now, out);
  if (!server)
    return out.failure(server.error());
  auto mine = (*server)->ask<workers_spawned>(wish.spawn);
  if (!mine)
    return out.failure(mine.error());
  auto close = [&] { // which ends what runs there
    for (const auto& each : mine->workers) {
      [[maybe_unused]] auto closed =
          (*server)->ask<workers_closed>(close_worker{each}, session::task_limit);
    }
  };
  on_interrupt stop{signals, close};
  execute_on_workers tasks;
  for (const auto& each : mine->workers)
    tasks.tasks.push_back({each, *spec});
  auto answer = (*server)->ask<worker_results>(tasks, session::task_limit);
  if (!signals.came())
    close();
  if (!answer)
    return out.failure(answer.error());
  out.answer(kind_of<worker_results>(), json::from(*answer), show_results(*answer));
  auto completed = std::ranges::all_of(
      answer->results, [](const auto& each) { return each.status == task_status::completed; });
  return completed ? done : failed;
}

void add_spawn(CLI::App& workers, invocation& now) {
  auto* command = workers.add_subcommand("spawn", "Start single workers");
  auto wish = std::make_shared<spawn_workers>();
  command->add_option("--type,-t", wish->worker_type, "What they run (workers.default_type)");
  command->add_option("--count,-n", wish->count, "How many (default: 1)")->check(CLI::Range(1, 50));
  command->callback([&now, wish] {
    now.action = [&now, wish](output& out) {
      say_deprecated(out);
      return ask_and_show<workers_spawned>(now, out, *wish, show_spawned);
    };
  });
}

void add_execute(CLI::App& workers, invocation& now) {
  auto* command = workers.add_subcommand(
      "execute", "Start workers, run a task on each, print the results, and close them");
  auto wish = std::make_shared<execute_wish>();
  command->add_option("--prompt,-p", wish->prompt, "What to do; '-' reads it from standard input")
      ->required();
  command->add_option("--count,-n", wish->spawn.count, "How many (default: 3)")
      ->check(CLI::Range(1, 20));
  command->add_option("--type,-t", wish->spawn.worker_type, "What they run (workers.default_type)");
  add_seconds(*command, "--timeout,-T", wish->timeout,
              "Seconds until a task is ended (workers.timeout_seconds)");
  command->callback([&now, wish] {
    now.action = [&now, wish](output& out) { return execute(now, out, *wish); };
  });
}

void add_close(CLI::App& workers, invocation& now) {
  auto* command = workers.add_subcommand("close", "End a worker, or all, and what runs there");
  auto id = std::make_shared<std::string>();
  auto all = std::make_shared<bool>(false);
  auto* named = command->add_option("worker", *id, "Id of the worker");
  command->add_flag("--all", *all, "All single workers")->excludes(named);
  command->callback([&now, id, all] {
    now.action = [&now, id, all](output& out) {
      say_deprecated(out);
      if (*all)
        return ask_and_show<workers_closed>(now, out, close_all_workers{}, show_closed, nullptr,
                                            session::task_limit);
      if (id->empty())
        return out.failure({errc::invalid_argument, "name a worker, or give --all"});
      return ask_and_show<workers_closed>(now, out, close_worker{worker_id{*id}}, show_closed,
                                          nullptr, session::task_limit);
    };
  });
}

} // namespace

void add_worker_commands(CLI::App& app, invocation& now) {
  auto* workers = app.add_subcommand("workers", "Single workers, as before there were pools");
  workers->require_subcommand(1);
  add_spawn(*workers, now);
  add_execute(*workers, now);
  workers->add_subcommand("list", "List the single workers")->callback([&now] {
    now.action = [&now](output& out) {
      say_deprecated(out);
      return ask_and_show<worker_list>(now, out, list_workers{}, show_list);
    };
  });
  add_close(*workers, now);
  workers->add_subcommand("health", "Say how the single workers do; exit code 1 unless healthy")
      ->callback([&now] {
        now.action = [&now](output& out) {
          say_deprecated(out);
          return ask_and_show<workers_health>(now, out, get_workers_health{}, show_health,
                                              exit_code_of_health);
        };
      });
}

} // namespace mahavishnu::cli
