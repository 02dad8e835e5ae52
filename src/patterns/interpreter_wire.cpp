// SPDX-License-Identifier: MIT
#include "patterns/interpreter_wire.hpp"

#include "exec/keeper_wire.hpp"

#include <algorithm>
#include <charconv>

namespace mahavishnu::interpreter_wire {

namespace {

constexpr std::size_t length_size = 4;

std::string framed(const std::string& body) {
  std::string frame;
  for (std::size_t i = 0; i < length_size; ++i)
    frame += static_cast<char>((body.size() >> (8 * i)) & 0xff);
  return frame + body;
}

std::string body_of(const script_request& request) {
  std::string body = "r";
  auto put = [&](const std::string& text) { body.append(text).push_back('\0'); };
  put(request.script);
  put(request.working_directory);
  put(std::to_string(request.arguments.size()));
  for (const auto& each : request.arguments)
    put(each);
  put(std::to_string(request.environment.size()));
  for (const auto& [name, value] : request.environment)
    put(name + "=" + value);
  return body + request.stdin_text;
}

bool has_nul(const std::string& text) {
  return text.find('\0') != text.npos;
}

template <class Number>
bool read_number(std::string_view& text, Number& to) {
  auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), to);
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return failure == std::errc{};
}

} // namespace

result<void> check(const script_request& request) {
  auto refuse = [&](const std::string& why) -> result<void> {
    return error{errc::invalid_argument, "the script '" + request.script + "' " + why};
  };
  if (request.script.empty())
    return error{errc::invalid_argument, "there is no script to run; name a file"};
  if (request.script.front() == '-')
    return refuse("looks like an option of the interpreter; write './" + request.script + "'");
  if (has_nul(request.script) || has_nul(request.working_directory) ||
      std::ranges::any_of(request.arguments, has_nul))
    return refuse("has a name, a directory or an argument with a NUL byte; leave it out");
  for (const auto& [name, value] : request.environment)
    if (name.empty() || name.find('=') != name.npos || has_nul(name) || has_nul(value))
      return refuse("has a variable '" + name +
                    "' that no environment can hold; it needs a name without '=', and no NUL byte");
  if (request.timeout < std::chrono::milliseconds{0})
    return refuse("has a time-out below zero; 0 is without end");
  if (auto size = body_of(request).size(); size > exec::keeper_wire::largest_frame)
    return refuse("comes with " + std::to_string(size) + " bytes of input, arguments and " +
                  "environment, and at most " + std::to_string(exec::keeper_wire::largest_frame) +
                  " can be given; put the input in a file");
  return {};
}

std::string encode_run(const script_request& request) {
  return framed(body_of(request));
}

std::string encode_stop(std::chrono::milliseconds grace) {
  return framed("s" + std::to_string(grace.count()));
}

std::optional<notice> decode(std::string_view frame) {
  if (frame.empty())
    return {};
  auto letter = frame.front();
  notice told;
  told.text = frame.substr(1);
  switch (letter) {
  case 'h': told.what = notice::kind::hello; return told;
  case 'o': told.what = notice::kind::output; return told;
  case 'e': told.what = notice::kind::error_output; return told;
  case 'f': told.what = notice::kind::failed; return told;
  case 'x': break;
  default: return {};
  }
  told.what = notice::kind::ended;
  auto rest = told.text;
  if (!read_number(rest, told.wait_status) || !rest.starts_with(' '))
    return {};
  rest.remove_prefix(1);
  if (!read_number(rest, told.resident_bytes) || !rest.empty())
    return {};
  return told;
}

} // namespace mahavishnu::interpreter_wire
