// SPDX-License-Identifier: MIT
#include "actors/task_rules.hpp"

namespace mahavishnu {

namespace {
constexpr std::chrono::hours longest_timeout{24 * 30};
} // namespace

result<void> check(const task_spec& spec) {
  auto wrong = [](std::string text) { return error{errc::invalid_argument, std::move(text)}; };
  if (spec.prompt.str().find_first_not_of(" \t\r\n") == std::string::npos)
    return wrong("the prompt is empty; give the script to run");
  if (spec.prompt.str().find('\0') != std::string::npos)
    return wrong("the prompt contains a zero byte, which no shell script can");
  if (spec.timeout.count() < 0 || spec.timeout > longest_timeout)
    return wrong("the time-out must be between 1 ms and 30 days");
  return {};
}

} // namespace mahavishnu
