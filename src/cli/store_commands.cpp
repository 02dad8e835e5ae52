// SPDX-License-Identifier: MIT
#include "cli/command_line.hpp"
#include "cli/journal_care.hpp"
#include "cli/session.hpp"

#include <CLI/CLI.hpp>

#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <sstream>
#include <utility>

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

int check(journal_care& journals, const instance& whose, const output& out) {
  auto report = journals.check(whose);
  if (!report)
    return out.failure(report.error());
  out.answer("store_report", json_of(*report), show(*report));
  return report->problems.empty() ? done : failed;
}

int backup(journal_care& journals, const instance& whose, const std::string& to,
           const output& out) {
  auto report = journals.backup(whose, to);
  if (!report)
    return out.failure(report.error());
  out.answer("store_report", json_of(*report), show(*report));
  return done;
}

int restore(journal_care& journals, const instance& whose, const std::string& from,
            const output& out) {
  auto restored = journals.restore(whose, from);
  if (!restored)
    return out.failure(restored.error());
  auto object = json_of(restored->now);
  object["before"] = restored->before;
  out.answer("store_restored", object, show(restored->now));
  if (!restored->before.empty())
    out.talk("The journal of before is in '" + restored->before + "'.");
  out.talk("The next server goes on from the backup: what waited then runs, and what ran is lost, "
           "or tried again where that is wanted.");
  return restored->now.problems.empty() ? done : failed;
}

int compact(journal_care& journals, const instance& whose, const output& out) {
  auto bytes = journals.compact(whose);
  if (!bytes)
    return out.failure(bytes.error());
  auto [before, after] = *bytes;
  out.answer("store_compacted", {{"bytes_before", before}, {"bytes_after", after}},
             "Compacted: " + std::to_string(before) + " bytes before, " + std::to_string(after) +
                 " after\n");
  return done;
}

int export_tasks(journal_care& journals, const instance& whose, const journal_wish& wish,
                 const std::string& to, const output& out) {
  std::ofstream file;
  auto& lines = to.empty() ? std::cout : file;
  // Not before there is something to be written: what is there stays when there is no journal.
  auto open = [&] {
    if (!to.empty() && !file.is_open())
      file.open(to, std::ios::binary | std::ios::trunc);
  };
  int problems = 0;
  auto walked = journals.each_task(
      whose, wish,
      [&](const json::value& task) {
        open();
        lines << json::text(task) << '\n';
      },
      [&](const std::string& problem) {
        ++problems;
        out.talk(problem);
      });
  if (!walked)
    return out.failure(walked.error());
  open();
  if (!lines.flush())
    return out.failure({errc::io_failed, "cannot write " +
                                             (to.empty() ? "all of it" : "'" + to + "'") +
                                             "; look at its directory, its rights and the free "
                                             "space"});
  return problems == 0 ? done : failed;
}

/// What a command does with the journal of its instance.
using journal_step = std::function<int(journal_care&, const instance& whose, const output&)>;

void let(CLI::App* command, invocation& now, journal_step step) {
  command->callback([&now, step = std::move(step)] {
    now.action = [&now, step](output& out) {
      auto found = find_instance(now, out);
      if (!found)
        return out.failure(found.error());
      return step(*now.above.journals, *found, out);
    };
  });
}

} // namespace

void add_store_commands(CLI::App& app, invocation& now) {
  auto* group = app.add_subcommand("store", "The journal: what outlives the server");
  group->require_subcommand(1);
  let(group->add_subcommand("check", "Read all of it, and say what is damaged"), now, check);

  auto file = std::make_shared<std::string>();
  auto* backing = group->add_subcommand("backup", "Copy it to a new file, also beside a server");
  backing->add_option("file", *file, "The new file")->required();
  let(backing, now, [file](journal_care& journals, const instance& whose, const output& out) {
    return backup(journals, whose, *file, out);
  });

  auto* restoring = group->add_subcommand(
      "restore",
      "Put a backup in its place, and keep what was there (in PostgreSQL: into an empty schema)");
  restoring->add_option("file", *file, "The backup")->required();
  let(restoring, now, [file](journal_care& journals, const instance& whose, const output& out) {
    return restore(journals, whose, *file, out);
  });

  let(group->add_subcommand("compact", "Give the space of forgotten tasks back to the system"), now,
      compact);

  auto wish = std::make_shared<journal_wish>();
  auto* exporting =
      group->add_subcommand("export", "Write all tasks as lines of JSON, the newest first");
  exporting->add_option("--pool", wish->pool, "Name or id of a pool (default: all)");
  exporting->add_option("--status", wish->status, "Only tasks of that status (default: all)");
  exporting->add_option("--file", *file, "Where to (default: standard output)");
  let(exporting, now,
      [wish, file](journal_care& journals, const instance& whose, const output& out) {
        return export_tasks(journals, whose, *wish, *file, out);
      });
}

} // namespace mahavishnu::cli
