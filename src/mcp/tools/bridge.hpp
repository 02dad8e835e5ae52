// SPDX-License-Identifier: MIT
#pragma once

#include "actors/ask.hpp"
#include "mahavishnu/messages/all.hpp"
#include "mcp/server/tool.hpp"
#include "messages/json.hpp"

#include <caf/actor_system.hpp>
#include <caf/typed_actor.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>

namespace mahavishnu::mcp::server {

/// What tools need of the server: the actor that all doors speak to.
struct control_door {
  caf::actor_system* system = nullptr;
  control_actor control;
};

using call_ptr = std::shared_ptr<tool_call>;

inline constexpr std::chrono::seconds usual_limit{30};

/// A message as the structured answer of a tool; what is no UTF-8 in it is replaced.
inline std::string structured(const mahavishnu::json::value& what) {
  return what.dump(-1, ' ', false, mahavishnu::json::value::error_handler_t::replace);
}

/// A list, as those who used these tools before know it.
inline std::string structured_list(mahavishnu::json::value list) {
  return structured({{"result", std::move(list)}});
}

/// Asks the server; its answer ends the call, by way of `show`, and so does its error.
template <class Answer, class Question, class Show>
void ask_for(const control_door& door, const call_ptr& call, const Question& question, Show show,
             std::chrono::milliseconds limit = usual_limit) {
  ask<Answer, Question>(*door.system, door.control, question, limit,
                        [call, show = std::move(show)](const result<Answer>& answer) {
                          if (answer)
                            call->finish({show(*answer), {}, false});
                          else
                            call->finish(tool_error(answer.error().message));
                        });
}

/// The answer as it is.
template <class Answer, class Question>
void pass_on(const control_door& door, const call_ptr& call, const Question& question,
             std::chrono::milliseconds limit = usual_limit) {
  ask_for<Answer>(
      door, call, question,
      [](const Answer& answer) { return structured(mahavishnu::json::from(answer)); }, limit);
}

/// So many of these bytes are no part of a character that is cut at the end.
inline std::size_t whole_characters(std::string_view bytes) {
  for (std::size_t back = 1; back <= std::min<std::size_t>(3, bytes.size()); ++back) {
    auto byte = static_cast<unsigned char>(bytes[bytes.size() - back]);
    if (byte >= 0xc0) { // begins one
      auto length = byte >= 0xf0 ? 4u : byte >= 0xe0 ? 3u : 2u;
      return length > back ? bytes.size() - back : bytes.size();
    }
    if (byte < 0x80)
      break;
  }
  return bytes.size();
}

// -- arguments, which fit their schema --------------------------------------------------------

inline std::string text_of(const tool_call& call, std::string_view name) {
  return string_member(call.arguments(), name);
}

template <class T>
T number_of(const tool_call& call, std::string_view name, T otherwise) {
  auto found = call.arguments().find(name);
  return found != call.arguments().end() ? found->get<T>() : otherwise;
}

inline std::chrono::milliseconds time_of(const tool_call& call, std::string_view name) {
  return std::chrono::milliseconds{
      static_cast<std::int64_t>(number_of<double>(call, name, 0) * 1000)};
}

inline std::vector<std::string> texts_of(const tool_call& call, std::string_view name) {
  auto found = call.arguments().find(name);
  return found != call.arguments().end() ? found->get<std::vector<std::string>>()
                                         : std::vector<std::string>{};
}

} // namespace mahavishnu::mcp::server
