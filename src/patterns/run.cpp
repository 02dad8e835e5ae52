// SPDX-License-Identifier: MIT
#include "mahavishnu/patterns/run.hpp"

#include "exec/run_state.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>

namespace mahavishnu {

namespace {

constexpr std::array<std::string_view, 5> names{"queued", "running", "completed", "failed",
                                                "cancelled"};
constexpr std::array<std::string_view, 3> forbidden{"__internal__", "__system__", "__private__"};
constexpr std::size_t longest_module_in_id = 60;

} // namespace

std::string_view to_string(run_status status) {
  return names.at(static_cast<std::size_t>(status));
}

result<run_status> run_status_from_string(std::string_view name) {
  auto found = std::ranges::find(names, name);
  if (found != names.end())
    return static_cast<run_status>(found - names.begin());
  return error{errc::invalid_argument,
               "there is no status '" + std::string{name} +
                   "' of a run; there are queued, running, completed, failed and cancelled"};
}

bool is_active(run_status status) {
  return status == run_status::queued || status == run_status::running;
}

result<void> check_run(const run_record& run) {
  if (!exec::is_run_name(run.run_id))
    return error{errc::invalid_argument, "'" + run.run_id.substr(0, 100) +
                                             "' is no id of a run; use no more than 100 letters, "
                                             "digits, '.', '_' and '-', and no '.' at the start"};
  if (run.parameters.size() > most_run_parameters)
    return error{errc::invalid_argument,
                 "run '" + run.run_id + "' has " + std::to_string(run.parameters.size()) +
                     " parameters, and " + std::to_string(most_run_parameters) +
                     " are the most; put the data into a file"};
  for (auto name : forbidden)
    if (run.parameters.contains(std::string{name}))
      return error{errc::invalid_argument, "run '" + run.run_id + "' has a parameter '" +
                                               std::string{name} +
                                               "', which is reserved; name it differently"};
  return {};
}

std::string make_run_id(std::string_view module_id, run_time when, std::uint32_t chance) {
  std::string module;
  for (char c : module_id.substr(0, longest_module_in_id)) {
    char one[] = {c, 0};
    module += exec::is_run_name(one) || c == '.' ? c : '_';
  }
  auto seconds = std::chrono::system_clock::to_time_t(when);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char time[64];
  std::strftime(time, sizeof time, "%Y%m%d_%H%M%S", &parts);
  char random[16];
  std::snprintf(random, sizeof random, "%08x", static_cast<unsigned>(chance));
  return std::string{"run_"} + time + "_" + (module.empty() ? "script" : module) + "_" + random;
}

} // namespace mahavishnu
