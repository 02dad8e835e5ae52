// SPDX-License-Identifier: MIT
#include "actors/periodic_words.hpp"

#include "base/rfc3339.hpp"

namespace mahavishnu {

namespace {

result<std::optional<bool>> starts_at_once(const std::string& first) {
  if (first.empty())
    return std::optional<bool>{};
  if (first == "at_once" || first == "later")
    return std::optional<bool>{first == "at_once"};
  return error{errc::invalid_argument,
               "the first run is 'at_once' or 'later', not '" + first + "'"};
}

std::string text_of(periodic_table::time_point when) {
  return rfc3339(std::chrono::floor<std::chrono::milliseconds>(when));
}

} // namespace

result<periodic_task> task_of(const add_periodic& wish) {
  periodic_task made;
  made.name = wish.name;
  made.script = wish.script;
  made.arguments = wish.arguments;
  made.working_directory = wish.working_directory;
  auto& rule = made.rule;
  rule.interval = wish.interval;
  rule.fixed_rate = wish.fixed_rate;
  if (!wish.cron.empty()) {
    auto cron = cron_line::parse(wish.cron, wish.time_zone.empty() ? "local" : wish.time_zone);
    if (!cron)
      return cron.error();
    rule.cron = std::move(*cron);
  } else if (!wish.time_zone.empty()) {
    return error{errc::invalid_argument, "a time zone needs a cron line; give both or none"};
  }
  auto first = starts_at_once(wish.first);
  if (!first)
    return first.error();
  rule.starts_at_once = *first;
  auto overlap = overlap_policy_from_string(wish.overlap);
  if (!overlap)
    return overlap.error();
  rule.overlap = *overlap;
  auto missed = missed_policy_from_string(wish.missed);
  if (!missed)
    return missed.error();
  rule.missed = *missed;
  if (wish.most_at_once < 1)
    return error{errc::invalid_argument,
                 "at least one run at once, not " + std::to_string(wish.most_at_once)};
  rule.most_at_once = static_cast<std::uint32_t>(wish.most_at_once);
  rule.jitter = wish.jitter;
  rule.timeout = wish.timeout;
  rule.enabled = wish.enabled;
  return made;
}

periodic_info info_of(const periodic_table::entry& known) {
  periodic_info about;
  auto& task = about.task;
  const auto& rule = known.task.rule;
  task.name = known.task.name;
  task.script = known.task.script;
  task.arguments = known.task.arguments;
  task.working_directory = known.task.working_directory;
  task.interval = rule.interval;
  task.fixed_rate = rule.fixed_rate;
  if (rule.cron) {
    task.cron = rule.cron->text();
    task.time_zone = rule.cron->zone();
  }
  if (rule.starts_at_once)
    task.first = *rule.starts_at_once ? "at_once" : "later";
  task.overlap = to_string(rule.overlap);
  task.most_at_once = static_cast<std::int32_t>(rule.most_at_once);
  task.missed = to_string(rule.missed);
  task.jitter = rule.jitter;
  task.timeout = rule.timeout;
  task.enabled = rule.enabled;

  auto number = [](std::uint64_t count) { return static_cast<std::int64_t>(count); };
  const auto& state = known.state;
  about.is_running = !state.running.empty();
  about.run_count = number(state.run_count);
  about.error_count = number(state.error_count);
  about.consecutive_errors = number(state.consecutive_errors);
  about.skipped_count = number(state.skipped_count);
  about.missed_count = number(state.missed_count);
  about.last_error = state.last_error;
  if (state.last_run)
    about.last_run = text_of(*state.last_run);
  if (known.next_run && rule.enabled)
    about.next_run = text_of(*known.next_run);
  return about;
}

} // namespace mahavishnu
