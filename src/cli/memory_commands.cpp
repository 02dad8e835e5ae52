// SPDX-License-Identifier: MIT
#include "base/moment_text.hpp"
#include "base/rfc3339.hpp"
#include "cli/ask_and_show.hpp"
#include "cli/command_line.hpp"
#include "cli/task_options.hpp"
#include "cli/text.hpp"

#include <CLI/CLI.hpp>

#include <sstream>

namespace mahavishnu::cli {

namespace {

constexpr std::size_t shown_of_title = 100;

/// A server that hangs is waited for, each batch of records on its own.
constexpr std::chrono::minutes longest_sync{10};

std::string show_found(const memory_found& found) {
  std::ostringstream text;
  for (const auto& each : found.results) {
    const auto& from = each.metadata;
    text << from.timestamp << "  " << from.pool_name << "  " << to_string(from.status) << "  "
         << from.task.str();
    if (each.times > 1)
      text << "  (" << each.times << " times)";
    text << "\n  $ " << first_line(each.title, shown_of_title) << "\n";
    std::istringstream lines{each.snippet};
    for (std::string line; std::getline(lines, line);)
      text << "    " << line << "\n";
  }
  if (found.results.empty())
    text << "Nothing was found.\n";
  else
    text << found.results.size() << " of " << (found.more_than_total ? "more than " : "")
         << found.total << "\n";
  if (!found.next.empty())
    text << "For the next page: --page " << found.next << "\n";
  for (const auto& each : found.problems)
    text << "left out: " << each << "\n";
  return text.str();
}

int exit_code_of_found(const memory_found& found) {
  return found.problems.empty() ? done : failed;
}

grid show_stats(const memory_stats& all) {
  std::ostringstream text;
  text << all.records << " records of " << all.contents << " contents, " << all.bytes << " bytes\n";
  grid table{{{.title = "POOL"},
              {.title = "ID", .is_rare = true},
              {.title = "RECORDS", .is_number = true},
              {.title = "NEWEST"}}};
  for (const auto& each : all.pools)
    table.add({each.pool_name, each.pool.value, std::to_string(each.memory_count),
               age_of_moment(each.newest)});
  for (const auto& each : all.targets) {
    text << each.service << " (" << each.url << "): " << each.sent << " sent, " << each.waiting
         << " waiting, " << each.failed << " refused" << (each.circuit_open ? ", paused" : "")
         << "\n";
    if (!each.last_error.empty())
      text << "  " << each.last_error << "\n";
  }
  auto lines = text.str();
  lines.pop_back();
  table.note(lines);
  table.when_empty("Nothing is remembered yet.");
  return table;
}

std::string show_synced(const memory_synced& how) {
  std::ostringstream text;
  text << how.collected << " collected, " << how.sent << " sent, " << how.failed << " refused, "
       << how.waiting << " waiting\n";
  for (const auto& each : how.problems)
    text << each << "\n";
  return text.str();
}

int exit_code_of_sync(const memory_synced& how) {
  return how.problems.empty() && how.waiting == 0 && how.failed == 0 ? done : failed;
}

struct search_wish {
  search_memory question;
  std::string since, until;
};

std::shared_ptr<search_wish> add_search_options(CLI::App& command) {
  auto wish = std::make_shared<search_wish>();
  auto& question = wish->question;
  command.add_option("--pool", question.pool, "Only of this pool: name or id");
  command.add_option("--status", question.status,
                     "Only of tasks that ended so: completed, failed, timeout, cancelled or lost");
  add_words(command, "--tag", question.tags,
            "Only of tasks with this metadata, as NAME=VALUE; may be given many times");
  command.add_option("--since", wish->since,
                     "Only of tasks that ended since then: 2h, 7d, 2026-11-21 or with a time");
  command.add_option("--until", wish->until, "Only of tasks that ended before that");
  command.add_option("--limit", question.limit, "How many at most (default: 20)");
  command.add_option("--page", question.page, "The page that the one before it has named");
  return wish;
}

int search(const invocation& now, const output& out, const search_wish& wish) {
  auto question = wish.question;
  for (auto [option, text, moment] : {std::tuple{"--since", &wish.since, &question.since},
                                      std::tuple{"--until", &wish.until, &question.until}})
    if (auto read = read_moment(option, *text, *moment); !read)
      return out.failure(read.error());
  return ask_and_show<memory_found>(now, out, question, show_found, exit_code_of_found);
}

} // namespace

void add_pool_memory_command(CLI::App& pool, invocation& now) {
  auto* command = pool.add_subcommand("search-memory", "The same as memory search");
  auto wish = add_search_options(*command);
  command->add_option("--query,-q", wish->question.query,
                      "Words, \"phrases\" and beginnings* (default: the newest)");
  command->callback(
      [&now, wish] { now.action = [&now, wish](output& out) { return search(now, out, *wish); }; });
}

void add_memory_commands(CLI::App& app, invocation& now) {
  auto* group = app.add_subcommand("memory", "What ended tasks have left behind");
  group->require_subcommand(1);

  auto* searching = group->add_subcommand("search", "Search what tasks were asked and have said");
  auto wish = add_search_options(*searching);
  auto words = std::make_shared<std::vector<std::string>>();
  searching->add_option("query", *words,
                        "Words, \"phrases\" and beginnings* (default: the newest)");
  searching->callback([&now, wish, words] {
    now.action = [&now, wish, words](output& out) {
      for (const auto& each : *words)
        wish->question.query += (wish->question.query.empty() ? "" : " ") + each;
      return search(now, out, *wish);
    };
  });

  group->add_subcommand("stats", "Say what is there, and how its synchronisation goes")
      ->callback([&now] {
        now.action = [&now](output& out) {
          return ask_and_show<memory_stats>(now, out, get_memory_stats{}, show_stats);
        };
      });
  group->add_subcommand("sync", "Send what waits to Session-Buddy and Akosha now")
      ->callback([&now] {
        now.action = [&now](output& out) {
          return ask_and_show<memory_synced>(now, out, sync_memory{}, show_synced,
                                             exit_code_of_sync, longest_sync);
        };
      });
}

} // namespace mahavishnu::cli
