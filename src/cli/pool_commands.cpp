// SPDX-License-Identifier: MIT
#include "cli/ask_and_show.hpp"
#include "cli/command_line.hpp"
#include "cli/task_options.hpp"
#include "cli/text.hpp"
#include "cli/top/live.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cmath>
#include <sstream>

namespace mahavishnu::cli {

namespace {

std::string show_spawned(const pool_spawned& pool) {
  std::ostringstream text;
  text << "Spawned " << pool.type << " pool: " << pool.pool.value << "\n  Name: " << pool.name
       << "\n  Workers: " << pool.min_workers << "-" << pool.max_workers
       << "\n  Worker type: " << pool.worker_type << "\n";
  return text.str();
}

/// What `list`, `health` and `describe` say of a pool.
std::string show_info(const pool_info& pool) {
  std::ostringstream text;
  text << pool.pool.value << "\n  Name: " << pool.name << "\n  Type: " << pool.type << " ("
       << pool.worker_type << ")\n  Status: " << to_string(pool.status)
       << (pool.draining ? ", draining" : "") << "\n  Health: " << to_string(pool.health)
       << (pool.reason.empty() ? "" : ", ") << pool.reason << "\n  Workers: " << pool.workers
       << " (" << pool.min_workers << "-" << pool.max_workers << "), " << pool.active_workers
       << " active\n  Queue: " << pool.queued << " of " << pool.queue_limit
       << "\n  Tasks: " << pool.tasks_completed << " completed, " << pool.tasks_failed
       << " failed\n";
  return text.str();
}

grid show_list(const pool_list& list) {
  grid table{{{.title = "NAME", .may_shrink = true},
              {.title = "ID", .is_rare = true},
              {.title = "TYPE"},
              {.title = "STATUS"},
              {.title = "HEALTH"},
              {.title = "WORKERS", .is_number = true},
              {.title = "ACTIVE", .is_number = true},
              {.title = "QUEUED", .is_number = true},
              {.title = "COMPLETED", .is_number = true},
              {.title = "FAILED", .is_number = true},
              {.title = "REASON", .is_rare = true}}};
  for (const auto& pool : list.pools)
    table.add({pool.name, pool.pool.value, pool.worker_type,
               pool.draining ? "draining" : std::string{to_string(pool.status)},
               std::string{to_string(pool.health)},
               std::to_string(pool.workers) + " (" + std::to_string(pool.min_workers) + "-" +
                   std::to_string(pool.max_workers) + ")",
               std::to_string(pool.active_workers), std::to_string(pool.queued),
               std::to_string(pool.tasks_completed), std::to_string(pool.tasks_failed),
               pool.reason});
  table.when_empty("No pools. Start one with: mahavishnu pool spawn --name NAME");
  return table;
}

std::string show_health(const pools_health& all) {
  auto text = "Pools: " + std::string{to_string(all.status)} +
              "\nActive pools: " + std::to_string(all.pools_active) + "\n";
  for (const auto& pool : all.pools)
    text += "  " + pool.name + " (" + pool.pool.value +
            "): " + std::string{to_string(pool.health)} +
            (pool.reason.empty() ? "" : ", " + pool.reason) + "\n";
  return text;
}

int exit_code_of_health(const pools_health& all) {
  return all.status == health::healthy ? done : failed;
}

std::string show_config(const pool_config& config) {
  std::ostringstream text;
  text << "  When full: " << to_string(config.when_full);
  if (config.when_full == full_policy::wait)
    text << " up to " << seconds(config.wait_limit);
  text << "\n  Durability: " << to_string(config.durability)
       << "\n  Concurrency: " << config.worker_concurrency << " per worker\n  Auto-scale: ";
  if (config.auto_scale)
    text << "yes, a worker may idle for " << seconds(config.idle_limit);
  else
    text << "no";
  text << "\n  Time-out of a task: " << seconds(config.default_timeout)
       << "\n  Retries: " << config.retry.max_attempts - 1;
  if (config.retry.max_attempts > 1) {
    text << ", the first after " << seconds(config.retry.delay) << ", on";
    for (const auto& each : config.retry.on)
      text << " " << each;
  }
  text << "\n  Restarts of workers: ";
  if (config.restart_limit < 0)
    text << "none";
  else
    text << config.restart_limit << " within " << seconds(config.restart_window);
  text << "\n  Remembers: " << config.history_limit << " ended tasks\n";
  if (!config.labels.empty())
    text << "  Labels: " << pairs(config.labels) << "\n";
  if (!config.extra_config.empty())
    text << "  Config: " << pairs(config.extra_config) << "\n";
  return text.str();
}

std::string show_metrics(const pool_metrics& seen) {
  std::ostringstream text;
  text << "  So far: " << seen.tasks_cancelled << " cancelled, " << seen.tasks_retried
       << " retries, " << seen.tasks_refused << " refused, " << seen.tasks_delegated
       << " handed over, " << seen.tasks_adopted << " taken over, " << seen.workers_restarted
       << " workers replaced\n  Now: " << seen.parked << " wait for a retry, " << seen.waiting
       << " for room, " << seen.memory_count
       << " remembered\n  Duration: " << seconds(seen.avg_task_duration) << " on average, "
       << seconds(seen.p50_task_duration) << " p50, " << seconds(seen.p95_task_duration) << " p95, "
       << seconds(seen.p99_task_duration) << " p99\n  Memory: " << std::lround(seen.memory_usage_mb)
       << " MB\n";
  return text.str();
}

std::string show_description(const pool_description& pool) {
  return show_info(pool.info) + show_config(pool.config) + show_metrics(pool.metrics);
}

std::string show_scaled(const pool_scaled& pool) {
  return "Scaled pool: " + pool.pool.value + "\n  Workers: " + std::to_string(pool.actual_workers) +
         " now, " + std::to_string(pool.target_workers) + " wanted\n  Status: " + pool.status +
         "\n";
}

std::string show_drained(const pool_drained& pool) {
  return "Drained pool: " + pool.pool.value + "\n";
}

std::string show_resumed(const pool_resumed& pool) {
  return "Resumed pool: " + pool.pool.value + "\n";
}

std::string show_closed(const pool_closed& pool) {
  return "Closed pool: " + pool.pool.value + "\n";
}

std::string show_all_closed(const pools_closed& pools) {
  return "Closed pools: " + std::to_string(pools.count) + "\n";
}

grid show_monitored(const aggregated_results& all) {
  grid table{{{.title = "POOL", .may_shrink = true},
              {.title = "STATUS"},
              {.title = "WORKERS", .is_number = true},
              {.title = "ACTIVE", .is_number = true},
              {.title = "QUEUED", .is_number = true},
              {.title = "COMPLETED", .is_number = true},
              {.title = "FAILED", .is_number = true},
              {.title = "AVERAGE", .is_rare = true, .is_number = true},
              {.title = "P95", .is_number = true},
              {.title = "MEMORY", .is_rare = true, .is_number = true},
              {.title = "REMEMBERED", .is_rare = true, .is_number = true}}};
  auto number = [](auto value) { return std::to_string(value); };
  for (const auto& [id, pool] : all.pools) {
    const auto& seen = pool.metrics;
    table.add({id, pool.status, number(seen.total_workers), number(seen.active_workers),
               number(seen.queued), number(seen.tasks_completed), number(seen.tasks_failed),
               seconds(seen.avg_task_duration), seconds(seen.p95_task_duration),
               number(std::lround(seen.memory_usage_mb)) + " MB", number(pool.memory_count)});
  }
  return table;
}

/// `monitor` as it was given.
struct monitor_wish {
  aggregate_results question;
  bool once = false;
  double interval = 2;
};

int monitor(const invocation& now, const output& out, const monitor_wish& wish) {
  bool has_screen = !wish.once && top::may_have_screen(now, out);
  std::optional<top::signal_inbox> signals;
  if (has_screen)
    signals.emplace(has_screen);
  auto server = session::open(now, out);
  if (!server)
    return out.failure(server.error());
  auto answer = (*server)->ask<aggregated_results>(
      wish.question, has_screen ? std::chrono::seconds{5} : session::answer_limit);
  if (!answer)
    return out.failure(answer.error());
  auto unknown = std::ranges::any_of(
      answer->pools, [](const auto& each) { return each.second.status == "not_found"; });
  if (has_screen && !unknown) {
    top::watch_wish view{.first = top::page::pools, .interval = milliseconds_of(wish.interval)};
    if (!wish.question.pools.empty())
      for (const auto& [id, ignored] : answer->pools)
        view.pools.push_back(id);
    server->reset();
    return top::watch(now, out, *signals, view);
  }
  out.answer(kind_of<aggregated_results>(), json::from(*answer), show_monitored(*answer));
  return unknown ? failed : done;
}

/// `spawn` as it was given.
struct spawn_options {
  pool_config config;
  double idle_limit = 0, wait_limit = 0, timeout = 0;
  std::string when_full = "refuse";
  std::string durable = "default";
  std::optional<std::int32_t> restart_limit;
  retry_options retry;
  std::vector<std::string> labels, extra;

  void add_to(CLI::App& command) {
    command.add_option("--type,-t", config.type, "Pool type (default: pools.default_type)");
    command.add_option("--name,-n", config.name, "Name of the pool (default: default)");
    add_number(command, "--min,-m", config.min_workers, 1000,
               "Workers at least (default: pools.min_workers)");
    add_number(command, "--max,-M", config.max_workers, 1000,
               "Workers at most (default: pools.max_workers)");
    add_number(command, "--workers", config.start_workers, 1000,
               "Workers to start with (default: as many as --min)");
    command.add_option("--worker-type,-w", config.worker_type,
                       "What the workers run (default: workers.default_type)");
    command.add_flag("--auto-scale", config.auto_scale,
                     "Grow while tasks wait, shrink while workers idle");
    add_seconds(command, "--idle-limit", idle_limit,
                "Seconds that a worker idles before it goes (default: pools.idle_limit)");
    add_number(command, "--concurrency", config.worker_concurrency, 1000000,
               "Tasks that a worker has at a time, when its type can (default: 1)");
    add_number(command, "--queue-limit", config.queue_limit, 1000000,
               "Tasks that may wait (default: pools.queue_limit)");
    command
        .add_option("--when-full", when_full,
                    "What a task meets that finds no room: refuse or wait (default: refuse)")
        ->check(CLI::IsMember({"refuse", "wait"}));
    command
        .add_option("--durability", durable,
                    "What of its tasks outlives the server: sync (all), async (what is a moment "
                    "old) or none (default: storage.durability)")
        ->check(CLI::IsMember({"sync", "async", "none"}));
    add_seconds(command, "--wait-limit", wait_limit,
                "Seconds to wait for room (default: pools.wait_limit)");
    add_seconds(command, "--timeout,-T", timeout,
                "Seconds until an attempt is ended (default: workers.timeout_seconds)");
    retry.add_to(command);
    command
        .add_option("--restart-limit", restart_limit,
                    "Workers that may be replaced within pools.restart_window "
                    "(default: pools.restart_limit)")
        ->check(CLI::Range(0, 100000));
    add_number(command, "--history-limit", config.history_limit, 1000000,
               "Ended tasks that are remembered (default: pools.history_limit)");
    command.add_flag("--memory,!--no-memory", config.memory_enabled,
                     "Remember what its tasks say (default: yes)");
    add_words(command, "--label", labels,
              "NAME=VALUE that tasks may ask for; may be given many times");
    add_words(command, "--config", extra,
              "KEY=VALUE for worker types that take more; may be given many times");
  }

  result<spawn_pool> wish() const {
    auto all = config;
    auto named = parse_pairs("--label", labels);
    auto more = parse_pairs("--config", extra);
    if (!named || !more)
      return (named ? more : named).error();
    all.labels = std::move(*named);
    all.extra_config = std::move(*more);
    all.when_full = *enum_from_string<full_policy>(when_full);
    all.durability = *enum_from_string<durability>(durable);
    all.idle_limit = milliseconds_of(idle_limit);
    all.wait_limit = milliseconds_of(wait_limit);
    all.default_timeout = milliseconds_of(timeout);
    all.retry = retry.policy();
    if (restart_limit) // in the message, zero is the default
      all.restart_limit = *restart_limit == 0 ? -1 : *restart_limit;
    return spawn_pool{std::move(all)};
  }

private:
  static void add_number(CLI::App& command, const std::string& name, std::int32_t& value, int most,
                         const std::string& help) {
    command.add_option(name, value, help)->check(CLI::Range(1, most));
  }
};

void add_spawn(CLI::App& pool, invocation& now) {
  auto* command = pool.add_subcommand("spawn", "Start a pool of workers");
  auto options = std::make_shared<spawn_options>();
  options->add_to(*command);
  command->callback([&now, options] {
    now.action = [&now, options](output& out) {
      auto wish = options->wish();
      if (!wish)
        return out.failure(wish.error());
      return ask_and_show<pool_spawned>(now, out, *wish, show_spawned);
    };
  });
}

/// A command that says something to one pool.
template <class Question, class Answer>
void add_for_pool(CLI::App& pool, invocation& now, const char* name, const char* help,
                  std::string (*show)(const Answer&),
                  std::chrono::milliseconds limit = session::answer_limit) {
  auto* command = pool.add_subcommand(name, help);
  auto question = std::make_shared<Question>();
  command->add_option("pool", question->pool, "Name or id of the pool")->required();
  if constexpr (std::is_same_v<Question, scale_pool>)
    command->add_option("--target,-t", question->target_workers, "How many workers it is to have")
        ->required();
  command->callback([&now, question, show, limit] {
    now.action = [&now, question, show, limit](output& out) {
      return ask_and_show<Answer>(now, out, *question, show, nullptr, limit);
    };
  });
}

/// A command without options.
template <class Question, class Answer, class Shown>
void add_plain(CLI::App& pool, invocation& now, const char* name, const char* help,
               Shown (*show)(const Answer&), int (*exit_code_of)(const Answer&) = nullptr,
               std::chrono::milliseconds limit = session::answer_limit) {
  pool.add_subcommand(name, help)->callback([&now, show, exit_code_of, limit] {
    now.action = [&now, show, exit_code_of, limit](output& out) {
      return ask_and_show<Answer>(now, out, Question{}, show, exit_code_of, limit);
    };
  });
}

void add_monitor(CLI::App& pool, invocation& now) {
  auto* command = pool.add_subcommand(
      "monitor",
      "Watch what the pools do; without a terminal, print what they have done until now");
  auto wish = std::make_shared<monitor_wish>();
  command->add_option("pools", wish->question.pools, "Names or ids (default: all)");
  command->add_flag("--once", wish->once, "Print it on a terminal, too");
  command->add_option("--interval,-d", wish->interval, "Seconds between two pictures (default: 2)")
      ->check(CLI::Range(top::shortest_interval, top::longest_interval));
  command->callback([&now, wish] {
    now.action = [&now, wish](output& out) { return monitor(now, out, *wish); };
  });
}

} // namespace

void add_pool_commands(CLI::App& app, invocation& now) {
  auto* pool = app.add_subcommand("pool", "Pools of workers, and tasks on them");
  pool->require_subcommand(1);
  add_spawn(*pool, now);
  add_plain<list_pools>(*pool, now, "list", "List the pools, oldest first", show_list);
  add_for_pool<describe_pool>(*pool, now, "describe", "Tell all about a pool", show_description);
  add_pool_task_commands(*pool, now);
  add_batch_command(*pool, now);
  add_for_pool<scale_pool>(*pool, now, "scale", "Give a pool more workers, or fewer", show_scaled);
  add_for_pool<drain_pool>(*pool, now, "drain",
                           "Have a pool take no new tasks, and wait until its tasks have ended",
                           show_drained, session::task_limit);
  add_for_pool<resume_pool>(*pool, now, "resume", "Have a drained pool take tasks again",
                            show_resumed);
  add_plain<get_health>(*pool, now, "health", "Say how the pools do; exit code 1 unless healthy",
                        show_health, exit_code_of_health);
  add_monitor(*pool, now);
  add_pool_memory_command(*pool, now);
  add_for_pool<close_pool>(*pool, now, "close", "Close a pool and end what runs there", show_closed,
                           session::task_limit);
  add_plain<close_all_pools, pools_closed>(*pool, now, "close-all", "Close every pool",
                                           show_all_closed, nullptr, session::task_limit);
}

} // namespace mahavishnu::cli
