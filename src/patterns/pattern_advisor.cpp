// SPDX-License-Identifier: MIT
#include "mahavishnu/patterns/pattern_advisor.hpp"

#include <algorithm>
#include <string>

namespace mahavishnu {

namespace {

constexpr std::array<std::string_view, 6> names{"simple",          "long_running", "concurrent",
                                                "fire_and_forget", "periodic",     "pooled"};

constexpr double long_seconds = 60;

struct advice {
  task_pattern pattern;
  std::string_view reason;
};

advice advise(const pattern_needs& needs) {
  using enum task_pattern;
  if (needs.recurring)
    return {periodic, "it recurs"};
  if (needs.requires_streaming)
    return {long_running, "its output is wanted while it runs"};
  if (needs.expected_duration_seconds.value_or(0) > long_seconds)
    return {long_running, "it takes more than a minute"};
  if (needs.concurrent_tasks > 1)
    return {concurrent, "several run at a time"};
  if (!needs.needs_result)
    return {fire_and_forget, "nobody waits for its result"};
  if (needs.high_frequency)
    return {pooled, "it runs more than ten times a minute"};
  return {simple, "it is short, runs alone, and its result is wanted"};
}

const std::array<pattern_explanation, 6>& explanations() {
  static const std::array<pattern_explanation, 6> all{{
      {"Simple Module Execution",
       "a script takes less than a minute and its result is wanted at once",
       {"nothing to clean up", "exit code and output come back together"},
       {"the caller waits", "no output before the end"},
       "mahavishnu exec report.py -- --month 5"},
      {"Long-Running Background Task",
       "a script takes more than a minute, or its output is wanted while it runs",
       {"output line by line while it runs", "can be cancelled, with all that it started"},
       {"the caller stays until the end"},
       "mahavishnu exec --pattern long_running train.py"},
      {"Concurrent Module Execution",
       "several scripts are independent of each other",
       {"at most so many run at a time", "results in the order of the scripts",
        "one that fails stops no other"},
       {"all share one machine"},
       "mahavishnu exec --pattern concurrent --max-concurrent 4 a.py b.py c.py"},
      {"Fire-and-Forget with Tracking",
       "nobody waits for the result, and somebody may ask later",
       {"returns at once with a run id", "runs list, show, logs and cancel know it"},
       {"a failure is seen only by who asks"},
       "mahavishnu exec --pattern fire_and_forget clean.py"},
      {"Periodic Background Tasks",
       "a script is to run again and again",
       {"the first run starts at once", "a run that fails does not end the series",
        "runs of one task do not overlap, unless that is asked for"},
       {"the server has to run"},
       "mahavishnu exec --pattern periodic --interval 3600 poll.py"},
      {"Resource Pooling",
       "a short script runs more than ten times a minute",
       {"an interpreter that has started already takes the next script",
        "a bounded number of processes"},
       {"Python scripts only"},
       "mahavishnu exec --pattern pooled step.py"},
  }};
  return all;
}

} // namespace

std::string_view to_string(task_pattern pattern) {
  return names.at(static_cast<std::size_t>(pattern));
}

result<task_pattern> pattern_from_string(std::string_view name) {
  auto found = std::ranges::find(names, name);
  if (found != names.end())
    return static_cast<task_pattern>(found - names.begin());
  std::string known;
  for (auto each : names)
    known.append(known.empty() ? "" : ", ").append(each);
  return error{errc::invalid_argument,
               "there is no pattern '" + std::string{name} + "'; the patterns are " + known};
}

task_pattern pattern_advisor::recommend(const pattern_needs& needs) {
  return advise(needs).pattern;
}

std::string_view pattern_advisor::reason(const pattern_needs& needs) {
  return advise(needs).reason;
}

const pattern_explanation& pattern_advisor::explain(task_pattern pattern) {
  return explanations().at(static_cast<std::size_t>(pattern));
}

} // namespace mahavishnu
