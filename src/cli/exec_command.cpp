// SPDX-License-Identifier: MIT
#include "base/rfc3339.hpp"
#include "base/shell_words.hpp"
#include "base/text.hpp"
#include "cli/interrupts.hpp"
#include "cli/schedule_options.hpp"
#include "cli/script_commands.hpp"
#include "cli/script_printer.hpp"
#include "cli/session.hpp"
#include "cli/task_options.hpp"
#include "mahavishnu/patterns/task_orchestrator.hpp"
#include "patterns/run_json.hpp"

#include <CLI/CLI.hpp>

#include <sstream>

namespace mahavishnu::cli {

namespace {

/// What a shell and timeout(1) end with in the same cases.
constexpr int could_not_run = 125;
constexpr int not_executable = 126;
constexpr int not_there = 127;

constexpr std::size_t most_tasks = 1'000'000;

/// The command as it was given.
struct exec_wish {
  std::string pattern;
  std::vector<std::string> scripts;
  std::vector<std::string> args; // behind the --
  double timeout = 0;
  std::string cwd;
  std::string run_id;
  std::size_t max_concurrent = 5;
  std::size_t repeat = 1;
  std::string args_file;
  bool no_wait = false;
  bool stream = false;
  schedule_options when;
  /// An option of a schedule was given.
  bool recurs = false;
};

int fail(const output& out, const error& why) {
  auto code = out.failure(why);
  switch (why.code) {
  case errc::not_found: return not_there;
  case errc::unauthorized: return not_executable;
  default: return code == wrong_usage ? code : could_not_run;
  }
}

int code_of(int exit_code, script_end end) {
  switch (end) {
  case script_end::timed_out: return timed_out;
  case script_end::cancelled: return interrupted;
  case script_end::exited: break;
  }
  return exit_code;
}

std::string words_for(script_end end, std::chrono::milliseconds timeout) {
  switch (end) {
  case script_end::timed_out: return "timed out after " + seconds_text(timeout);
  case script_end::cancelled: return "cancelled";
  case script_end::exited: break;
  }
  return {};
}

// -- what is to be run ---------------------------------------------------------------------------

/// Each line of the file as words; one without any when there is no file.
result<std::vector<std::vector<std::string>>> lines_of(const std::string& file) {
  std::vector<std::vector<std::string>> all;
  if (file.empty())
    return all = {{}};
  auto text = read_text(file);
  if (!text)
    return text.error();
  std::istringstream lines{*text};
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string::npos)
      continue;
    auto words = shell_words(line);
    if (!words)
      return error{errc::invalid_argument, "line " + std::to_string(number) + " of '" + file +
                                               "': " + words.error().message};
    all.push_back(std::move(*words));
  }
  return all;
}

result<std::vector<script_call>> tasks_of(const exec_wish& wish) {
  auto lines = lines_of(wish.args_file);
  if (!lines)
    return lines.error();
  if (lines->empty())
    return error{errc::invalid_argument,
                 "'" + wish.args_file +
                     "' has no line that says anything; there is nothing to run"};
  if (lines->size() > most_tasks / wish.repeat / wish.scripts.size())
    return error{errc::invalid_argument,
                 "these are more than " + std::to_string(most_tasks) + " tasks; run them in parts"};
  std::vector<script_call> tasks;
  for (std::size_t i = 0; i < wish.repeat; ++i)
    for (const auto& script : wish.scripts)
      for (const auto& words : *lines) {
        auto& task = tasks.emplace_back(script_call{script, words});
        task.args.insert(task.args.end(), wish.args.begin(), wish.args.end());
      }
  return tasks;
}

result<task_pattern> pattern_of(const exec_wish& wish, std::size_t tasks) {
  auto refuse = [](std::string text) { return error{errc::invalid_argument, std::move(text)}; };
  if (wish.no_wait && wish.stream)
    return refuse("--no-wait and --stream contradict each other; leave one out, and see the output "
                  "later with: mahavishnu runs logs -f");
  execute_options needs;
  needs.periodic = wish.recurs;
  needs.streaming = wish.stream;
  needs.concurrent_tasks = tasks;
  needs.wait_for_result = !wish.no_wait;
  auto pattern = task_orchestrator::select(needs);
  if (!wish.pattern.empty()) {
    auto named = pattern_from_string(wish.pattern);
    if (!named)
      return named;
    pattern = *named;
  }
  std::string name{to_string(pattern)};
  bool takes_many = pattern == task_pattern::concurrent || pattern == task_pattern::pooled;
  if (tasks > 1 && (!takes_many || wish.no_wait))
    return refuse("the pattern " + std::string{wish.no_wait ? "fire_and_forget" : name} +
                  " runs one script once, and there are " + std::to_string(tasks) +
                  " tasks; give one, or take --pattern concurrent or pooled");
  if (wish.recurs && pattern != task_pattern::periodic)
    return refuse("a schedule is for the pattern periodic, and this is " + name +
                  "; leave it out, or take --pattern periodic");
  if (wish.no_wait && pattern != task_pattern::fire_and_forget)
    return refuse("--no-wait contradicts --pattern " + name + "; leave one out");
  if (!wish.run_id.empty() && pattern != task_pattern::fire_and_forget &&
      pattern != task_pattern::long_running)
    return refuse("--run-id is for the patterns long_running and fire_and_forget, and this is " +
                  name + "; leave it out or name one of them");
  return pattern;
}

template <class Options>
Options options_of(const exec_wish& wish) {
  Options options;
  options.cwd = wish.cwd;
  options.timeout = milliseconds_of(wish.timeout);
  return options;
}

// -- the patterns --------------------------------------------------------------------------------

/// Cancels at the first Ctrl-C; at the second one, all that runs is killed.
class cancelling {
public:
  cancelling(interrupts& signals, task_orchestrator& runs, const output& out)
      : on_signal_{signals,
                   [this, &out] {
                     out.talk("Cancelling; once more to leave at once.");
                     cancel_.request_stop();
                   },
                   [&runs] { runs.kill_all(); }} {}

  std::stop_token token() const { return cancel_.get_token(); }

private:
  std::stop_source cancel_;
  on_interrupt on_signal_;
};

int run_simple(task_orchestrator& runs, const output& out, const exec_wish& wish,
               const script_call& task, std::stop_token cancel) {
  auto options = options_of<simple_options>(wish);
  options.cancel = std::move(cancel);
  if (!out.is_json())
    options.on_output = pass_on;
  auto ended = runs.simple(task, options);
  if (!ended)
    return fail(out, ended.error());
  auto words = words_for(ended->end, options.timeout);
  if (out.is_json())
    out.answer("script_result",
               {{"pattern", "simple"},
                {"script", task.script},
                {"exit_code", ended->exit_code},
                {"success", ended->exit_code == 0 && words.empty()},
                {"error", words.empty() ? json::value(nullptr) : json::value(words)},
                {"stdout", ended->standard_output},
                {"stderr", ended->standard_error},
                {"stdout_truncated", ended->output_truncated},
                {"stderr_truncated", ended->error_truncated}},
               "");
  else if (!words.empty())
    out.talk("error: " + task.script + ": " + words);
  return code_of(ended->exit_code, ended->end);
}

int run_long(task_orchestrator& runs, const output& out, const exec_wish& wish,
             const script_call& task, std::stop_token cancel) {
  auto options = options_of<long_running_options>(wish);
  options.cancel = std::move(cancel);
  options.run_id = wish.run_id;
  if (out.is_json())
    options.on_line = [&out](const log_entry& entry) {
      out.item("run_line",
               {{"timestamp", rfc3339(entry.timestamp)},
                {"level", entry.level},
                {"stream", entry.stream},
                {"message", entry.message}},
               "");
    };
  else
    options.on_output = pass_on;
  auto ended = runs.long_running(task, options);
  if (!ended)
    return fail(out, ended.error());
  auto words = words_for(ended->end, options.timeout);
  if (out.is_json())
    out.item("run_end",
             {{"pattern", "long_running"},
              {"run_id", ended->run_id},
              {"exit_code", ended->exit_code},
              {"success", ended->exit_code == 0 && words.empty()},
              {"error", words.empty() ? json::value(nullptr) : json::value(words)}},
             "");
  else if (!words.empty())
    out.talk("error: " + task.script + ": " + words);
  return code_of(ended->exit_code, ended->end);
}

int run_many(task_orchestrator& runs, const output& out, const exec_wish& wish,
             task_pattern pattern, std::vector<script_call> tasks, std::stop_token cancel) {
  auto options = options_of<concurrent_options>(wish);
  options.cancel = cancel;
  options.max_concurrent = wish.max_concurrent;
  options.tasks = std::move(tasks);
  script_printer printer{out, options.tasks, wish.stream};
  options.on_result = [&](const module_result& one) { printer.show(one); };
  auto ended = pattern == task_pattern::pooled ? runs.pooled(options) : runs.concurrent(options);
  if (!ended)
    return fail(out, ended.error());
  auto code = printer.finish();
  return cancel.stop_requested() ? interrupted : code;
}

int run_detached(task_orchestrator& runs, const output& out, const exec_wish& wish,
                 const script_call& task) {
  auto options = options_of<detached_options>(wish);
  options.run_id = wish.run_id;
  auto run = runs.fire_and_forget(task, options);
  if (!run)
    return fail(out, run.error());
  out.answer("run", to_json(*run),
             "Run " + std::string{to_string(run->status)} + ": " + run->run_id +
                 "\n  mahavishnu runs show " + run->run_id + "\n  mahavishnu runs logs -f " +
                 run->run_id + "\n");
  return done;
}

int execute(const invocation& now, const output& out, exec_wish wish) {
  auto dashes = std::ranges::find(now.arguments, "--");
  if (dashes != now.arguments.end()) {
    wish.args.assign(std::next(dashes), now.arguments.end());
    wish.scripts.resize(wish.scripts.size() - std::min(wish.scripts.size(), wish.args.size()));
  }
  if (wish.scripts.empty())
    return out.failure({errc::invalid_argument, "there is no script to run; name one before --"});
  auto tasks = tasks_of(wish);
  if (!tasks)
    return fail(out, tasks.error());
  auto pattern = pattern_of(wish, tasks->size());
  if (!pattern)
    return fail(out, pattern.error());
  orchestrator_options options;
  if (*pattern == task_pattern::long_running || *pattern == task_pattern::fire_and_forget) {
    auto settings = load_settings(now, out);
    if (!settings)
      return settings.error();
    auto directory = state_directory(*settings);
    if (!directory)
      return fail(out, directory.error());
    options.state_directory = directory->string();
  }
  if (*pattern == task_pattern::periodic)
    return run_add_periodic(
        now, out,
        wish.when.task(tasks->front().script, tasks->front().args, wish.cwd, wish.timeout));
  options.most_interpreters = wish.max_concurrent;
  interrupts signals;
  task_orchestrator runs{std::move(options)};
  if (*pattern == task_pattern::fire_and_forget)
    return run_detached(runs, out, wish, tasks->front());
  cancelling cancel{signals, runs, out};
  switch (*pattern) {
  case task_pattern::simple: return run_simple(runs, out, wish, tasks->front(), cancel.token());
  case task_pattern::long_running: return run_long(runs, out, wish, tasks->front(), cancel.token());
  default: return run_many(runs, out, wish, *pattern, std::move(*tasks), cancel.token());
  }
}

} // namespace

void add_exec_command(CLI::App& app, invocation& now) {
  auto* command =
      app.add_subcommand("exec", "Run scripts in one of six patterns, of which only periodic needs "
                                 "a server; exit code of the script");
  auto wish = std::make_shared<exec_wish>();
  command
      ->add_option("script", wish->scripts,
                   "Scripts (.py, .js, .mjs, .sh) or programs; behind -- come their arguments")
      ->required();
  // Never filled by the parser, which takes a -- for its own unless something may still follow.
  command->add_option("args", wish->args, "Behind --: what the scripts get as arguments");
  command->add_option("--pattern", wish->pattern,
                      "simple, long_running, concurrent, pooled, fire_and_forget or periodic "
                      "(default: by the other options; see also: mahavishnu advise)");
  add_seconds(*command, "--timeout,-T", wish->timeout,
              "Seconds until a script is ended (default: none)");
  command->add_option("--cwd", wish->cwd, "Directory to run in (default: that of the script)");
  command->add_option("--run-id", wish->run_id, "Name of the run (default: made up)");
  command
      ->add_option("--max-concurrent", wish->max_concurrent, "How many run at a time (default: 5)")
      ->check(CLI::Range(1, 10'000));
  command->add_option("--repeat", wish->repeat, "How often each script is run")
      ->check(CLI::Range(std::size_t{1}, most_tasks));
  command->add_option("--args-file", wish->args_file,
                      "File with the arguments of one task on each line, in words of a shell; '-' "
                      "is standard input");
  command->add_flag("--no-wait", wish->no_wait, "Start it and leave: fire_and_forget");
  command->add_flag("--stream", wish->stream,
                    "Output while it runs: long_running; of a JSON answer, results one by one");
  wish->when.add_to(*command);
  command->callback([&now, wish] {
    wish->recurs = wish->when.is_given();
    now.action = [&now, wish](output& out) { return execute(now, out, *wish); };
  });
}

} // namespace mahavishnu::cli
