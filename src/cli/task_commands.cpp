// SPDX-License-Identifier: MIT
#include "base/moment_text.hpp"
#include "cli/ask_and_show.hpp"
#include "cli/command_line.hpp"
#include "cli/find.hpp"
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
  text << "Task " << to_string(task.status) << ": " << task.task.str() << "\n  "
       << harmless(task.meaning) << "\n  Pool: " << task.pool_name << " (" << task.pool.value
       << ")\n  Runs: " << harmless(first_line(script.str(), longest_prompt_shown)) << "\n";
  if (!task.spec->metadata.empty())
    text << "  Metadata: " << harmless(pairs(task.spec->metadata)) << "\n";
  text << "History:\n";
  for (const auto& step : task.history) {
    text << std::setw(14) << seconds(step.after) << "  " << to_string(step.status);
    if (step.attempt > 0)
      text << ", attempt " << step.attempt;
    if (!step.worker.empty())
      text << " on " << step.worker.value;
    text << (step.reason.empty() ? "" : ": ") << harmless(step.reason) << "\n";
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
               std::to_string(task.attempts), age(task.age),
               first_line(task.prompt, longest_prompt_shown)});
  for (const auto& each : list.problems)
    table.note("Problem: " + each);
  table.when_empty("No tasks. Run one with: mahavishnu task submit --prompt COMMAND");
  return table;
}

std::string without_last_end(std::string text) {
  if (text.ends_with('\n'))
    text.pop_back();
  return text;
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
                  std::string (*show)(const Answer&)) {
  auto* command = group.add_subcommand(name, help);
  auto id = std::make_shared<std::string>();
  command->add_option("task", *id, "Id of the task, or its beginning")->required();
  command->callback([&now, id, show] {
    now.action = [&now, id, show](output& out) {
      auto question = [&](session& server) -> result<Question> {
        auto task = find_task(server, *id);
        if (!task)
          return task.error();
        return Question{*task};
      };
      return ask_and_show<Answer>(now, out, question, show);
    };
  });
}

/// Asks about each of these tasks, one after the other, and shows the answers; the worst exit code.
template <class Question, class Answer>
int for_each_task(const invocation& now, const output& out, const std::vector<std::string>& ids,
                  std::string (*show)(const Answer&), int (*exit_code_of)(const Answer&),
                  std::chrono::milliseconds limit) {
  auto server = session::open(now, out);
  if (!server)
    return out.failure(server.error());
  // Who has mistyped one is told before anything happens to the others.
  std::vector<task_id> tasks;
  for (const auto& id : ids) {
    auto task = find_task(**server, id);
    if (!task)
      return out.failure(task.error());
    tasks.push_back(*task);
  }
  int worst = done;
  for (const auto& task : tasks) {
    auto answer = (*server)->ask<Answer>(Question{task}, limit);
    auto code = answer ? exit_code_of(*answer) : out.failure(answer.error());
    if (answer && ids.size() == 1)
      out.answer(kind_of<Answer>(), json::from(*answer), show(*answer));
    else if (answer)
      out.item(kind_of<Answer>(), json::from(*answer), without_last_end(show(*answer)));
    // The code of a task is its own only where one is meant.
    if (code != done)
      worst = ids.size() == 1 ? code : std::max(worst, answer ? static_cast<int>(failed) : code);
    if (!answer && answer.error().code == errc::unreachable)
      break;
  }
  return worst;
}

template <class Question, class Answer>
void add_for_tasks(
    CLI::App& group, invocation& now, const char* name, const char* help,
    std::string (*show)(const Answer&),
    int (*exit_code_of)(const Answer&) = [](const Answer&) -> int { return done; },
    std::chrono::milliseconds limit = session::answer_limit) {
  auto* command = group.add_subcommand(name, help);
  auto ids = std::make_shared<std::vector<std::string>>();
  command->add_option("tasks", *ids, "Ids of tasks, or their beginnings")->required();
  command->callback([&now, ids, show, exit_code_of, limit] {
    now.action = [&now, ids, show, exit_code_of, limit](output& out) {
      return for_each_task<Question>(now, out, *ids, show, exit_code_of, limit);
    };
  });
}

/// Which tasks a list is to have, as it was given.
struct list_bounds {
  std::string before, since, until;

  result<void> apply_to(session& server, list_tasks& question) const {
    if (!before.empty()) {
      auto task = find_task(server, before);
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
      auto bounded = [&](session& server) -> result<list_tasks> {
        if (auto good = bounds->apply_to(server, *question); !good)
          return good.error();
        return *question;
      };
      return ask_and_show<task_list>(now, out, bounded, show_list, exit_code_of_list);
    };
  });
}

void add_logs(CLI::App& group, invocation& now) {
  auto* command = group.add_subcommand("logs", "Print what a task has written, also while it runs");
  auto id = std::make_shared<std::string>();
  auto wish = std::make_shared<logs_wish>();
  command->add_option("task", *id, "Id of the task, or its beginning")->required();
  command->add_flag("--follow,-f", wish->follow, "Go on until the task has ended");
  command->add_flag_callback(
      "--stderr", [wish] { wish->stream = output_stream::error; },
      "What it wrote to its standard error instead");
  command->add_option("--lines,-n", wish->lines, "Only the last so many (default: all)")
      ->check(CLI::Range(0, 1'000'000'000));
  command->callback([&now, id, wish] {
    now.action = [&now, id, wish](output& out) { return print_logs(now, out, *id, *wish); };
  });
}

void add_wait(CLI::App& group, invocation& now) {
  add_for_tasks<wait_task>(group, now, "wait",
                           "Wait until tasks have ended; their results, and the exit code of one",
                           show_result, exit_code_of_task, session::task_limit);
}

void add_cancel(CLI::App& group, invocation& now) {
  add_for_tasks<cancel_task>(group, now, "cancel", "End tasks", show_cancelled);
}

/// What runs and waits, the newest first. Asked for in the order in which tasks go on, so that none
/// is missed that goes on meanwhile.
result<task_list> unfinished(session& server, list_tasks question) {
  if (!question.pool.empty()) {
    auto pool = find_pool(server, question.pool);
    if (!pool)
      return pool.error();
    question.pool = *pool;
  }
  task_list all;
  for (auto status : {task_status::parked, task_status::queued, task_status::running}) {
    question.status = to_string(status);
    auto some = server.ask<task_list>(question);
    if (!some)
      return some.error();
    std::ranges::move(some->tasks, std::back_inserter(all.tasks));
    all.problems = std::move(some->problems); // each time the same
  }
  // Of one that is there twice, what was heard last is what holds.
  std::ranges::reverse(all.tasks);
  std::ranges::stable_sort(all.tasks, std::greater{}, &task_line::task);
  auto again = std::unique(all.tasks.begin(), all.tasks.end(),
                           [](const task_line& a, const task_line& b) { return a.task == b.task; });
  all.tasks.erase(again, all.tasks.end());
  all.tasks.resize(std::min(all.tasks.size(), static_cast<std::size_t>(question.limit)));
  return all;
}

int ps(const invocation& now, const output& out, const list_tasks& question, bool shows_all) {
  if (shows_all || !question.status.empty())
    return ask_and_show<task_list>(now, out, question, show_list, exit_code_of_list);
  auto server = session::open(now, out);
  if (!server)
    return out.failure(server.error());
  auto all = unfinished(**server, question);
  if (!all)
    return out.failure(all.error());
  auto table = show_list(*all);
  table.when_empty("Nothing runs or waits. What has ended: mahavishnu ps --all");
  out.answer(kind_of<task_list>(), json::from(*all), table);
  return exit_code_of_list(*all);
}

void add_ps(CLI::App& app, invocation& now) {
  auto* command = app.add_subcommand("ps", "List the tasks that run or wait, newest first");
  auto question = std::make_shared<list_tasks>();
  auto shows_all = std::make_shared<bool>(false);
  command->add_flag("--all,-a", *shows_all, "Those that have ended, too");
  command->add_option("--pool", question->pool, "Name or id of a pool (default: all)");
  command->add_option("--status", question->status,
                      "queued, parked, running, completed, failed, timeout, cancelled or lost");
  command->add_option("--limit", question->limit, "How many at most (default: 100)")
      ->check(CLI::Range(1, 1'000'000));
  command->callback([&now, question, shows_all] {
    now.action = [&now, question, shows_all](output& out) {
      return ps(now, out, *question, *shows_all);
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
  add_wait(*group, now);
  add_for_task<describe_task>(*group, now, "show", "Tell where a task stands, and how it came so",
                              show_info);
  add_list(*group, now);
  add_logs(*group, now);
  add_for_task<retry_task>(*group, now, "retry", "Have a new task do what one that ended did",
                           show_accepted);
  add_cancel(*group, now);
  // What people do most often has a shorter name.
  add_ps(app, now);
  add_logs(app, now);
  add_wait(app, now);
  add_cancel(app, now);
}

} // namespace mahavishnu::cli
