// SPDX-License-Identifier: MIT
#include "actors/task_rules.hpp"

namespace mahavishnu {

namespace {

constexpr std::chrono::hours longest_time{24 * 30};
constexpr std::size_t longest_key = 512;
constexpr std::size_t most_labels = 64;

bool is_blank(const shared_text& text) {
  return text.str().find_first_not_of(" \t\r\n") == std::string::npos;
}

} // namespace

result<void> check(const task_spec& spec) {
  auto wrong = [](std::string text) { return error{errc::invalid_argument, std::move(text)}; };
  const auto& script = spec.command.empty() ? spec.prompt : spec.command;
  if (is_blank(script))
    return wrong("the prompt is empty; give the script to run");
  if (!spec.command.empty() && !spec.prompt.empty())
    return wrong("there is a prompt and a command; give one of them");
  if (script.str().find('\0') != std::string::npos)
    return wrong("the prompt contains a zero byte, which no shell script can");
  if (spec.timeout.count() < 0 || spec.timeout > longest_time)
    return wrong("the time-out must be between 1 ms and 30 days");
  if (spec.deadline.count() < 0 || spec.deadline > longest_time)
    return wrong("the deadline must be between 1 ms and 30 days");
  if (spec.idempotency_key.size() > longest_key)
    return wrong("the idempotency key has " + std::to_string(spec.idempotency_key.size()) +
                 " bytes, and at most 512 are allowed; use a hash of it");
  if (spec.labels.size() > most_labels)
    return wrong("the task asks for " + std::to_string(spec.labels.size()) +
                 " labels, and at most 64 are allowed");
  return {};
}

} // namespace mahavishnu
