// SPDX-License-Identifier: MIT
#include "mahavishnu/patterns/task_orchestrator.hpp"

#include "base/text.hpp"
#include "exec/line_splitter.hpp"
#include "exec/survivors.hpp"
#include "patterns/concurrent_run.hpp"
#include "patterns/detached_run.hpp"
#include "patterns/pooled_run.hpp"
#include "patterns/progress.hpp"
#include "patterns/run_directory.hpp"
#include "patterns/run_judgement.hpp"
#include "patterns/script_run.hpp"

#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <mutex>
#include <random>
#include <set>
#include <system_error>

namespace mahavishnu {

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// Of a longer line, the start is given.
constexpr std::size_t longest_line = 64 * 1024;

/// A record is written no more often for the sake of progress.
constexpr auto between_records = 1s;

/// The one file that limits, from the time when the script starts, how long a detached run takes.
constexpr const char* time_limit_program = "timeout";

run_time now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

std::uint32_t by_chance() {
  return std::random_device{}();
}

/// 128 + signal for one that had to be killed, and so on: what a shell would say.
void note_end(run_record& run, const ended_script& ended) {
  run.completed_at = now();
  auto took = *run.completed_at - run.started_at.value_or(run.created_at);
  run.duration_seconds = std::chrono::floor<std::chrono::seconds>(took).count();
  run.status = run_status::failed;
  if (ended.exit.failure) {
    run.error_message = ended.exit.failure->message;
    return;
  }
  run.exit_code = ended.exit.exit_code;
  if (ended.end == script_end::cancelled) {
    run.status = run_status::cancelled;
    run.error_message = "cancelled";
  } else if (ended.end == script_end::timed_out) {
    run.error_message = "timed out after " + seconds_text(run.timeout);
  } else if (ended.exit.exit_code == 0) {
    run.status = run_status::completed;
  } else {
    run.error_message = words_for_exit(ended.exit.exit_code);
  }
}

void note_progress(run_record& run, const run_progress& progress) {
  run.progress_percent = progress.percent;
  run.items_processed = progress.items_processed;
  run.items_total = progress.items_total;
}

run_record record_of(const found_script& script, const exec::process_spec& spec,
                     const script_options& how, task_pattern pattern, const std::string& run_id) {
  run_record run;
  run.module_id = run.module_name = script.stem;
  run.created_at = now();
  run.run_id = run_id.empty() ? make_run_id(script.stem, run.created_at, by_chance()) : run_id;
  run.pattern = pattern;
  run.command = spec.argv;
  run.working_directory = spec.working_directory;
  run.timeout = how.timeout;
  return run;
}

/// The record of a long running script while it runs, where one is kept.
class kept_record {
public:
  kept_record(std::optional<run_directory> where, run_record run)
      : where_(std::move(where)), run_(std::move(run)) {}

  run_record& record() { return run_; }

  void note(const run_progress& progress) {
    note_progress(run_, progress);
    if (std::chrono::steady_clock::now() - written_at_ >= between_records)
      write();
  }
  void end(const ended_script& ended) {
    note_end(run_, ended);
    write();
  }
  void fail(const error& why) {
    ended_script ended;
    ended.exit.failure = why;
    end(ended);
  }

private:
  void write() {
    written_at_ = std::chrono::steady_clock::now();
    // A disk that is full for a moment is no reason to end the script.
    if (where_)
      (void)where_->write(run_);
  }

  std::optional<run_directory> where_;
  run_record run_;
  std::chrono::steady_clock::time_point written_at_ = std::chrono::steady_clock::now();
};

/// Makes lines of what a long running script writes, and hands them out.
class line_reader {
public:
  line_reader(const long_running_options& how, output_capture& capture, kept_record& record)
      : how_(how), capture_(capture), record_(record) {}

  void take(script_stream which, std::string_view bytes) {
    if (how_.on_output)
      how_.on_output(which, bytes);
    auto& splitter = which == script_stream::standard_output ? output_ : error_;
    splitter.feed(bytes, [&](std::string_view line) { take_line(which, line); });
  }
  void finish() {
    output_.finish([&](std::string_view line) { take_line(script_stream::standard_output, line); });
    error_.finish([&](std::string_view line) { take_line(script_stream::standard_error, line); });
  }

  const run_progress& progress() const { return progress_; }

private:
  void take_line(script_stream which, std::string_view line) {
    bool is_output = which == script_stream::standard_output;
    const auto& run_id = record_.record().run_id;
    capture_.append_line(run_id, line, is_output ? "stdout" : "stderr");
    if (how_.on_line)
      if (auto last = capture_.get_logs(run_id, 1); !last.empty())
        how_.on_line(last.back());
    auto found = is_output ? parse_progress(line) : std::nullopt;
    if (!found)
      return;
    progress_ = *found;
    record_.note(progress_);
    if (how_.on_progress)
      how_.on_progress(progress_);
  }

  const long_running_options& how_;
  output_capture& capture_;
  kept_record& record_;
  exec::line_splitter output_{longest_line};
  exec::line_splitter error_{longest_line};
  run_progress progress_;
};

} // namespace

struct task_orchestrator::parts {
  orchestrator_options options;
  std::string own_mark;
  std::mutex mutex;
  /// Of the processes of calls that have not returned.
  std::multiset<std::string> marks;
  /// Opened by the first call that needs them.
  std::unique_ptr<shared_interpreters> interpreters;

  fs::path runs() const { return fs::path{options.state_directory} / "runs"; }
};

namespace {

/// Has kill_all() know of a mark for as long as it lives.
class known_mark {
public:
  known_mark(std::mutex& mutex, std::multiset<std::string>& all, std::string mark)
      : mutex_(mutex), all_(all) {
    std::lock_guard guard{mutex_};
    where_ = all_.insert(std::move(mark));
  }
  ~known_mark() {
    std::lock_guard guard{mutex_};
    all_.erase(where_);
  }
  known_mark(const known_mark&) = delete;

  const std::string& get() const { return *where_; }

private:
  std::mutex& mutex_;
  std::multiset<std::string>& all_;
  std::multiset<std::string>::iterator where_;
};

} // namespace

task_orchestrator::task_orchestrator(orchestrator_options options)
    : parts_(std::make_unique<parts>()) {
  parts_->options = std::move(options);
  if (!parts_->options.capture)
    parts_->options.capture = std::make_shared<output_capture>();
  char mark[64];
  std::snprintf(mark, sizeof mark, "exec%ld-%08x%08x/", static_cast<long>(::getpid()), by_chance(),
                by_chance());
  parts_->own_mark = mark;
}

task_orchestrator::~task_orchestrator() = default;

// -- simple --------------------------------------------------------------------------------------

result<simple_result> task_orchestrator::simple(const script_call& what,
                                                const simple_options& how) {
  auto script = find_script(what);
  if (!script)
    return script.error();
  std::optional<output_place> outputs;
  if (how.on_output) {
    auto made = output_place::make();
    if (!made)
      return made.error();
    outputs.emplace(std::move(*made));
  }
  auto spec = spec_of(std::move(*script), how);
  if (!spec)
    return spec.error();
  known_mark mark{parts_->mutex, parts_->marks, parts_->own_mark};
  auto engine = script_engine::open({.output_directory = outputs ? outputs->path() : std::string{},
                                     .memory_limit = {},
                                     .mark = mark.get()});
  if (!engine)
    return engine.error();
  waited_script wish;
  wish.spec = std::move(*spec);
  wish.spec.run = "simple";
  wish.spec.output_limit = how.output_limit;
  wish.timeout = how.timeout;
  wish.cancel = how.cancel;
  wish.on_output = how.on_output;
  wish.frees_output = true;
  if (outputs)
    wish.output_directory = outputs->path();
  auto ended = run_script(**engine, std::move(wish));
  auto& exit = ended.exit;
  if (exit.failure)
    return *exit.failure;
  return simple_result{exit.exit_code,
                       std::move(exit.standard_output),
                       std::move(exit.standard_error),
                       exit.output_truncated,
                       exit.error_truncated,
                       ended.end};
}

// -- long_running --------------------------------------------------------------------------------

result<long_running_result> task_orchestrator::long_running(const script_call& what,
                                                            const long_running_options& how) {
  auto script = find_script(what);
  if (!script)
    return script.error();
  auto spec = spec_of(*script, how);
  if (!spec)
    return spec.error();
  auto run = record_of(*script, *spec, how, task_pattern::long_running, how.run_id);
  if (auto checked = check_run(run); !checked)
    return checked.error();
  run.status = run_status::running;
  run.started_at = run.created_at;

  // Kept with the record of the run, or only until it is read.
  std::optional<run_directory> directory;
  std::optional<output_place> outputs;
  run_owner owner{{}, parts_->own_mark};
  std::string output_directory;
  if (parts_->options.state_directory.empty()) {
    auto made = output_place::make();
    if (!made)
      return made.error();
    outputs.emplace(std::move(*made));
    output_directory = outputs->path();
  } else {
    directory.emplace(parts_->runs(), run.run_id);
    auto made = directory->create(run);
    if (!made)
      return made.error();
    owner = std::move(*made);
    output_directory = directory->outputs().string();
    fs::create_directory(output_directory);
  }
  auto& capture = *parts_->options.capture;
  kept_record record{directory, run};
  if (auto begun = capture.begin_run(run.run_id, how.max_lines); !begun) {
    record.fail(begun.error());
    return begun.error();
  }
  line_reader lines{how, capture, record};
  known_mark mark{parts_->mutex, parts_->marks, owner.mark};
  auto engine = script_engine::open(
      {.output_directory = output_directory, .memory_limit = 0, .mark = mark.get()});
  if (!engine) {
    capture.end_run(run.run_id);
    record.fail(engine.error());
    return engine.error();
  }
  waited_script wish;
  wish.spec = std::move(*spec);
  wish.spec.run = run.run_id;
  wish.timeout = how.timeout;
  wish.cancel = how.cancel;
  wish.on_output = [&](script_stream which, std::string_view bytes) { lines.take(which, bytes); };
  wish.output_directory = output_directory;
  wish.frees_output = !directory;
  if (directory)
    wish.is_cancelled = [&] { return directory->is_asked_to_end(); };
  ended_script ended;
  try {
    ended = run_script(**engine, std::move(wish));
    lines.finish();
  } catch (...) {
    capture.end_run(run.run_id);
    record.fail({errc::internal, "ended because whoever was given its output threw an exception"});
    throw;
  }
  capture.end_run(run.run_id);
  record.end(ended);
  if (ended.exit.failure)
    return *ended.exit.failure;
  return long_running_result{run.run_id, ended.exit.exit_code, ended.end, lines.progress()};
}

// -- concurrent ----------------------------------------------------------------------------------

result<std::vector<module_result>> task_orchestrator::concurrent(const concurrent_options& how) {
  known_mark mark{parts_->mutex, parts_->marks, parts_->own_mark};
  return run_concurrently(how, mark.get());
}

// -- pooled --------------------------------------------------------------------------------------

result<std::vector<module_result>> task_orchestrator::pooled(const concurrent_options& how) {
  shared_interpreters* shared = nullptr;
  {
    std::lock_guard guard{parts_->mutex};
    if (!parts_->interpreters) {
      auto opened = shared_interpreters::open(parts_->options.most_interpreters);
      if (!opened)
        return opened.error();
      parts_->interpreters = std::move(*opened);
    }
    shared = parts_->interpreters.get();
  }
  return shared->run(how);
}

// -- fire_and_forget -----------------------------------------------------------------------------

result<run_record> task_orchestrator::fire_and_forget(const script_call& what,
                                                      const detached_options& how) {
  if (parts_->options.state_directory.empty())
    return error{errc::invalid_argument, "a run that is started and left needs a state directory "
                                         "to be found again in; name one"};
  auto script = find_script(what);
  if (!script)
    return script.error();
  auto spec = spec_of(*script, how);
  if (!spec)
    return spec.error();
  auto run = record_of(*script, *spec, how, task_pattern::fire_and_forget, how.run_id);
  if (!how.module_name.empty())
    run.module_name = how.module_name;
  run.parameters = how.parameters;
  if (how.timeout.count() > 0) {
    auto limited = find_script({time_limit_program});
    if (!limited)
      return error{errc::not_found, "the time of a run that is left is limited by the program "
                                    "'timeout', which is not here; install the package coreutils"};
    char seconds[64];
    std::snprintf(seconds, sizeof seconds, "%.3f", static_cast<double>(how.timeout.count()) / 1000);
    std::vector<std::string> argv{limited->argv.front(), "--kill-after=5", seconds};
    argv.insert(argv.end(), spec->argv.begin(), spec->argv.end());
    spec->argv = std::move(argv);
  }
  spec->run = run.run_id;
  spec->output_limit = 0;
  run_directory directory{parts_->runs(), run.run_id};
  auto owner = directory.create(run);
  if (!owner)
    return owner.error();
  if (auto started = start_detached(directory, std::move(*spec), parts_->options.keeper_program);
      !started) {
    // A connection that was lost says nothing of the run: it may go on.
    owner->lock = {};
    if (auto seen = directory.look(); seen && !is_active(seen->status) && !seen->started_at) {
      run.status = run_status::failed;
      run.completed_at = now();
      run.error_message = started.error().message;
      (void)directory.write(run);
    }
    return started.error();
  }
  return directory.look();
}

// -- execute -------------------------------------------------------------------------------------

task_pattern task_orchestrator::select(const execute_options& how) {
  if (how.periodic)
    return task_pattern::periodic;
  if (how.streaming)
    return task_pattern::long_running;
  if (how.concurrent_tasks > 1)
    return task_pattern::concurrent;
  if (!how.wait_for_result)
    return task_pattern::fire_and_forget;
  if (how.use_pool)
    return task_pattern::pooled;
  return task_pattern::simple;
}

namespace {

template <class Options>
Options common_of(const execute_options& how) {
  Options options;
  static_cast<script_options&>(options) = how;
  if constexpr (std::is_base_of_v<waiting_options, Options>)
    options.cancel = how.cancel;
  return options;
}

template <class T>
result<pattern_result> any_of(result<T> one) {
  if (!one)
    return one.error();
  return pattern_result{std::move(*one)};
}

} // namespace

result<pattern_result> task_orchestrator::execute(const script_call& what,
                                                  const execute_options& how) {
  auto pattern = how.pattern.value_or(select(how));
  switch (pattern) {
  case task_pattern::simple: return any_of(simple(what, common_of<simple_options>(how)));
  case task_pattern::long_running: {
    auto options = common_of<long_running_options>(how);
    options.run_id = how.run_id;
    options.on_line = how.on_line;
    options.on_progress = how.on_progress;
    return any_of(long_running(what, options));
  }
  case task_pattern::concurrent:
  case task_pattern::pooled: {
    auto options = common_of<concurrent_options>(how);
    options.tasks = how.tasks.empty() ? std::vector{what} : how.tasks;
    options.max_concurrent = how.concurrent_tasks > 1 ? how.concurrent_tasks : how.max_concurrent;
    return any_of(pattern == task_pattern::pooled ? pooled(options) : concurrent(options));
  }
  case task_pattern::fire_and_forget: {
    auto options = common_of<detached_options>(how);
    options.run_id = how.run_id;
    options.module_name = how.module_name;
    options.parameters = how.parameters;
    return any_of(fire_and_forget(what, options));
  }
  case task_pattern::periodic: break;
  }
  return error{errc::unsupported,
               "what is periodic needs somebody who stays to start it: give it to a server with "
               "mahavishnu periodic add, or to an orchestrator with add_periodic"};
}

void task_orchestrator::kill_all() {
  std::set<std::string> marks;
  {
    std::lock_guard guard{parts_->mutex};
    marks.insert(parts_->marks.begin(), parts_->marks.end());
  }
  for (const auto& mark : marks)
    exec::end_survivors(mark);
}

} // namespace mahavishnu
