// SPDX-License-Identifier: MIT
#include "cli/command_tree.hpp"
#include "cli/each/each_run.hpp"
#include "cli/task_options.hpp"

#include <CLI/CLI.hpp>
#include <unistd.h>

#include <filesystem>
#include <iostream>
#include <thread>

extern char** environ;

namespace mahavishnu::cli {

namespace {

/// As many as GNU parallel has without a limit.
constexpr std::size_t most_jobs = 250;
constexpr std::size_t most_records = 100'000;

/// The command as it was given.
struct each_wish {
  std::string jobs;
  std::string selector;
  std::string affinity;
  std::vector<std::string> labels;
  std::vector<std::string> files;
  std::string delimiter;
  bool null = false;
  std::optional<std::size_t> records;
  std::string separator;
  std::string mark{each::job_template::usual_mark};
  bool quote = false;
  bool dry_run = false;
  std::string halt;
  bool tag = false;
  std::string tag_text;
  std::vector<std::string> environment;
  std::string directory;
  double timeout = 0;
  std::int32_t tries = 0;
  double delay = 0;
  each::each_plan plan;
};

result<std::map<std::string, std::string>> environment_of(const std::vector<std::string>& words) {
  std::map<std::string, std::string> all;
  for (const auto& each : words) {
    auto equals = each.find('=');
    if (each == "_") {
      for (auto** entry = environ; *entry != nullptr; ++entry) {
        std::string_view text{*entry};
        auto at = text.find('=');
        if (at != 0 && at != std::string_view::npos)
          all[std::string{text.substr(0, at)}] = text.substr(at + 1);
      }
    } else if (equals == 0 || each.empty()) {
      return error{errc::invalid_argument,
                   "--env takes NAME, NAME=VALUE or _, and not '" + each + "'; name a variable"};
    } else if (equals != std::string::npos) {
      all[each.substr(0, equals)] = each.substr(equals + 1);
    } else if (const auto* value = std::getenv(each.c_str())) {
      all[each] = value;
    } else {
      return error{errc::invalid_argument, "--env names the variable '" + each +
                                               "', which is not set; set it, or give --env " +
                                               each + "=VALUE"};
    }
  }
  return all;
}

result<task_spec> spec_of(const each_wish& wish) {
  task_spec spec;
  std::error_code failure;
  auto here = std::filesystem::current_path(failure);
  if (failure)
    return error{errc::io_failed,
                 "cannot tell which directory this is: " + failure.message() + "; change to one"};
  auto variables = environment_of(wish.environment);
  auto labels = parse_pairs("--label", wish.labels);
  if (!variables || !labels)
    return variables ? labels.error() : variables.error();
  spec.environment = std::move(*variables);
  spec.labels = std::move(*labels);
  spec.working_directory =
      (wish.directory.empty() ? here : here / wish.directory).lexically_normal().string();
  spec.timeout = milliseconds_of(wish.timeout);
  if (wish.tries > 0) {
    spec.retry.max_attempts = wish.tries;
    spec.retry.delay = std::chrono::milliseconds{1};
    spec.retry.max_delay = std::chrono::milliseconds{1};
    spec.retry.on = {"failed", "timeout", "lost"};
  }
  return spec;
}

result<each::input_options> input_options_of(const each_wish& wish) {
  each::input_options options;
  if (!wish.delimiter.empty()) {
    auto delimiter = each::read_delimiter(wish.delimiter);
    if (!delimiter)
      return delimiter.error();
    options.delimiter = *delimiter;
  }
  if (wish.null)
    options.delimiter = '\0';
  if (!wish.separator.empty()) {
    auto separator = each::read_separator(wish.separator);
    if (!separator)
      return separator.error();
    options.column_separator = std::move(*separator);
  }
  options.records = wish.records.value_or(1);
  return options;
}

bool reads_standard_input(const each::job_words& words) {
  return std::ranges::any_of(words.sources, [](const auto& source) {
    return source.are_files && std::ranges::find(source.words, "-") != source.words.end();
  });
}

result<void> check_terminal(const invocation& now, const output& out,
                            const each::job_words& words) {
  if (!reads_standard_input(words) || ::isatty(STDIN_FILENO) == 0)
    return {};
  if (now.global.no_input)
    return error{errc::invalid_argument,
                 "there are no arguments, and with --no-input none are read from a terminal; give "
                 "them behind :::, or name a file with -a"};
  out.talk("Arguments are read from the terminal, one on each line; Ctrl-D ends them.");
  return {};
}

result<each::each_plan> plan_of(const invocation& now, const output& out, const each_wish& wish,
                                const std::vector<std::string>& behind) {
  auto plan = wish.plan;
  auto words = each::read_job_words(behind, wish.files);
  if (!words)
    return words.error();
  auto options = input_options_of(wish);
  auto spec = spec_of(wish);
  auto halt = each::halt_policy::of(wish.halt.empty() ? "never" : wish.halt);
  if (!options || !spec || !halt)
    return !options ? options.error() : !spec ? spec.error() : halt.error();
  if (plan.joblog.empty() && (plan.resume || plan.resume_failed))
    return error{errc::invalid_argument,
                 "--resume and --resume-failed go on where a joblog ends; give --joblog FILE"};
  if (plan.joblog.starts_with('+')) {
    plan.adds_to_joblog = true;
    plan.joblog.erase(0, 1);
  }
  plan.is_routed = !wish.selector.empty() || !wish.affinity.empty() || !wish.labels.empty();
  if (!plan.where.pool.empty() && plan.is_routed)
    return error{errc::invalid_argument, "--pool names a pool, and --selector, --affinity and "
                                         "--label have one found; give the one or the others"};
  plan.where.selector = wish.selector;
  plan.where.affinity = wish.affinity;
  if (!wish.jobs.empty()) {
    auto jobs =
        each::read_jobs(wish.jobs, std::max(1u, std::thread::hardware_concurrency()), most_jobs);
    if (!jobs)
      return jobs.error();
    plan.jobs = *jobs;
  }
  if (auto good = check_terminal(now, out, *words); !good)
    return good.error();
  auto input = each::job_input::open(words->sources, std::move(*options));
  if (!input)
    return input.error();
  plan.input = std::make_shared<each::job_input>(std::move(*input));
  plan.is_script = words->command.empty();
  plan.command = each::job_template::of_command(words->command, wish.quote, wish.mark);
  if (const auto& mark = plan.command.misplaced(); !mark.empty())
    return error{
        errc::invalid_argument,
        "'" + mark +
            "' stands in quotes, or behind a \\ or $, where the shell would read the "
            "argument as a part of the script; leave these out, since arguments are quoted "
            "already (or give -q, with which the shell sees the words as they are)"};
  if (wish.tag || !wish.tag_text.empty())
    plan.tag = each::job_template::of(wish.tag_text.empty() ? wish.mark : wish.tag_text, wish.mark);
  plan.spec = std::move(*spec);
  plan.halt = *halt;
  plan.delay = milliseconds_of(wish.delay);
  return plan;
}

int dry_run(const output& out, each::each_plan& plan) {
  auto numbered = each::numbered_jobs::open(plan);
  if (!numbered)
    return out.failure(numbered.error());
  for (;;) {
    auto job = numbered->take();
    if (!job)
      return out.failure(job.error());
    if (job->state == each::taken<each::numbered_job>::how::end)
      return done;
    if (!*job) {
      numbered->wait();
      continue;
    }
    std::cout << job->value.command << '\n';
    if (!std::cout)
      return failed;
  }
}

int run_each(const invocation& now, const output& out, const each_wish& wish,
             const std::vector<std::string>& behind, bool is_dry) {
  auto plan = plan_of(now, out, wish, behind);
  if (!plan)
    return out.failure(plan.error());
  return is_dry ? dry_run(out, *plan) : each::run(now, out, std::move(*plan));
}

constexpr const char* examples =
    "Replacement strings: {} the argument, {.} without its extension, {/} without its directory,\n"
    "{//} its directory, {/.} name without extension, {#} the number of the job, {%} its place;\n"
    "{1} {2/.} {-1} of the first, second, last argument. Arguments are quoted for the shell, so\n"
    "that replacement strings stand outside of quotes.\n"
    "Sources: ::: words, :::: files, :::+ and ::::+ go along with the one before; several make\n"
    "all combinations; without one, the lines of standard input.\n"
    "Examples:\n"
    "  mahavishnu each gzip ::: *.log\n"
    "  mahavishnu each -j 8 --joblog done.log 'convert {} {.}.png' < names.txt\n"
    "  mahavishnu each --pool build -k --tag make {1} ARCH={2} ::: all check ::: amd64 arm64";

} // namespace

void add_each_command(CLI::App& app, invocation& now) {
  auto* command =
      app.add_subcommand("each", "Run a command for each of many arguments, as GNU parallel does");
  auto wish = std::make_shared<each_wish>();
  // What comes behind the first word belongs to the command that is run.
  command->prefix_command();
  command->fallthrough(false);
  add_global_options(*command, now.global);
  auto flag = [&](const std::string& name, bool& value, const std::string& help) {
    return command->add_flag(name, value, help);
  };
  auto word = [&](const std::string& name, std::string& value, const std::string& help) {
    return command->add_option(name, value, help);
  };
  word("--jobs,-j,--max-procs,-P", wish->jobs,
       "How many at a time: N, N% or +N of the CPUs, 0 for many (default: as many as the pool has "
       "workers, without --pool one per CPU)");
  word("--pool", wish->plan.where.pool,
       "Name or id of the pool (default: one of its own for this command)");
  word("--selector", wish->selector,
       "Find a pool for each job: round_robin, least_loaded, random or affinity");
  word("--affinity", wish->affinity,
       "Find the pool that has this name, or that this key sticks to");
  add_words(*command, "--label", wish->labels,
            "NAME=VALUE that the pool must have; may be given many times");
  add_words(*command, "--arg-file,-a", wish->files,
            "A file of arguments, '-' for standard input; may be given many times");
  flag("--null,-0", wish->null, "Arguments end with NUL and not with the line");
  word("--delimiter,-d", wish->delimiter, "Arguments end with this character");
  command
      ->add_option("--max-args,-n,-N,--max-replace-args", wish->records,
                   "How many arguments one job gets (default: 1)")
      ->check(CLI::Range(std::size_t{0}, most_records));
  word("--colsep,-C", wish->separator,
       "Splits each line into {1} {2} ... where this expression is");
  word("-I", wish->mark, "What stands for {}");
  flag("--quote,-q", wish->quote, "Quote the command, so that the shell sees the words as given");
  flag("--keep-order,-k", wish->plan.keep_order, "Print results in the order of the arguments");
  flag("--tag", wish->tag, "Begin each line with the arguments of its job");
  word("--tagstring", wish->tag_text, "Begin each line with this, which may have {} and {#}");
  flag("--dry-run,--dryrun", wish->dry_run, "Print the commands, and run none");
  word("--joblog", wish->plan.joblog,
       "Write a line for each job that has ended; +FILE adds to a file");
  flag("--resume", wish->plan.resume, "Leave out the jobs that are in the joblog");
  flag("--resume-failed", wish->plan.resume_failed,
       "Leave out the jobs that are in the joblog and have not failed");
  word("--halt", wish->halt,
       "never, or now or soon with fail=N, success=N or done=N, where N may be a share: "
       "now,fail=1, soon,fail=30%");
  add_seconds(*command, "--timeout", wish->timeout, "Seconds until a job is ended");
  command->add_option("--retries", wish->tries, "How often a job is run at most until it is good")
      ->check(CLI::Range(1, 100));
  add_seconds(*command, "--delay", wish->delay, "Seconds between the starts of two jobs");
  add_words(*command, "--env", wish->environment,
            "NAME, NAME=VALUE or _ (all of ours) for the jobs; may be given many times");
  word("--cwd,--wd,--workdir", wish->directory, "Directory to run in (default: this one)");
  flag("--bar", wish->plan.with_bar, "Show a bar and how far it has come");
  auto ignored = std::make_shared<std::array<bool, 3>>();
  flag("--eta", (*ignored)[0], "Say how long it takes; that is said anyway");
  flag("--progress", (*ignored)[1], "Say how it goes; that is said anyway");
  flag("--group", (*ignored)[2], "Print what a job writes in one piece; that is done anyway");
  add_seconds(*command, "--reconnect", wish->plan.reconnect,
              "Seconds to wait for a server that went away (default: 30)");
  command->footer(examples);
  command->callback([&now, wish, command, ignored] {
    now.action = [&now, wish, command, ignored](output& out) {
      return run_each(now, out, *wish, command->remaining(), wish->dry_run);
    };
  });
}

void leave_out_end_of_options(invocation& now) {
  auto& words = now.arguments;
  auto end = std::ranges::find(words, "--");
  if (end == words.end() || std::find(words.begin(), end, "each") == end)
    return;
  invocation before{now.above, {words.begin(), end}, {}, {}, {}};
  auto app = command_tree(before);
  try {
    app->parse(std::vector<std::string>(before.arguments.rbegin(), before.arguments.rend()));
  } catch (const CLI::ParseError&) {
    return; // whatever is wrong is said when all of it is read
  }
  const auto* command = app->get_subcommand("each");
  if (command->parsed() && command->remaining().empty())
    words.erase(end);
}

} // namespace mahavishnu::cli
