// SPDX-License-Identifier: MIT
#include "base/moment_text.hpp"
#include "cli/ask_and_show.hpp"
#include "cli/command_line.hpp"
#include "cli/task_logs.hpp"
#include "cli/task_options.hpp"
#include "cli/text.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <iomanip>
#include <sstream>

namespace mahavishnu::cli {

namespace {

constexpr std::size_t longest_prompt_shown = 48;

result<task_id> parse_task(const std::string& text) {
  if (auto id = task_id::parse(text))
    return *id;
  return error{errc::invalid_argument, "'" + text + "' is no task id; it looks like " +
                                           task_id{}.str() +
                                           ", and these are the tasks: mahavishnu task list"};
}

std::string show_accepted(const task_accepted& task) {
  return "Task " + std::string{to_string(task.status)} + ": " + task.task.str() +
         "\n  Pool: " + task.pool.value + "\n";
}

std::string show_cancelled(const task_cancelled& task) {
  auto how = std::string{to_string(task.status)};
  if (task.status == task_status::running)
    how = "is being ended";
  else if (task.status != task_status::cancelled)
    how = "had ended already: " + how;
  return "Task " + task.task.str() + ": " + how + "\n";
}

std::string show_info(const task_info& task) {
  std::ostringstream text;
  const auto& script = task.spec->command.empty() ? task.spec->prompt : task.spec->command;
  text << "Task " << to_string(task.status) << ": " << task.task.str() << "\n  " << task.meaning
       << "\n  Pool: " << task.pool_name << " (" << task.pool.value
       << ")\n  Runs: " << first_line(script.str(), longest_prompt_shown) << "\n";
  if (!task.spec->metadata.empty())
    text << "  Metadata: " << pairs(task.spec->metadata) << "\n";
  text << "History:\n";
  for (const auto& step : task.history) {
    text << std::setw(14) << seconds(step.after) << "  " << to_string(step.status);
    if (step.attempt > 0)
      text << ", attempt " << step.attempt;
    if (!step.worker.empty())
      text << " on " << step.worker.value;
    text << (step.reason.empty() ? "" : ": ") << step.reason << "\n";
  }
  return text.str();
}

grid show_list(const task_list& list) {
  grid table{{{.title = "TASK"},
              {.title = "POOL", .may_shrink = true},
              {.title = "STATUS"},
              {.title = "ATTEMPTS", .is_rare = true, .is_number = true},
              {.title = "AGE", .is_number = true},
              {.title = "PROMPT", .may_shrink = true}}};
  for (const auto& task : list.tasks)
    table.add({task.task.str(), task.pool_name, std::string{to_string(task.status)},
               std::to_string(task.attempts),
               age(std::chrono::floor<std::chrono::milliseconds>(task.age)),
               first_line(task.prompt, longest_prompt_shown)});
  for (const auto& each : list.problems)
    table.note("Problem: " + each);
  table.when_empty("No tasks. Run one with: mahavishnu task submit --prompt COMMAND");
  return table;
}

int exit_code_of_list(const task_list& list) {
  return list.problems.empty() ? done : failed;
}

void add_execute(CLI::App& pool, invocation& now) {
  auto* command = pool.add_subcommand("execute", "Run a task on a pool and wait for its result");
  auto name = std::make_shared<std::string>();
  auto task = std::make_shared<one_task_options>();
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
  auto where = std::make_shared<route_options>();
  auto task = std::make_shared<one_task_options>();
  where->add_to(*command);
  task->add_to(*command);
  command->callback([&now, where, task] {
    now.action = [&now, where, task](output& out) {
      auto spec = task->spec();
      auto labels = where->required_labels();
      if (!spec || !labels)
        return out.failure(spec ? labels.error() : spec.error());
      spec->labels = *labels;
      return ask_and_show<task_result>(now, out,
                                       route_task{*spec, where->selector, where->affinity},
                                       show_result, exit_code_of_task, session::task_limit);
    };
  });
}

void add_submit(CLI::App& group, invocation& now) {
  auto* command = group.add_subcommand("submit", "Have a task run, and do not wait for its result");
  auto pool = std::make_shared<std::string>();
  auto where = std::make_shared<route_options>();
  auto task = std::make_shared<one_task_options>();
  auto* named = command->add_option("--pool", *pool, "Name or id of a pool (default: routed)");
  where->add_to(*command);
  for (auto* each : where->all)
    named->excludes(each);
  task->add_to(*command);
  command->callback([&now, pool, where, task] {
    now.action = [&now, pool, where, task](output& out) {
      auto spec = task->spec();
      auto labels = where->required_labels();
      if (!spec || !labels)
        return out.failure(spec ? labels.error() : spec.error());
      spec->labels = *labels;
      spec->cancel_with_requester = false; // this command does not wait for it
      return ask_and_show<task_accepted>(
          now, out, submit_task{*spec, *pool, where->selector, where->affinity}, show_accepted);
    };
  });
}

/// A command that asks about one task.
template <class Question, class Answer>
void add_for_task(CLI::App& group, invocation& now, const char* name, const char* help,
                  std::string (*show)(const Answer&), int (*exit_code_of)(const Answer&) = nullptr,
                  std::chrono::milliseconds limit = session::answer_limit) {
  auto* command = group.add_subcommand(name, help);
  auto id = std::make_shared<std::string>();
  command->add_option("task", *id, "Id of the task")->required();
  command->callback([&now, id, show, exit_code_of, limit] {
    now.action = [&now, id, show, exit_code_of, limit](output& out) {
      auto task = parse_task(*id);
      if (!task)
        return out.failure(task.error());
      return ask_and_show<Answer>(now, out, Question{*task}, show, exit_code_of, limit);
    };
  });
}

/// Which tasks a list is to have, as it was given.
struct list_bounds {
  std::string before, since, until;

  result<void> apply_to(list_tasks& question) const {
    if (!before.empty()) {
      auto task = parse_task(before);
      if (!task)
        return task.error();
      question.before = *task;
    }
    auto first = first_since("--since", since);
    auto behind = first_since("--until", until);
    if (!first || !behind)
      return first ? behind.error() : first.error();
    question.since = *first;
    if (!behind->empty() && (question.before.empty() || *behind < question.before))
      question.before = *behind;
    return {};
  }

private:
  /// The least id of those accepted since then, since an id begins with that time; empty when none
  /// was given.
  static result<task_id> first_since(const char* option, const std::string& text) {
    std::chrono::milliseconds at{0};
    if (auto read = read_moment(option, text, at); !read)
      return read.error();
    if (text.empty())
      return task_id{};
    // No task is of 1970, and the first id of all would be no bound.
    return task_id::first_of(static_cast<std::uint64_t>(std::max<std::int64_t>(at.count(), 1)));
  }
};

void add_list(CLI::App& group, invocation& now) {
  auto* command = group.add_subcommand("list", "List the tasks that are remembered, newest first");
  auto question = std::make_shared<list_tasks>();
  auto bounds = std::make_shared<list_bounds>();
  command->add_option("--pool", question->pool, "Name or id of a pool (default: all)");
  command->add_option("--status", question->status,
                      "queued, parked, running, completed, failed, timeout, cancelled or lost");
  command->add_option("--limit", question->limit, "How many at most (default: 100)");
  command->add_option("--before", bounds->before,
                      "Only older ones than this task: the next page after the one it ends");
  command->add_option("--since", bounds->since,
                      "Only those accepted since then: 2h, 7d, 2026-11-21 or with a time");
  command->add_option("--until", bounds->until, "Only those accepted before that");
  command->callback([&now, question, bounds] {
    now.action = [&now, question, bounds](output& out) {
      if (auto good = bounds->apply_to(*question); !good)
        return out.failure(good.error());
      return ask_and_show<task_list>(now, out, *question, show_list, exit_code_of_list);
    };
  });
}

void add_logs(CLI::App& group, invocation& now) {
  auto* command = group.add_subcommand("logs", "Print what a task has written, also while it runs");
  auto id = std::make_shared<std::string>();
  auto wish = std::make_shared<logs_wish>();
  command->add_option("task", *id, "Id of the task")->required();
  command->add_flag("--follow,-f", wish->follow, "Go on until the task has ended");
  command->add_flag_callback(
      "--stderr", [wish] { wish->stream = output_stream::error; },
      "What it wrote to its standard error instead");
  command->add_option("--lines,-n", wish->lines, "Only the last so many (default: all)");
  command->callback([&now, id, wish] {
    now.action = [&now, id, wish](output& out) {
      auto task = parse_task(*id);
      if (!task)
        return out.failure(task.error());
      wish->task = *task;
      return print_logs(now, out, *wish);
    };
  });
}

} // namespace

void add_pool_task_commands(CLI::App& pool, invocation& now) {
  add_execute(pool, now);
  add_route(pool, now);
}

void add_task_commands(CLI::App& app, invocation& now) {
  auto* group = app.add_subcommand("task", "Tasks that go on without the command that gave them");
  group->require_subcommand(1);
  add_submit(*group, now);
  add_for_task<wait_task>(*group, now, "wait", "Wait until a task has ended; its result",
                          show_result, exit_code_of_task, session::task_limit);
  add_for_task<describe_task>(*group, now, "show", "Tell where a task stands, and how it came so",
                              show_info);
  add_list(*group, now);
  add_logs(*group, now);
  add_for_task<retry_task>(*group, now, "retry", "Have a new task do what one that ended did",
                           show_accepted);
  add_for_task<cancel_task>(*group, now, "cancel", "End a task", show_cancelled);
}

} // namespace mahavishnu::cli
