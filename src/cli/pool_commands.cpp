// SPDX-License-Identifier: MIT
#include "cli/command_line.hpp"
#include "cli/session.hpp"

#include <CLI/CLI.hpp>

#include <fstream>
#include <iterator>
#include <sstream>

namespace mahavishnu::cli {

namespace {

/// Opens the session, asks, shows the answer: what every pool command does.
template <class Answer, class Question>
int ask_and_show(const invocation& now, const output& out, const Question& question,
                 std::string (*show)(const Answer&), int (*exit_code_of)(const Answer&) = nullptr,
                 std::chrono::milliseconds limit = session::answer_limit) {
  auto server = session::open(now, out);
  if (!server)
    return out.failure(server.error());
  auto answer = (*server)->ask<Answer>(question, limit);
  if (!answer)
    return out.failure(answer.error());
  out.data(json::from(*answer), show(*answer));
  return exit_code_of ? exit_code_of(*answer) : done;
}

std::string show_spawned(const pool_spawned& pool) {
  std::ostringstream text;
  text << "Spawned " << pool.type << " pool: " << pool.pool.value << "\n  Name: " << pool.name
       << "\n  Workers: " << pool.min_workers << "-" << pool.max_workers
       << "\n  Worker type: " << pool.worker_type << "\n";
  return text.str();
}

std::string show_list(const pool_list& list) {
  std::ostringstream text;
  text << "Active pools: " << list.pools.size() << "\n";
  for (const auto& pool : list.pools)
    text << "\n"
         << pool.pool.value << "\n  Name: " << pool.name << "\n  Type: " << pool.type << " ("
         << pool.worker_type << ")\n  Status: " << to_string(pool.status)
         << "\n  Workers: " << pool.workers << " (" << pool.min_workers << "-" << pool.max_workers
         << "), " << pool.active_workers << " active, " << pool.queued
         << " queued\n  Tasks: " << pool.tasks_completed << " completed, " << pool.tasks_failed
         << " failed\n";
  return text.str();
}

std::string show_result(const task_result& task) {
  std::ostringstream text;
  text << "Task " << to_string(task.status) << ": " << task.task.value
       << "\n  Pool: " << task.pool.value << "\n  Worker: " << task.worker.value
       << "\n  Exit code: " << task.exit_code << "\n  Duration: " << std::fixed
       << std::setprecision(3) << std::chrono::duration<double>(task.duration).count() << " s\n";
  if (!task.error.empty())
    text << "  Error: " << task.error << "\n";
  auto block = [&](const char* title, const std::string& body) {
    if (body.empty())
      return;
    text << title << ":\n" << body << (body.ends_with('\n') ? "" : "\n");
  };
  block("Output", task.output.str());
  block("Standard error", task.standard_error.str());
  return text.str();
}

int exit_code_of_task(const task_result& task) {
  return task.status == task_status::completed ? done : failed;
}

std::string show_closed(const pool_closed& pool) {
  return "Closed pool: " + pool.pool.value + "\n";
}

std::string show_all_closed(const pools_closed& pools) {
  return "Closed pools: " + std::to_string(pools.count) + "\n";
}

/// What is longer does not belong into a message.
constexpr std::size_t longest_prompt = 8u << 20;

/// The options that `execute` and `route` share.
struct task_options {
  std::string prompt;
  std::string directory;
  std::vector<std::string> environment;
  double timeout_seconds = 0;

  void add_to(CLI::App& command) {
    command
        .add_option("--prompt,-p", prompt,
                    "What to do; for shell workers a script, '-' reads it from standard input")
        ->required();
    command
        .add_option("--timeout,-T", timeout_seconds,
                    "Seconds until the task is ended (default: workers.timeout_seconds)")
        ->check(CLI::Range(0.001, 2592000.0));
    command.add_option("--cwd", directory, "Directory to run in (default: this one)");
    command.add_option("--env", environment, "NAME=VALUE for the task; may be given many times");
  }

  result<task_spec> spec() const {
    task_spec wish;
    auto text = prompt;
    if (prompt == "-")
      text.assign(std::istreambuf_iterator<char>{std::cin}, {});
    if (text.size() > longest_prompt)
      return error{errc::invalid_argument,
                   "the prompt has " + std::to_string(text.size()) +
                       " bytes, and at most 8388608 can be sent; put the data into a file"};
    wish.prompt = shared_text{std::move(text)};
    std::error_code failure;
    auto where = std::filesystem::absolute(directory.empty() ? "." : directory, failure);
    if (failure)
      return error{errc::io_failed,
                   "cannot find the directory '" + directory + "': " + failure.message()};
    wish.working_directory = where.lexically_normal().string();
    for (const auto& each : environment) {
      auto equals = each.find('=');
      if (equals == 0 || equals == std::string::npos)
        return error{errc::invalid_argument, "--env takes NAME=VALUE, not '" + each + "'"};
      wish.environment[each.substr(0, equals)] = each.substr(equals + 1);
    }
    wish.timeout = std::chrono::milliseconds{static_cast<std::int64_t>(timeout_seconds * 1000)};
    // Somebody who presses Ctrl-C here does not want the task to go on elsewhere.
    wish.cancel_with_requester = true;
    return wish;
  }
};

void add_spawn(CLI::App& pool, invocation& now) {
  auto* command = pool.add_subcommand("spawn", "Start a pool of workers");
  auto wish = std::make_shared<pool_config>();
  command->add_option("--type,-t", wish->type, "Pool type (default: pools.default_type)");
  command->add_option("--name,-n", wish->name, "Name of the pool (default: default)");
  command
      ->add_option("--min,-m", wish->min_workers, "Workers at least (default: pools.min_workers)")
      ->check(CLI::Range(1, 1000));
  command->add_option("--max,-M", wish->max_workers, "Workers at most (default: pools.max_workers)")
      ->check(CLI::Range(1, 1000));
  command->add_option("--worker-type,-w", wish->worker_type,
                      "What the workers run (default: workers.default_type)");
  command
      ->add_option("--queue-limit", wish->queue_limit,
                   "Tasks that may wait (default: pools.queue_limit)")
      ->check(CLI::Range(1, 1000000));
  command->callback([&now, wish] {
    now.action = [&now, wish](output& out) {
      return ask_and_show<pool_spawned>(now, out, spawn_pool{*wish}, show_spawned);
    };
  });
}

void add_list(CLI::App& pool, invocation& now) {
  pool.add_subcommand("list", "List the pools, oldest first")->callback([&now] {
    now.action = [&now](output& out) {
      return ask_and_show<pool_list>(now, out, list_pools{}, show_list);
    };
  });
}

void add_execute(CLI::App& pool, invocation& now) {
  auto* command = pool.add_subcommand("execute", "Run a task on a pool and wait for its result");
  auto name = std::make_shared<std::string>();
  auto task = std::make_shared<task_options>();
  command->add_option("pool", *name, "Name or id of the pool")->required();
  task->add_to(*command);
  command->callback([&now, name, task] {
    now.action = [&now, name, task](output& out) {
      auto spec = task->spec();
      if (!spec)
        return out.failure(spec.error());
      return ask_and_show<task_result>(now, out, execute_on_pool{*name, *spec}, show_result,
                                       exit_code_of_task, session::task_limit);
    };
  });
}

void add_route(CLI::App& pool, invocation& now) {
  auto* command =
      pool.add_subcommand("route", "Run a task on the pool that a selector finds, and wait");
  auto wish = std::make_shared<route_task>();
  auto task = std::make_shared<task_options>();
  command->add_option("--selector,-s", wish->selector,
                      "round_robin, least_loaded, random or affinity "
                      "(default: pools.routing_strategy)");
  command->add_option("--affinity,-a", wish->affinity,
                      "Name or id of a pool, for the selector affinity");
  task->add_to(*command);
  command->callback([&now, wish, task] {
    now.action = [&now, wish, task](output& out) {
      auto spec = task->spec();
      if (!spec)
        return out.failure(spec.error());
      wish->spec = *spec;
      return ask_and_show<task_result>(now, out, *wish, show_result, exit_code_of_task,
                                       session::task_limit);
    };
  });
}

void add_close(CLI::App& pool, invocation& now) {
  auto* command = pool.add_subcommand("close", "Close a pool and end what runs there");
  auto name = std::make_shared<std::string>();
  command->add_option("pool", *name, "Name or id of the pool")->required();
  command->callback([&now, name] {
    now.action = [&now, name](output& out) {
      return ask_and_show<pool_closed>(now, out, close_pool{*name}, show_closed, nullptr,
                                       session::task_limit);
    };
  });
  pool.add_subcommand("close-all", "Close every pool")->callback([&now] {
    now.action = [&now](output& out) {
      return ask_and_show<pools_closed>(now, out, close_all_pools{}, show_all_closed, nullptr,
                                        session::task_limit);
    };
  });
}

} // namespace

void add_pool_commands(CLI::App& app, invocation& now) {
  auto* pool = app.add_subcommand("pool", "Pools of workers, and tasks on them");
  pool->require_subcommand(1);
  add_spawn(*pool, now);
  add_list(*pool, now);
  add_execute(*pool, now);
  add_route(*pool, now);
  add_close(*pool, now);
}

} // namespace mahavishnu::cli
