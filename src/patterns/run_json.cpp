// SPDX-License-Identifier: MIT
#include "patterns/run_json.hpp"

#include "base/rfc3339.hpp"

#include <cstdio>
#include <ctime>
#include <limits>
#include <type_traits>

namespace mahavishnu {

namespace {

using json = nlohmann::ordered_json;

std::optional<run_time> time_from(const std::string& text) {
  std::tm parts{};
  int milliseconds = 0;
  char zone = 0;
  int used = 0;
  if (std::sscanf(text.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d.%3d%c%n", &parts.tm_year, &parts.tm_mon,
                  &parts.tm_mday, &parts.tm_hour, &parts.tm_min, &parts.tm_sec, &milliseconds,
                  &zone, &used) != 8 ||
      zone != 'Z' || static_cast<std::size_t>(used) != text.size())
    return std::nullopt;
  auto within = [](int number, int least, int most) { return number >= least && number <= most; };
  if (!within(parts.tm_year, 1970, 9998) || !within(parts.tm_mon, 1, 12) ||
      !within(parts.tm_mday, 1, 31) || !within(parts.tm_hour, 0, 23) ||
      !within(parts.tm_min, 0, 59) || !within(parts.tm_sec, 0, 60) || !within(milliseconds, 0, 999))
    return std::nullopt;
  parts.tm_year -= 1900;
  parts.tm_mon -= 1;
  auto seconds = ::timegm(&parts);
  return run_time{std::chrono::seconds{seconds} + std::chrono::milliseconds{milliseconds}};
}

template <class T>
json or_null(const std::optional<T>& value) {
  return value ? json(*value) : json(nullptr);
}

json or_null(const std::optional<run_time>& when) {
  return when ? json(rfc3339(*when)) : json(nullptr);
}

/// Takes the fields of an object; what has the wrong type is an exception with its name.
class fields {
public:
  explicit fields(const json& object) : object_(object) {}

  template <class T>
  void read(const char* name, T& value) const {
    with(name, [&](const json& at) { at.get_to(value); });
  }
  template <class T>
  void read(const char* name, std::optional<T>& value) const {
    with(name, [&](const json& at) {
      if constexpr (std::is_integral_v<T>)
        value = whole_number<T>(name, at);
      else
        value = at.get<T>();
    });
  }
  void read(const char* name, std::optional<run_time>& value) const {
    with(name, [&](const json& at) {
      value = time_from(at.get<std::string>());
      if (!value)
        wrong(name);
    });
  }

private:
  template <class Read>
  void with(const char* name, const Read& read) const {
    auto at = object_.find(name);
    if (at == object_.end() || at->is_null())
      return;
    try {
      read(*at);
    } catch (const nlohmann::json::exception&) {
      wrong(name);
    }
  }
  template <class T>
  static T whole_number(const char* name, const json& at) {
    if (!at.is_number_integer() || at > std::numeric_limits<T>::max() ||
        at < std::numeric_limits<T>::min())
      wrong(name);
    return at.get<T>();
  }
  [[noreturn]] static void wrong(const char* name) {
    throw error{errc::invalid_argument, "its '" + std::string{name} + "' cannot be read"};
  }

  const json& object_;
};

run_record read_record(const json& object) {
  run_record run;
  fields from{object};
  from.read("run_id", run.run_id);
  from.read("module_id", run.module_id);
  from.read("module_name", run.module_name);
  std::string status;
  from.read("status", status);
  auto known = run_status_from_string(status);
  if (!known)
    throw known.error();
  run.status = *known;
  std::optional<run_time> created;
  from.read("created_at", created);
  if (!created)
    throw error{errc::invalid_argument, "it has no 'created_at'"};
  run.created_at = *created;
  from.read("started_at", run.started_at);
  from.read("completed_at", run.completed_at);
  from.read("duration_seconds", run.duration_seconds);
  from.read("progress_percent", run.progress_percent);
  from.read("items_processed", run.items_processed);
  from.read("items_total", run.items_total);
  from.read("exit_code", run.exit_code);
  from.read("error_message", run.error_message);
  from.read("parameters", run.parameters);
  std::optional<std::string> pattern;
  from.read("pattern", pattern);
  if (pattern) {
    auto which = pattern_from_string(*pattern);
    if (!which)
      throw which.error();
    run.pattern = *which;
  }
  from.read("command", run.command);
  from.read("working_directory", run.working_directory);
  std::optional<std::int64_t> timeout;
  from.read("timeout_ms", timeout);
  run.timeout = std::chrono::milliseconds{timeout.value_or(0)};
  return run;
}

} // namespace

json to_json(const run_record& run) {
  return {
      {"run_id", run.run_id},
      {"module_id", run.module_id},
      {"module_name", run.module_name},
      {"status", std::string{to_string(run.status)}},
      {"created_at", rfc3339(run.created_at)},
      {"started_at", or_null(run.started_at)},
      {"completed_at", or_null(run.completed_at)},
      {"duration_seconds", or_null(run.duration_seconds)},
      {"progress_percent", or_null(run.progress_percent)},
      {"items_processed", or_null(run.items_processed)},
      {"items_total", or_null(run.items_total)},
      {"exit_code", or_null(run.exit_code)},
      {"error_message", run.error_message.empty() ? json(nullptr) : json(run.error_message)},
      {"parameters", run.parameters},
      {"pattern", run.pattern ? json(std::string{to_string(*run.pattern)}) : json(nullptr)},
      {"command", run.command},
      {"working_directory", run.working_directory},
      {"timeout_ms", run.timeout.count()},
  };
}

result<run_record> run_from_json(const std::string& text) {
  auto object = json::parse(text, nullptr, false);
  if (!object.is_object())
    return error{errc::invalid_argument, "it is no JSON object"};
  try {
    auto run = read_record(object);
    if (auto checked = check_run(run); !checked)
      return checked.error();
    return run;
  } catch (const error& failure) {
    return failure;
  }
}

} // namespace mahavishnu
