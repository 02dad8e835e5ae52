// SPDX-License-Identifier: MIT
#include "cli/command_line.hpp"
#include "cli/journal_care.hpp"
#include "cli/session.hpp"

#include <CLI/CLI.hpp>

#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>

namespace mahavishnu::cli {

namespace {

json::value json_of(const journal_report& report) {
  return {{"path", report.path},
          {"pools", report.pools},
          {"open_tasks", report.open_tasks},
          {"ended_tasks", report.ended_tasks},
          {"bytes", report.bytes},
          {"problems", report.problems}};
}

std::string show(const journal_report& report) {
  std::ostringstream text;
  text << "Journal: " << report.path << "\n  Pools: " << report.pools
       << "\n  Open tasks: " << report.open_tasks << "\n  Ended tasks: " << report.ended_tasks
       << "\n  Bytes: " << report.bytes << "\n";
  for (const auto& each : report.problems)
    text << "  Problem: " << each << "\n";
  return text.str();
}

int check(const invocation& now, const output& out) {
  auto found = find_instance(now, out);
  if (!found)
    return out.failure(found.error());
  auto report = now.above.journals->check(found->state_directory);
  if (!report)
    return out.failure(report.error());
  out.data(json_of(*report), show(*report));
  return report->problems.empty() ? done : failed;
}

int backup(const invocation& now, const std::string& to, const output& out) {
  auto found = find_instance(now, out);
  if (!found)
    return out.failure(found.error());
  auto report = now.above.journals->backup(found->state_directory, to);
  if (!report)
    return out.failure(report.error());
  out.data(json_of(*report), show(*report));
  return done;
}

int restore(const invocation& now, const std::string& from, const output& out) {
  auto found = find_instance(now, out);
  if (!found)
    return out.failure(found.error());
  auto restored = now.above.journals->restore(found->state_directory, from);
  if (!restored)
    return out.failure(restored.error());
  auto object = json_of(restored->now);
  object["before"] = restored->before;
  out.data(object, show(restored->now));
  if (!restored->before.empty())
    out.talk("The journal of before is in '" + restored->before + "'.");
  out.talk(
      "The next server goes on from the backup: what waited then runs, and what ran is lost, or "
      "tried again where that is wanted.");
  return done;
}

int compact(const invocation& now, const output& out) {
  auto found = find_instance(now, out);
  if (!found)
    return out.failure(found.error());
  auto bytes = now.above.journals->compact(found->state_directory);
  if (!bytes)
    return out.failure(bytes.error());
  auto [before, after] = *bytes;
  out.data({{"bytes_before", before}, {"bytes_after", after}},
           "Compacted: " + std::to_string(before) + " bytes before, " + std::to_string(after) +
               " after\n");
  return done;
}

int export_tasks(const invocation& now, const journal_wish& wish, const std::string& to,
                 const output& out) {
  auto found = find_instance(now, out);
  if (!found)
    return out.failure(found.error());
  std::ofstream file;
  if (!to.empty()) {
    file.open(to, std::ios::binary | std::ios::trunc);
    if (!file)
      return out.failure(
          {errc::io_failed, "cannot write '" + to + "'; look at its directory and its rights"});
  }
  auto& lines = to.empty() ? std::cout : file;
  int problems = 0;
  auto walked = now.above.journals->each_task(
      found->state_directory, wish,
      [&](const json::value& task) { lines << json::text(task) << '\n'; },
      [&](const std::string& problem) {
        ++problems;
        out.talk(problem);
      });
  if (!walked)
    return out.failure(walked.error());
  if (!lines.flush())
    return out.failure({errc::io_failed, "not all of it could be written; look at the free space"});
  return problems == 0 ? done : failed;
}

} // namespace

void add_store_commands(CLI::App& app, invocation& now) {
  auto* group = app.add_subcommand("store", "The journal: what outlives the server");
  group->require_subcommand(1);
  group->add_subcommand("check", "Read all of it, and say what is damaged")->callback([&now] {
    now.action = [&now](output& out) { return check(now, out); };
  });
  auto file = std::make_shared<std::string>();
  auto* backing = group->add_subcommand("backup", "Copy it to a new file, also beside a server");
  backing->add_option("file", *file, "The new file")->required();
  backing->callback(
      [&now, file] { now.action = [&now, file](output& out) { return backup(now, *file, out); }; });
  auto* restoring =
      group->add_subcommand("restore", "Put a backup in its place, and keep what was there");
  restoring->add_option("file", *file, "The backup")->required();
  restoring->callback([&now, file] {
    now.action = [&now, file](output& out) { return restore(now, *file, out); };
  });
  group->add_subcommand("compact", "Give the space of forgotten tasks back to the system")
      ->callback([&now] { now.action = [&now](output& out) { return compact(now, out); }; });
  auto wish = std::make_shared<journal_wish>();
  auto* exporting =
      group->add_subcommand("export", "Write all tasks as lines of JSON, the newest first");
  exporting->add_option("--pool", wish->pool, "Name or id of a pool (default: all)");
  exporting->add_option("--status", wish->status, "Only tasks of that status (default: all)");
  exporting->add_option("--file", *file, "Where to (default: standard output)");
  exporting->callback([&now, wish, file] {
    now.action = [&now, wish, file](output& out) { return export_tasks(now, *wish, *file, out); };
  });
}

} // namespace mahavishnu::cli
