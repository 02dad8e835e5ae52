// SPDX-License-Identifier: MIT
#include "mcp/tools/run_tools.hpp"

#include "base/text.hpp"
#include "mcp/tools/heartbeat.hpp"
#include "mcp/tools/schema.hpp"
#include "patterns/run_json.hpp"
#include "patterns/run_output_reader.hpp"

#include <deque>
#include <mutex>
#include <system_error>

namespace mahavishnu::mcp::server {

namespace {

using mahavishnu::json::value;
using runner_ptr = std::shared_ptr<script_runner>;

constexpr tool_hints reads{true, false, true, false, auth::scope::read};
constexpr tool_hints removes{false, true, true, false, auth::scope::write};
constexpr tool_hints ends{false, true, true, false, auth::scope::execute};
/// What a script does may be anything.
constexpr tool_hints runs{false, true, false, true, auth::scope::execute};

constexpr double longest_timeout = 30.0 * 24 * 3600;
/// Of each stream in an answer; there is more with run_detached and run_logs.
constexpr std::size_t most_of_stream = std::size_t{1} << 20;
/// Of all streams of many scripts in one answer.
constexpr std::size_t most_of_all = std::size_t{16} << 20;
constexpr std::size_t least_of_stream = 4096;
constexpr std::int64_t most_tasks = 1000;

// -- what a script is --------------------------------------------------------------------------

json script_schema() {
  return schema::text("Absolute path of the script, or a program that the PATH of the server has. "
                      ".py runs with python3, .js and .mjs with node, .sh with /bin/sh; any other "
                      "file has to be executable");
}

/// What all tools take that run one script.
std::vector<schema::argument> with_script(std::vector<schema::argument> more) {
  std::vector<schema::argument> all{
      {"script", script_schema(), true},
      {"arguments", schema::texts("Of the script")},
      {"cwd", schema::text("Absolute path of where it runs (default: the folder of the script)")},
      {"timeout", schema::seconds("Seconds until it is ended (default: no end)", longest_timeout)}};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

/// The directory of the server means nothing to a caller.
result<void> check_path(std::string_view what, const std::string& path) {
  if (path.find('/') == std::string::npos || path.starts_with('/'))
    return {};
  return error{errc::invalid_argument, "the " + std::string{what} + " '" + path +
                                           "' has to be an absolute path: the server runs "
                                           "somewhere else than you"};
}

template <class Options>
result<Options> options_of(const tool_call& call) {
  Options options;
  options.cwd = text_of(call, "cwd");
  options.timeout = time_of(call, "timeout");
  if (!options.cwd.empty() && !options.cwd.starts_with('/'))
    return check_path("directory", "./" + options.cwd).error();
  return options;
}

result<script_call> script_of(const json& arguments) {
  script_call made{string_member(arguments, "script"), {}};
  if (auto words = arguments.find("arguments"); words != arguments.end())
    made.args = words->get<std::vector<std::string>>();
  if (auto checked = check_path("script", made.script); !checked)
    return checked.error();
  return made;
}

std::string words_for(script_end end, std::chrono::milliseconds timeout) {
  switch (end) {
  case script_end::timed_out: return "timed out after " + seconds_text(timeout);
  case script_end::cancelled: return "cancelled";
  case script_end::exited: break;
  }
  return {};
}

value text_or_null(const std::string& text) {
  return text.empty() ? value(nullptr) : value(text);
}

/// Has it run on a thread that may wait; who gives up the call ends it.
template <class Run>
void run_script_for(const runner_ptr& scripts, const call_ptr& call, Run run) {
  auto begun = scripts->run([call, run = std::move(run)](task_orchestrator& patterns,
                                                         const std::stop_token& cancel) mutable {
    if (!call->is_over()) // nobody has given it up while it waited
      run(patterns, cancel);
  });
  if (!begun)
    return call->finish(tool_error(begun.error().message));
  call->on_cancel([stop = *begun]() mutable { stop.request_stop(); });
}

template <class Look>
void look_for(const runner_ptr& scripts, const call_ptr& call, Look look) {
  auto begun = scripts->ask(
      [call, look = std::move(look)](task_orchestrator& patterns, run_registry& known) mutable {
        if (!call->is_over()) // nobody has given it up while it waited
          look(patterns, known);
      });
  if (!begun)
    call->finish(tool_error(begun.error().message));
}

void finish(const call_ptr& call, const value& answer) {
  call->finish({structured(answer), {}, false});
}

json object_of(json properties, const std::vector<std::string>& optional = {}) {
  auto names = json::array();
  for (const auto& [name, ignored] : properties.items())
    if (std::ranges::find(optional, name) == optional.end())
      names.push_back(name);
  return {{"type", "object"}, {"properties", std::move(properties)}, {"required", names}};
}

json type(std::string_view name) {
  return {{"type", name}};
}
json type_or_null(std::string_view name) {
  return {{"type", {name, "null"}}};
}

// -- simple --------------------------------------------------------------------------------------

json schema_of_streams() {
  return {{"exit_code", type("integer")},       {"success", type("boolean")},
          {"error", type_or_null("string")},    {"stdout", type("string")},
          {"stderr", type("string")},           {"stdout_truncated", type("boolean")},
          {"stderr_truncated", type("boolean")}};
}

json schema_of_simple() {
  auto properties = schema_of_streams();
  properties["pattern"] = type("string");
  properties["script"] = type("string");
  return object_of(std::move(properties));
}

tool simple(const control_door& door, const runner_ptr& scripts) {
  return {"run_simple",
          "Run a script",
          "Runs a script outside of pools and answers with its exit code and output when it has "
          "ended; for what takes less than a minute. Giving up the call ends it. Use "
          "run_long_running to see its output while it runs, run_detached not to wait.",
          schema::object(with_script({})),
          schema_of_simple(),
          runs,
          [door, scripts](const call_ptr& call) {
            auto script = script_of(call->arguments());
            auto options = options_of<simple_options>(*call);
            if (!script || !options)
              return call->finish(tool_error((script ? options.error() : script.error()).message));
            options->output_limit = most_of_stream;
            say_that_it_goes_on(door, call, "running " + script->script);
            run_script_for(scripts, call,
                           [call, what = *script, how = *options](
                               task_orchestrator& patterns, const std::stop_token& cancel) mutable {
                             how.cancel = cancel;
                             auto ended = patterns.simple(what, how);
                             if (!ended)
                               return call->finish(tool_error(ended.error().message));
                             auto words = words_for(ended->end, how.timeout);
                             finish(call, {{"pattern", "simple"},
                                           {"script", what.script},
                                           {"exit_code", ended->exit_code},
                                           {"success", ended->exit_code == 0 && words.empty()},
                                           {"error", text_or_null(words)},
                                           {"stdout", ended->standard_output},
                                           {"stderr", ended->standard_error},
                                           {"stdout_truncated", ended->output_truncated},
                                           {"stderr_truncated", ended->error_truncated}});
                           });
          }};
}

// -- long_running --------------------------------------------------------------------------------

/// Tells a client the lines of a script, no more often than is good for both: what comes between is
/// told together, and of too much the last.
class line_teller {
public:
  explicit line_teller(call_ptr call) : call_(std::move(call)) {}

  void take(const std::string& line) {
    std::lock_guard guard{mutex_};
    waiting_ += (waiting_.empty() ? "" : "\n") + line;
    if (waiting_.size() > most_at_once)
      waiting_ = "[...]\n" + waiting_.substr(waiting_.size() - most_at_once / 2);
    if (std::chrono::steady_clock::now() - told_at_ >= pause)
      tell();
  }
  /// From the clock: a line may have come after which none comes for long.
  void look() {
    std::lock_guard guard{mutex_};
    if (!waiting_.empty() || std::chrono::steady_clock::now() - told_at_ >= between_news)
      tell();
  }

  /// Before the answer.
  void finish() {
    std::lock_guard guard{mutex_};
    if (!waiting_.empty())
      tell();
  }

  static constexpr std::chrono::milliseconds pause{200};

private:
  static constexpr std::size_t most_at_once = 16 * 1024;

  void tell() {
    told_at_ = std::chrono::steady_clock::now();
    call_->progress(std::chrono::duration<double>(told_at_ - begin_).count(), std::nullopt,
                    waiting_.empty() ? "it goes on" : waiting_);
    waiting_.clear();
  }

  call_ptr call_;
  std::mutex mutex_;
  std::string waiting_;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point told_at_{};
};

/// The last lines of a script.
class last_lines_of_run {
public:
  explicit last_lines_of_run(std::size_t most) : most_(most) {}

  void take(const log_entry& line) {
    lines_.push_back({{"stream", line.stream}, {"level", line.level}, {"message", line.message}});
    bytes_ += line.message.size();
    while (lines_.size() > most_ || bytes_ > most_of_stream) {
      bytes_ -= lines_.front()["message"].get_ref<const std::string&>().size();
      lines_.pop_front();
      is_cut_ = true;
    }
  }
  value lines() const { return value(lines_); }
  bool is_cut() const { return is_cut_; }

private:
  std::size_t most_;
  std::deque<value> lines_;
  std::size_t bytes_ = 0;
  bool is_cut_ = false;
};

json schema_of_long_running() {
  return object_of({{"pattern", type("string")},
                    {"run_id", type("string")},
                    {"exit_code", type("integer")},
                    {"success", type("boolean")},
                    {"error", type_or_null("string")},
                    {"progress_percent", type_or_null("number")},
                    {"items_processed", type_or_null("integer")},
                    {"items_total", type_or_null("integer")},
                    {"lines",
                     {{"type", "array"},
                      {"description", "the last that it wrote"},
                      {"items", object_of({{"stream", type("string")},
                                           {"level", type("string")},
                                           {"message", type("string")}})}}},
                    {"lines_truncated", type("boolean")}});
}

template <class T>
value number_or_null(const std::optional<T>& number) {
  return number ? value(*number) : value(nullptr);
}

tool long_running(const control_door& door, const runner_ptr& scripts) {
  using namespace schema;
  return {
      "run_long_running",
      "Run a script and follow its output",
      "Runs a script outside of pools; a client that has sent a progressToken is told its lines "
      "while it runs. Answers when it has ended, with the last lines; all of them are with "
      "run_logs. Giving up the call ends it.",
      object(with_script(
          {{"run_id", text("What the run is called (default: made up)", 200)},
           {"max_lines", with_default(whole("Lines in the answer at most", 1, 10'000), 1000)}})),
      schema_of_long_running(),
      runs,
      [door, scripts](const call_ptr& call) {
        auto script = script_of(call->arguments());
        auto options = options_of<long_running_options>(*call);
        if (!script || !options)
          return call->finish(tool_error((script ? options.error() : script.error()).message));
        options->run_id = text_of(*call, "run_id");
        options->max_lines = number_of<std::size_t>(*call, "max_lines", 1000);
        auto teller = std::make_shared<line_teller>(call);
        // What it has may be told a little later, and so may be that it says nothing.
        until_it_ends(door, call, 5 * line_teller::pause,
                      [weak = std::weak_ptr{teller}](tool_call&, double) {
                        if (auto held = weak.lock())
                          held->look();
                      });
        run_script_for(scripts, call,
                       [call, teller, what = *script, how = *options](
                           task_orchestrator& patterns, const std::stop_token& cancel) mutable {
                         last_lines_of_run last{how.max_lines};
                         how.cancel = cancel;
                         how.on_line = [&](const log_entry& line) {
                           last.take(line);
                           teller->take(line.message);
                         };
                         auto ended = patterns.long_running(what, how);
                         teller->finish();
                         if (!ended)
                           return call->finish(tool_error(ended.error().message));
                         auto words = words_for(ended->end, how.timeout);
                         const auto& far = ended->progress;
                         finish(call, {{"pattern", "long_running"},
                                       {"run_id", ended->run_id},
                                       {"exit_code", ended->exit_code},
                                       {"success", ended->exit_code == 0 && words.empty()},
                                       {"error", text_or_null(words)},
                                       {"progress_percent", number_or_null(far.percent)},
                                       {"items_processed", number_or_null(far.items_processed)},
                                       {"items_total", number_or_null(far.items_total)},
                                       {"lines", last.lines()},
                                       {"lines_truncated", last.is_cut()}});
                       });
      }};
}

// -- concurrent and pooled -----------------------------------------------------------------------

json schema_of_many() {
  auto one = schema_of_streams();
  one["index"] = type("integer");
  one["module_id"] = type("string");
  return object_of({{"pattern", type("string")},
                    {"results", {{"type", "array"}, {"items", object_of(std::move(one))}}},
                    {"total", type("integer")},
                    {"succeeded", type("integer")},
                    {"failed", type("integer")}});
}

value describe(const module_result& one) {
  return {{"index", one.index},
          {"module_id", one.module_id},
          {"exit_code", one.exit_code},
          {"success", one.success},
          {"error", text_or_null(one.error)},
          {"stdout", one.standard_output},
          {"stderr", one.standard_error},
          {"stdout_truncated", one.output_truncated},
          {"stderr_truncated", one.error_truncated}};
}

result<concurrent_options> options_of_many(const tool_call& call) {
  auto options = options_of<concurrent_options>(call);
  if (!options)
    return options;
  for (const auto& each : call.arguments().at("tasks")) {
    auto script = script_of(each);
    if (!script)
      return script.error();
    options->tasks.push_back(std::move(*script));
  }
  options->max_concurrent = number_of<std::size_t>(call, "max_concurrent", 5);
  options->output_limit =
      std::clamp(most_of_all / (2 * options->tasks.size()), least_of_stream, most_of_stream);
  return options;
}

void run_many(task_orchestrator& patterns, task_pattern pattern, concurrent_options how,
              const call_ptr& call) {
  auto results = value::array();
  std::size_t succeeded = 0;
  auto total = how.tasks.size();
  how.on_result = [&](const module_result& one) {
    results.push_back(describe(one));
    succeeded += one.success ? 1 : 0;
    call->progress(static_cast<double>(results.size()), static_cast<double>(total),
                   one.module_id + (one.success ? " has ended" : ": " + one.error));
  };
  auto ended = pattern == task_pattern::pooled ? patterns.pooled(how) : patterns.concurrent(how);
  if (!ended)
    return call->finish(tool_error(ended.error().message));
  finish(call, {{"pattern", to_string(pattern)},
                {"results", std::move(results)},
                {"total", total},
                {"succeeded", succeeded},
                {"failed", total - succeeded}});
}

tool many(const runner_ptr& scripts, task_pattern pattern, std::string name, std::string title,
          std::string description) {
  using namespace schema;
  return {std::move(name),
          std::move(title),
          std::move(description),
          object({{"tasks",
                   {{"type", "array"},
                    {"description", "What to run, in the order of the results"},
                    {"items", object({{"script", script_schema(), true},
                                      {"arguments", texts("Of the script")}})},
                    {"minItems", 1},
                    {"maxItems", most_tasks}},
                   true},
                  {"max_concurrent", with_default(whole("How many run at a time", 1, 100), 5)},
                  {"cwd", text("Absolute path of where they run (default: the folder of each "
                               "script)")},
                  {"timeout",
                   seconds("Seconds until each is ended (default: no end)", longest_timeout)}}),
          schema_of_many(),
          runs,
          [scripts, pattern](const call_ptr& call) {
            auto options = options_of_many(*call);
            if (!options)
              return call->finish(tool_error(options.error().message));
            call->progress(0, static_cast<double>(options->tasks.size()), "running");
            run_script_for(scripts, call,
                           [call, pattern, how = *options](task_orchestrator& patterns,
                                                           const std::stop_token& cancel) mutable {
                             how.cancel = cancel;
                             run_many(patterns, pattern, std::move(how), call);
                           });
          }};
}

// -- fire_and_forget, and the runs
// -----------------------------------------------------------------

json schema_of_record(json more = json::object()) {
  json properties{
      {"run_id", type("string")},
      {"module_id", type("string")},
      {"module_name", type("string")},
      {"status",
       {{"type", "string"}, {"enum", {"queued", "running", "completed", "failed", "cancelled"}}}},
      {"created_at", type("string")},
      {"started_at", type_or_null("string")},
      {"completed_at", type_or_null("string")},
      {"duration_seconds", type_or_null("integer")},
      {"progress_percent", type_or_null("number")},
      {"items_processed", type_or_null("integer")},
      {"items_total", type_or_null("integer")},
      {"exit_code", type_or_null("integer")},
      {"error_message", type_or_null("string")},
      {"parameters", schema::map_of(type("string"))},
      {"pattern", type_or_null("string")},
      {"command", {{"type", "array"}, {"items", type("string")}}},
      {"working_directory", type("string")},
      {"timeout_ms", type("integer")}};
  properties.update(more);
  return object_of(std::move(properties));
}

tool detached(const runner_ptr& scripts) {
  return {"run_detached",
          "Start a script and leave it",
          "Starts a script outside of pools and answers at once with its run_id; it goes on also "
          "when the server ends. run_status says where it stands, run_logs what it writes, "
          "run_cancel ends it.",
          schema::object(with_script(
              {{"run_id", schema::text("What the run is called (default: made up)", 200)},
               {"parameters",
                {{"type", "object"},
                 {"description", "Kept with the run"},
                 {"additionalProperties", {{"type", "string"}, {"maxLength", 4096}}},
                 {"maxProperties", most_run_parameters}}}})),
          schema_of_record(),
          runs,
          [scripts](const call_ptr& call) {
            auto script = script_of(call->arguments());
            auto options = options_of<detached_options>(*call);
            if (!script || !options)
              return call->finish(tool_error((script ? options.error() : script.error()).message));
            options->run_id = text_of(*call, "run_id");
            if (auto all = call->arguments().find("parameters"); all != call->arguments().end())
              options->parameters = all->get<std::map<std::string, std::string>>();
            look_for(
                scripts, call,
                [call, what = *script, how = *options](task_orchestrator& patterns, run_registry&) {
                  if (call->is_over())
                    return;
                  auto run = patterns.fire_and_forget(what, how);
                  if (run)
                    finish(call, to_json(*run));
                  else
                    call->finish(tool_error(run.error().message));
                });
          }};
}

schema::argument run_argument() {
  return {"run_id", schema::name("Id of the run, or the start of it"), true};
}

/// With the one run that the call names.
template <class Look>
void look_at_run(const runner_ptr& scripts, const call_ptr& call, Look look) {
  look_for(scripts, call, [call, look = std::move(look)](task_orchestrator&, run_registry& all) {
    auto id = all.find_run(text_of(*call, "run_id"));
    if (id)
      look(all, *id);
    else
      call->finish(tool_error(id.error().message));
  });
}

tool list(const runner_ptr& scripts) {
  using namespace schema;
  return {
      "runs_list",
      "List runs of scripts",
      "Runs of run_long_running, run_detached and `mahavishnu exec`, the newest first. problems "
      "has those that could not be read. Name one of status, module and active.",
      object({{"status",
               {{"type", "string"},
                {"description", "Only those that stand so"},
                {"enum", {"queued", "running", "completed", "failed", "cancelled"}}}},
              {"module", text("Only of the script of that name, without its ending", 256)},
              {"active", truth("Only those that have not ended")},
              {"limit", with_default(whole("Runs at most", 1, 1000), 50)}}),
      object_of({{"runs", {{"type", "array"}, {"items", schema_of_record()}}},
                 {"problems", {{"type", "array"}, {"items", type("string")}}}}),
      reads,
      [scripts](const call_ptr& call) {
        look_for(scripts, call, [call](task_orchestrator&, run_registry& all) {
          auto limit = number_of<std::size_t>(*call, "limit", 50);
          auto status = text_of(*call, "status"), module = text_of(*call, "module");
          auto listing = !status.empty()   ? all.get_runs_by_status(*run_status_from_string(status))
                         : !module.empty() ? all.get_runs_by_module(module)
                         : number_of<bool>(*call, "active", false) ? all.get_active_runs()
                                                                   : all.get_recent_runs(limit);
          listing.runs.resize(std::min(listing.runs.size(), limit));
          auto list = value::array();
          for (const auto& run : listing.runs)
            list.push_back(to_json(run));
          finish(call, {{"runs", std::move(list)}, {"problems", listing.problems}});
        });
      }};
}

tool status(const runner_ptr& scripts) {
  return {"run_status",
          "Where a run stands",
          "Where a run of a script stands, how far it says that it is, how it ended, and the files "
          "that it writes to.",
          schema::object({run_argument()}),
          schema_of_record({{"output_file", type("string")}, {"error_file", type("string")}}),
          reads,
          [scripts](const call_ptr& call) {
            look_at_run(scripts, call, [call](run_registry& all, const std::string& id) {
              auto run = all.get_run(id);
              if (!run)
                return call->finish(tool_error(run.error().message));
              auto files = all.files_of(id);
              auto answer = to_json(*run);
              answer["output_file"] = files.standard_output.string();
              answer["error_file"] = files.standard_error.string();
              finish(call, answer);
            });
          }};
}

void tell_logs(const call_ptr& call, run_registry& all, const std::string& id) {
  // Asked before the output is read: what has ended writes no more.
  auto run = all.get_run(id);
  if (!run)
    return call->finish(tool_error(run.error().message));
  auto files = all.files_of(id);
  auto stream = text_of(*call, "stream");
  const auto& file = stream == "stderr" ? files.standard_error : files.standard_output;
  run_output_reader reader{file};
  if (auto tail = number_of<std::size_t>(*call, "tail", 0); tail > 0)
    reader.skip_to_last_lines(tail);
  else
    reader.skip_to(number_of<std::uint64_t>(*call, "offset", 0));
  auto offset = reader.offset();
  auto most = number_of<std::size_t>(*call, "limit", 65536);
  std::string text;
  for (auto piece = reader.read(); !piece.empty() && text.size() < most; piece = reader.read())
    text += piece;
  text.resize(std::min(text.size(), most));
  std::error_code missing;
  auto size = std::filesystem::file_size(file, missing);
  auto is_last = !is_active(run->status) && offset + text.size() >= size;
  // What is cut there comes with the next piece, where there will be one.
  if (auto whole = whole_characters(text); !is_last && whole > 0)
    text.resize(whole);
  auto next = offset + text.size();
  finish(call, {{"run_id", id},
                {"status", to_string(run->status)},
                {"stream", stream.empty() ? "stdout" : stream},
                {"offset", offset},
                {"output", std::move(text)},
                {"size", missing ? 0 : size},
                {"next_offset", next}});
}

tool logs(const runner_ptr& scripts) {
  using namespace schema;
  return {"run_logs",
          "What a run writes",
          "A piece of what a run of a script has written, also while it runs. Ask again with "
          "next_offset as offset for what follows; when status says that it has ended and "
          "next_offset is size, that was all.",
          object({run_argument(),
                  {"stream",
                   {{"type", "string"},
                    {"description", "Which of the two"},
                    {"enum", {"stdout", "stderr"}},
                    {"default", "stdout"}}},
                  {"offset", with_default(whole("From this byte on", 0, std::int64_t{1} << 53), 0)},
                  {"tail", whole("Instead of an offset: the last so many lines", 1, 100'000)},
                  {"limit", with_default(whole("Bytes at most", 1, most_of_stream), 65536)}}),
          object_of({{"run_id", type("string")},
                     {"status", type("string")},
                     {"stream", type("string")},
                     {"offset", type("integer")},
                     {"output", type("string")},
                     {"size", type("integer")},
                     {"next_offset", type("integer")}}),
          reads,
          [scripts](const call_ptr& call) {
            look_at_run(scripts, call, [call](run_registry& all, const std::string& id) {
              tell_logs(call, all, id);
            });
          }};
}

tool cancel(const control_door& door, const runner_ptr& scripts) {
  return {"run_cancel",
          "End a run of a script",
          "Ends a run of a script, with all that it has started. One that has ended already stays "
          "as it is.",
          schema::object({run_argument()}),
          schema_of_record(),
          ends,
          [door, scripts](const call_ptr& call) {
            say_that_it_goes_on(door, call, "ending " + text_of(*call, "run_id"));
            look_at_run(scripts, call, [call](run_registry& all, const std::string& id) {
              auto run = all.cancel(id);
              if (!run)
                call->finish(tool_error(run.error().message));
              else if (is_active(run->status))
                call->finish(tool_error("run '" + id +
                                        "' was asked to end and has not yet; ask run_status"));
              else
                finish(call, to_json(*run));
            });
          }};
}

tool cleanup(const runner_ptr& scripts) {
  using namespace schema;
  return {
      "runs_cleanup",
      "Remove old runs",
      "Removes runs that ended longer ago than so many days, and what they have written. "
      "dry_run only says which.",
      object({{"days", with_default(whole("Ended longer ago than this", 0, 100'000), 30)},
              {"dry_run", with_default(truth("Only say which"), false)}}),
      object_of({{"removed", {{"type", "array"}, {"items", type("string")}}},
                 {"dry_run", type("boolean")},
                 {"problems", {{"type", "array"}, {"items", type("string")}}}}),
      removes,
      [scripts](const call_ptr& call) {
        look_for(scripts, call, [call](task_orchestrator&, run_registry& all) {
          auto is_dry = number_of<bool>(*call, "dry_run", false);
          auto report = all.cleanup_old_runs(number_of<int>(*call, "days", 30), is_dry);
          finish(call,
                 {{"removed", report.removed}, {"dry_run", is_dry}, {"problems", report.problems}});
        });
      }};
}

// -- advice
// ----------------------------------------------------------------------------------------

std::string_view tool_for(task_pattern pattern) {
  switch (pattern) {
  case task_pattern::simple: return "run_simple";
  case task_pattern::long_running: return "run_long_running";
  case task_pattern::concurrent: return "run_concurrent";
  case task_pattern::fire_and_forget: return "run_detached";
  case task_pattern::periodic: return "periodic_add";
  case task_pattern::pooled: return "run_pooled";
  }
  return {};
}

tool advise() {
  using namespace schema;
  json texts_schema{{"type", "array"}, {"items", type("string")}};
  return {"pattern_advise",
          "Say how to run a script",
          "Says which way to run a script fits, why, and which tool that is.",
          object({{"duration", seconds("Seconds that it is likely to take", 1e9)},
                  {"streaming", truth("Its output is wanted while it runs")},
                  {"concurrent", with_default(whole("How many run at a time", 1, 1'000'000), 1)},
                  {"needs_result", with_default(truth("Somebody waits for its result"), true)},
                  {"recurring", truth("It runs again and again")},
                  {"high_frequency", truth("More than ten times a minute")}}),
          object_of({{"pattern", type("string")},
                     {"tool", type("string")},
                     {"reason", type("string")},
                     {"name", type("string")},
                     {"use_when", type("string")},
                     {"benefits", texts_schema},
                     {"limitations", texts_schema}}),
          reads,
          [](const call_ptr& call) {
            pattern_needs needs;
            if (call->arguments().contains("duration"))
              needs.expected_duration_seconds = number_of<double>(*call, "duration", 0);
            needs.requires_streaming = number_of<bool>(*call, "streaming", false);
            needs.concurrent_tasks = number_of<std::int64_t>(*call, "concurrent", 1);
            needs.needs_result = number_of<bool>(*call, "needs_result", true);
            needs.recurring = number_of<bool>(*call, "recurring", false);
            needs.high_frequency = number_of<bool>(*call, "high_frequency", false);
            auto pattern = pattern_advisor::recommend(needs);
            const auto& about = pattern_advisor::explain(pattern);
            finish(call, {{"pattern", to_string(pattern)},
                          {"tool", tool_for(pattern)},
                          {"reason", pattern_advisor::reason(needs)},
                          {"name", about.name},
                          {"use_when", about.use_when},
                          {"benefits", about.benefits},
                          {"limitations", about.limitations}});
          }};
}

} // namespace

std::vector<tool> run_tools(const control_door& door,
                            const std::shared_ptr<script_runner>& scripts) {
  return {simple(door, scripts),
          long_running(door, scripts),
          many(scripts, task_pattern::concurrent, "run_concurrent", "Run scripts at the same time",
               "Runs several scripts, so many at a time, and answers when all have ended, with the "
               "results in the order of the tasks. One that fails, or cannot be started, stops no "
               "other. Giving up the call ends them."),
          many(scripts, task_pattern::pooled, "run_pooled", "Run many short Python scripts",
               "As run_concurrent, in Python interpreters that have started already: for short "
               "Python scripts that come often."),
          detached(scripts),
          list(scripts),
          status(scripts),
          logs(scripts),
          cancel(door, scripts),
          cleanup(scripts),
          advise()};
}

} // namespace mahavishnu::mcp::server
