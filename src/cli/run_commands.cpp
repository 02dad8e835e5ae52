// SPDX-License-Identifier: MIT
#include "base/rfc3339.hpp"
#include "base/text.hpp"
#include "cli/script_commands.hpp"
#include "cli/session.hpp"
#include "cli/text.hpp"
#include "mahavishnu/patterns/output_capture.hpp"
#include "mahavishnu/patterns/run_registry.hpp"
#include "patterns/run_json.hpp"
#include "patterns/run_output_reader.hpp"

#include <CLI/CLI.hpp>

#include <cmath>
#include <iostream>
#include <sstream>
#include <thread>

namespace mahavishnu::cli {

namespace {

constexpr std::chrono::milliseconds between_looks{100};

result<run_registry> open_registry(const invocation& now, const output& out) {
  auto found = find_instance(now, out);
  if (!found)
    return found.error();
  return run_registry{found->state_directory};
}

/// What a command does with one run that was named by the start of its id.
using on_one_run = std::function<int(run_registry&, const std::string& run_id, const output&)>;

int with_run(const invocation& now, const output& out, const std::string& prefix,
             const on_one_run& what) {
  auto registry = open_registry(now, out);
  if (!registry)
    return out.failure(registry.error());
  auto run_id = registry->find_run(prefix);
  if (!run_id)
    return out.failure(run_id.error());
  return what(*registry, *run_id, out);
}

std::string progress_text(const run_record& run) {
  std::string text;
  if (run.progress_percent)
    text = std::to_string(std::lround(*run.progress_percent)) + "%";
  if (run.items_processed && run.items_total)
    text += (text.empty() ? "" : " ") + std::to_string(*run.items_processed) + "/" +
            std::to_string(*run.items_total);
  return text;
}

grid show_list(const std::vector<run_record>& runs) {
  grid table{{{.title = "RUN"},
              {.title = "STATUS"},
              {.title = "PROGRESS", .is_number = true},
              {.title = "EXIT", .is_number = true},
              {.title = "CREATED"}}};
  for (const auto& run : runs)
    table.add({run.run_id, std::string{to_string(run.status)}, progress_text(run),
               run.exit_code ? std::to_string(*run.exit_code) : "",
               age_of_moment(rfc3339(run.created_at))});
  table.when_empty("No runs. Start one with: mahavishnu exec --no-wait SCRIPT");
  return table;
}

std::string show_run(const run_record& run, const run_files& files) {
  std::ostringstream text;
  text << "Run " << to_string(run.status) << ": " << run.run_id << "\n  Module: " << run.module_name
       << "\n";
  std::string command;
  for (const auto& word : run.command)
    command += (command.empty() ? "" : " ") + word;
  if (!command.empty())
    text << "  Runs: " << command << "\n  In: " << run.working_directory << "\n";
  text << "  Created: " << rfc3339(run.created_at) << "\n";
  if (run.started_at)
    text << "  Started: " << rfc3339(*run.started_at) << "\n";
  if (run.completed_at)
    text << "  Completed: " << rfc3339(*run.completed_at) << "\n";
  if (auto progress = progress_text(run); !progress.empty())
    text << "  Progress: " << progress << "\n";
  if (run.exit_code)
    text << "  Exit code: " << *run.exit_code << "\n";
  if (!run.error_message.empty())
    text << "  Error: " << run.error_message << "\n";
  if (!run.parameters.empty())
    text << "  Parameters: " << pairs(run.parameters) << "\n";
  text << "  Output: " << files.standard_output.string() << "\n";
  return text.str();
}

// -- list ----------------------------------------------------------------------------------------

struct list_wish {
  std::string status;
  std::string module;
  bool active = false;
  std::size_t limit = 50;
};

int list(const invocation& now, const output& out, const list_wish& wish) {
  auto registry = open_registry(now, out);
  if (!registry)
    return out.failure(registry.error());
  run_listing listing;
  if (!wish.status.empty()) {
    auto status = run_status_from_string(wish.status);
    if (!status)
      return out.failure(status.error());
    listing = registry->get_runs_by_status(*status);
  } else if (!wish.module.empty()) {
    listing = registry->get_runs_by_module(wish.module);
  } else if (wish.active) {
    listing = registry->get_active_runs();
  } else {
    listing = registry->get_recent_runs(wish.limit);
  }
  if (listing.runs.size() > wish.limit)
    listing.runs.resize(wish.limit);
  for (const auto& problem : listing.problems)
    out.talk("warning: " + problem);
  auto runs = json::value::array();
  for (const auto& run : listing.runs)
    runs.push_back(to_json(run));
  out.answer("run_list", {{"runs", runs}, {"problems", listing.problems}}, show_list(listing.runs));
  return done;
}

// -- logs ----------------------------------------------------------------------------------------

struct logs_wish {
  bool follow = false;
  std::optional<std::size_t> tail;
  std::string stream;
};

/// One stream of a run on its way to the same stream of this command, or as JSON.
class log_stream {
public:
  log_stream(std::filesystem::path file, std::string name, const logs_wish& wish, const output& out)
      : reader_(std::move(file)), name_(std::move(name)), out_(out) {
    if (wish.tail)
      reader_.skip_to_last_lines(*wish.tail);
  }

  void show_what_is_new() {
    for (auto bytes = reader_.read(); !bytes.empty(); bytes = reader_.read())
      show(bytes);
  }
  /// A last line without an end.
  void finish() {
    if (!line_.empty())
      show_line(line_);
  }

private:
  /// A longer line comes in parts.
  static constexpr std::size_t longest_line = 64 * 1024;

  void show(std::string_view bytes) {
    if (!out_.is_json()) {
      auto& to = name_ == "stdout" ? std::cout : std::cerr;
      to.write(bytes.data(), static_cast<std::streamsize>(bytes.size())).flush();
      return;
    }
    for (char c : bytes) {
      if (c != '\n' && line_.size() < longest_line) {
        line_ += c;
        continue;
      }
      show_line(line_);
      line_.clear();
      if (c != '\n')
        line_ += c;
    }
  }
  void show_line(const std::string& line) const {
    out_.item("run_line",
              {{"stream", name_}, {"level", guess_level(line, name_)}, {"message", line}}, "");
  }

  run_output_reader reader_;
  std::string name_;
  const output& out_;
  std::string line_;
};

int logs(run_registry& registry, const std::string& run_id, const output& out,
         const logs_wish& wish) {
  auto files = registry.files_of(run_id);
  std::vector<log_stream> streams;
  if (wish.stream != "stderr")
    streams.emplace_back(files.standard_output, "stdout", wish, out);
  if (wish.stream != "stdout")
    streams.emplace_back(files.standard_error, "stderr", wish, out);
  for (;;) {
    // Asked before the output is read: what has ended writes no more.
    auto run = registry.get_run(run_id);
    for (auto& each : streams)
      each.show_what_is_new();
    if (!run && wish.follow)
      return out.failure(run.error());
    if (!wish.follow || !is_active(run->status))
      break;
    std::this_thread::sleep_for(between_looks);
  }
  for (auto& each : streams)
    each.finish();
  return done;
}

// -- show, cancel, cleanup -----------------------------------------------------------------------

int show(run_registry& registry, const std::string& run_id, const output& out) {
  auto run = registry.get_run(run_id);
  if (!run)
    return out.failure(run.error());
  auto files = registry.files_of(run_id);
  auto object = to_json(*run);
  object["output_file"] = files.standard_output.string();
  object["error_file"] = files.standard_error.string();
  out.answer("run", object, show_run(*run, files));
  return done;
}

int cancel(run_registry& registry, const std::string& run_id, const output& out) {
  auto before = registry.get_run(run_id);
  auto run = registry.cancel(run_id);
  if (!run)
    return out.failure(run.error());
  if (is_active(run->status))
    return out.failure({errc::timeout, "run '" + run_id +
                                           "' was asked to end and has not yet; see: "
                                           "mahavishnu runs show " +
                                           run_id});
  auto had_ended = before && !is_active(before->status);
  out.answer("run", to_json(*run),
             "Run " + run_id + (had_ended ? " had ended already: " : ": ") +
                 std::string{to_string(run->status)} + "\n");
  return done;
}

struct cleanup_wish {
  int days = 30;
  bool dry_run = false;
};

int cleanup(const invocation& now, const output& out, const cleanup_wish& wish) {
  auto registry = open_registry(now, out);
  if (!registry)
    return out.failure(registry.error());
  auto report = registry->cleanup_old_runs(wish.days, wish.dry_run);
  for (const auto& problem : report.problems)
    out.talk("warning: " + problem);
  std::string text = wish.dry_run ? "Would remove " : "Removed ";
  text += std::to_string(report.removed.size()) + " runs that ended more than " +
          std::to_string(wish.days) + " days ago.\n";
  for (const auto& each : report.removed)
    text += "  " + each + "\n";
  out.answer(
      "runs_removed",
      {{"removed", report.removed}, {"dry_run", wish.dry_run}, {"problems", report.problems}},
      text);
  return done;
}

/// A command about one run.
CLI::App* add_for_run(CLI::App& group, invocation& now, const char* name, const char* help,
                      on_one_run what) {
  auto* command = group.add_subcommand(name, help);
  auto prefix = std::make_shared<std::string>();
  command->add_option("run", *prefix, "Id of the run, or the start of it")->required();
  command->callback([&now, prefix, what = std::move(what)] {
    now.action = [&now, prefix, what](output& out) { return with_run(now, out, *prefix, what); };
  });
  return command;
}

} // namespace

void add_run_commands(CLI::App& app, invocation& now) {
  auto* group = app.add_subcommand("runs", "Runs of scripts that exec has started");
  group->require_subcommand(1);

  auto* list_command = group->add_subcommand("list", "List the runs, newest first");
  auto wish = std::make_shared<list_wish>();
  list_command->add_option("--status", wish->status,
                           "queued, running, completed, failed or cancelled");
  list_command->add_option("--module", wish->module, "Name of the script without its ending");
  list_command->add_flag("--active", wish->active, "Those that have not ended");
  list_command->add_option("--limit", wish->limit, "How many at most (default: 50)")
      ->check(CLI::Range(1, 1'000'000'000));
  list_command->callback(
      [&now, wish] { now.action = [&now, wish](output& out) { return list(now, out, *wish); }; });

  add_for_run(*group, now, "show", "Tell where a run stands", show);

  auto log = std::make_shared<logs_wish>();
  auto* logs_command =
      add_for_run(*group, now, "logs", "Print what a run has written",
                  [log](run_registry& registry, const std::string& run_id, const output& out) {
                    return logs(registry, run_id, out, *log);
                  });
  logs_command->add_flag("-f,--follow", log->follow, "Go on until the run has ended");
  logs_command->add_option("--tail", log->tail, "Only the last so many lines of each stream")
      ->check(CLI::Range(0, 1'000'000'000));
  logs_command->add_option("--stream", log->stream, "Only stdout, or only stderr")
      ->check(CLI::IsMember({"stdout", "stderr"}));

  add_for_run(*group, now, "cancel", "End a run, with all that it has started", cancel);

  auto* cleanup_command =
      group->add_subcommand("cleanup", "Remove old runs and what they have written");
  auto old = std::make_shared<cleanup_wish>();
  cleanup_command->add_option("--days", old->days, "Ended longer ago than this (default: 30)")
      ->check(CLI::Range(0, 100'000));
  cleanup_command->add_flag("--dry-run", old->dry_run, "Only say which");
  cleanup_command->callback(
      [&now, old] { now.action = [&now, old](output& out) { return cleanup(now, out, *old); }; });
}

} // namespace mahavishnu::cli
