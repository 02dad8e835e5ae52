// SPDX-License-Identifier: MIT
#include "base/rfc3339.hpp"
#include "cli/command_line.hpp"
#include "cli/find.hpp"
#include "cli/interrupts.hpp"
#include "cli/kinds.hpp"
#include "cli/task_options.hpp"
#include "cli/text.hpp"

#include <CLI/CLI.hpp>

namespace mahavishnu::cli {

namespace {

constexpr std::chrono::milliseconds longest_wait{30'000};

/// The command as it was given.
struct events_wish {
  bool follow = false;
  double wait = 1;
  std::string pool;
  std::vector<std::string> types;
};

std::string ended(const task_result& task) {
  return task.task.str() + " " + std::string{to_string(task.status)} + " after " +
         seconds(task.duration) + (task.error.empty() ? "" : ": " + task.error);
}

/// What a notice of each type says.
struct details {
  std::string operator()(const bus::task_delegate& x) const { return x.task.str(); }
  std::string operator()(const bus::result_share& x) const { return ended(x.result); }
  std::string operator()(const bus::status_update& x) const {
    return std::string{to_string(x.from)} + " -> " + std::string{to_string(x.status)} +
           (x.reason.empty() ? "" : ": " + x.reason);
  }
  std::string operator()(const bus::heartbeat& x) const {
    return std::string{to_string(x.status)} + ", " + std::to_string(x.active_workers) + " of " +
           std::to_string(x.workers) + " workers active, " + std::to_string(x.queued) + " queued";
  }
  std::string operator()(const bus::pool_created& x) const {
    return x.config.name + " (" + x.config.worker_type + ")";
  }
  std::string operator()(const bus::pool_closed& x) const { return x.reason; }
  std::string operator()(const bus::task_completed& x) const { return ended(x.result); }
};

std::string line_of(const notice& what) {
  auto line = rfc3339(std::chrono::sys_time<std::chrono::milliseconds>{what.timestamp}) + " " +
              std::string{to_string(what.type())};
  if (!what.source.empty())
    line += " " + what.source.value;
  if (!what.target.empty())
    line += " to " + what.target.value;
  return line + ": " + std::visit(details{}, what.payload);
}

void show(const output& out, const notices& news) {
  // On one line in both forms, since more are to come.
  for (const auto& each : news.items)
    out.item(kind_of<notice>(), json::from(each), line_of(each));
  if (news.missed > 0)
    out.talk("warning: missed " + std::to_string(news.missed) +
             " events, which came faster than they were printed");
}

int print_events(const invocation& now, const output& out, const events_wish& wish) {
  interrupts signals;
  auto server = session::open(now, out);
  if (!server)
    return out.failure(server.error());
  auto pool = wish.pool.empty() ? result<std::string>{} : find_pool(**server, wish.pool);
  if (!pool)
    return out.failure(pool.error());
  subscribe question;
  question.types = wish.types;
  question.pool = *pool; // the feed knows pools by id only
  auto mine = (*server)->ask<subscribed>(question);
  if (!mine)
    return out.failure(mine.error());
  auto leave = [&] {
    [[maybe_unused]] auto told = (*server)->ask<unsubscribed>(unsubscribe{mine->subscription});
  };
  on_interrupt stop{signals, leave}; // which ends the question that waits
  using clock = std::chrono::steady_clock;
  auto end = clock::now() + milliseconds_of(wish.wait);
  while (!signals.came()) {
    auto wait = longest_wait;
    if (!wish.follow)
      wait = std::min(wait, std::chrono::ceil<std::chrono::milliseconds>(end - clock::now()));
    if (wait.count() <= 0)
      break;
    auto news = (*server)->ask<notices>(receive_notices{mine->subscription, 100, wait},
                                        longest_wait + session::answer_limit);
    if (news)
      show(out, *news);
    else if (!signals.came())
      return out.failure(news.error());
  }
  if (!signals.came())
    leave();
  return done;
}

} // namespace

void add_event_commands(CLI::App& app, invocation& now) {
  auto* command = app.add_subcommand("events", "Print what happens to pools and tasks");
  auto wish = std::make_shared<events_wish>();
  auto* follow = command->add_flag("--follow,-f", wish->follow, "Go on until Ctrl-C");
  add_seconds(*command, "--wait", wish->wait, "Seconds to listen (default: 1)")->excludes(follow);
  add_words(*command, "--type", wish->types,
            "task_delegate, result_share, status_update, heartbeat, pool_created, pool_closed or "
            "task_completed; may be given many times (default: all)");
  command->add_option(
      "--pool", wish->pool,
      "Name or id of a pool, or its beginning: only what comes from it, or goes to it or to all");
  command->callback([&now, wish] {
    now.action = [&now, wish](output& out) { return print_events(now, out, *wish); };
  });
}

} // namespace mahavishnu::cli
