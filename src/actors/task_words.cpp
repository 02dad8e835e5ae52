// SPDX-License-Identifier: MIT
#include "actors/task_words.hpp"

#include "base/text.hpp"

namespace mahavishnu {

namespace {

constexpr std::size_t longest_prompt_shown = 80;

std::string text_of(const route_note& route) {
  if (route.reason == route_reason::named)
    return "named by the requester";
  if (route.reason == route_reason::delegated)
    return "handed over by another pool";
  return "routed by " + std::string{to_string(route.reason)} + ", with " +
         std::to_string(route.in_flight) + " tasks here for " + std::to_string(route.capacity) +
         " places";
}

} // namespace

std::string first_words(const task_spec& spec) {
  const auto& script = spec.command.empty() ? spec.prompt : spec.command;
  return std::string{first_bytes(script.str(), longest_prompt_shown)};
}

void explain_route(task_info& about) {
  auto& first = about.history.front().reason;
  auto route = text_of(about.route);
  first = first.empty() ? route : route + "; " + first;
}

} // namespace mahavishnu
