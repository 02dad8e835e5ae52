// SPDX-License-Identifier: MIT
#include "patterns/periodic_file.hpp"

#include "base/text.hpp"

#include <absl/time/time.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <limits>

namespace mahavishnu {

namespace {

using json = nlohmann::ordered_json;
using namespace std::chrono_literals;
using time_point = schedule_state::time_point;

constexpr const char* time_format = "%Y-%m-%d%ET%H:%M:%E6SZ";

json seconds_of(std::chrono::milliseconds time) {
  if (time % 1s == 0ms)
    return time / 1s;
  return std::chrono::duration<double>{time}.count();
}

json time_of(const std::optional<time_point>& time) {
  if (!time)
    return nullptr;
  return absl::FormatTime(time_format, absl::FromChrono(*time), absl::UTCTimeZone());
}

/// Reads members of one object; the first one that is wrong is remembered, and the rest is then of
/// no interest.
class object_reader {
public:
  object_reader(const json& object, std::string where, std::optional<error>& wrong)
      : object_(object), where_(std::move(where)), wrong_(wrong) {
    if (!object_.is_object())
      refuse("", "an object");
  }

  /// Null when it is missing or null.
  const json* find(const char* key) const {
    if (!object_.is_object())
      return nullptr;
    auto found = object_.find(key);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
  }

  void read(const char* key, std::string& to) const {
    if (const auto* found = find(key)) {
      if (!found->is_string())
        return refuse(key, "a text");
      to = found->get<std::string>();
    }
  }
  void read(const char* key, bool& to) const {
    if (const auto* found = find(key)) {
      if (!found->is_boolean())
        return refuse(key, "true or false");
      to = found->get<bool>();
    }
  }
  void read(const char* key, std::optional<bool>& to) const {
    bool value = false;
    if (find(key) != nullptr) {
      read(key, value);
      to = value;
    }
  }
  template <class Count>
  requires std::is_unsigned_v<Count>
  void read(const char* key, Count& to) const {
    if (const auto* found = find(key)) {
      if (!found->is_number_unsigned() ||
          found->get<std::uint64_t>() > std::numeric_limits<Count>::max())
        return refuse(key, "a number that is not negative");
      to = static_cast<Count>(found->get<std::uint64_t>());
    }
  }
  void read(const char* key, std::chrono::milliseconds& to) const {
    constexpr double longest = 1e10; // seconds, before they do not fit any more
    if (const auto* found = find(key)) {
      if (!found->is_number() || std::abs(found->get<double>()) > longest)
        return refuse(key, "a number of seconds");
      to = std::chrono::round<std::chrono::milliseconds>(
          std::chrono::duration<double>{found->get<double>()});
    }
  }
  void read(const char* key, std::optional<time_point>& to) const {
    if (const auto* found = find(key)) {
      absl::Time time;
      std::string reason;
      if (!found->is_string() ||
          !absl::ParseTime(absl::RFC3339_full, found->get<std::string>(), &time, &reason) ||
          time >= absl::FromChrono(time_point::max()) ||
          time <= absl::FromChrono(time_point::min())) // beyond what the clock can tell
        return refuse(key, "a time as 2026-11-21T13:24:54Z");
      to = absl::ToChronoTime(time);
    }
  }
  void read(const char* key, std::vector<std::string>& to) const {
    if (const auto* found = find(key)) {
      if (!found->is_array())
        return refuse(key, "a list of texts");
      for (const auto& each : *found) {
        if (!each.is_string())
          return refuse(key, "a list of texts");
        to.push_back(each.get<std::string>());
      }
    }
  }
  template <class Policy>
  void read(const char* key, Policy& to, result<Policy> (*from_string)(std::string_view)) const {
    std::string name;
    read(key, name);
    if (name.empty())
      return;
    if (auto policy = from_string(name))
      to = *policy;
    else
      refuse_because(policy.error());
  }

  void refuse_because(error why) const {
    if (!wrong_)
      wrong_ = std::move(why);
  }

private:
  void refuse(const std::string& key, const std::string& wanted) const {
    refuse_because({errc::invalid_argument, "'" + where_ + key + "' has to be " + wanted});
  }

  const json& object_;
  std::string where_;
  std::optional<error>& wrong_;
};

json json_of(const schedule_rule& rule) {
  json made{{"interval_seconds", seconds_of(rule.interval)}, {"fixed_rate", rule.fixed_rate}};
  if (rule.cron) {
    made["cron"] = rule.cron->text();
    made["time_zone"] = rule.cron->zone();
  }
  if (rule.starts_at_once)
    made["starts_at_once"] = *rule.starts_at_once;
  made.update(json{{"overlap", to_string(rule.overlap)},
                   {"most_at_once", rule.most_at_once},
                   {"missed", to_string(rule.missed)},
                   {"most_missed", rule.most_missed},
                   {"jitter_seconds", seconds_of(rule.jitter)},
                   {"enabled", rule.enabled},
                   {"timeout_seconds", seconds_of(rule.timeout)}});
  return made;
}

void read_rule(const object_reader& from, schedule_rule& rule) {
  from.read("interval_seconds", rule.interval);
  from.read("fixed_rate", rule.fixed_rate);
  from.read("starts_at_once", rule.starts_at_once);
  from.read("overlap", rule.overlap, overlap_policy_from_string);
  from.read("most_at_once", rule.most_at_once);
  from.read("missed", rule.missed, missed_policy_from_string);
  from.read("most_missed", rule.most_missed);
  from.read("jitter_seconds", rule.jitter);
  from.read("enabled", rule.enabled);
  from.read("timeout_seconds", rule.timeout);
  if (from.find("cron") == nullptr)
    return;
  std::string line;
  std::string zone = "UTC";
  from.read("cron", line);
  from.read("time_zone", zone);
  if (auto parsed = cron_line::parse(line, zone))
    rule.cron = *parsed;
  else
    from.refuse_because(parsed.error());
}

json json_of(const schedule_state& state) {
  return {{"run_count", state.run_count},
          {"error_count", state.error_count},
          {"consecutive_errors", state.consecutive_errors},
          {"skipped_count", state.skipped_count},
          {"missed_count", state.missed_count},
          {"last_run", time_of(state.last_run)},
          {"last_error", state.last_error},
          {"planned", time_of(state.planned)},
          {"delay_seconds", seconds_of(state.delay)},
          {"last_planned", time_of(state.last_planned)},
          {"running", state.running.size()},
          {"owed", state.owed}};
}

void read_state(const object_reader& from, schedule_state& state) {
  from.read("run_count", state.run_count);
  from.read("error_count", state.error_count);
  from.read("consecutive_errors", state.consecutive_errors);
  from.read("skipped_count", state.skipped_count);
  from.read("missed_count", state.missed_count);
  from.read("last_run", state.last_run);
  from.read("last_error", state.last_error);
  from.read("planned", state.planned);
  from.read("delay_seconds", state.delay);
  from.read("last_planned", state.last_planned);
  from.read("owed", state.owed);
  std::uint16_t running = 0;
  from.read("running", running);
  for (std::uint64_t number = 1; number <= running; ++number)
    state.running.push_back(number);
}

} // namespace

std::string to_json(const periodic_record& record) {
  json made{{"name", record.task.name},
            {"script", record.task.script},
            {"arguments", record.task.arguments},
            {"working_directory", record.task.working_directory},
            {"schedule", json_of(record.task.rule)},
            {"state", json_of(record.state)}};
  // What a script says in an error may be any bytes.
  return made.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

result<periodic_record> periodic_record_from_json(std::string_view text) {
  auto parsed = json::parse(text, nullptr, false);
  if (parsed.is_discarded())
    return error{errc::invalid_argument, "it is no JSON"};
  periodic_record record;
  std::optional<error> wrong;
  object_reader whole{parsed, "", wrong};
  whole.read("name", record.task.name);
  whole.read("script", record.task.script);
  whole.read("arguments", record.task.arguments);
  whole.read("working_directory", record.task.working_directory);
  const json nothing = json::object();
  const auto* rule = whole.find("schedule");
  read_rule({rule == nullptr ? nothing : *rule, "schedule.", wrong}, record.task.rule);
  const auto* state = whole.find("state");
  read_state({state == nullptr ? nothing : *state, "state.", wrong}, record.state);
  if (wrong)
    return *wrong;
  return record;
}

} // namespace mahavishnu
