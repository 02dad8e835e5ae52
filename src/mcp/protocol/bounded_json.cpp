// SPDX-License-Identifier: MIT
#include "mcp/protocol/bounded_json.hpp"

#include "base/strict_json.hpp"

namespace mahavishnu::mcp {

namespace {

bool nests_deeper(std::string_view text, std::size_t most) {
  std::size_t depth = 0;
  auto in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto c = text[i];
    if (in_string) {
      if (c == '\\')
        ++i;
      in_string = c != '"';
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > most)
        return true;
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return false;
}

std::string too_deep(std::size_t most) {
  return "JSON with more than " + std::to_string(most) + " arrays and objects in each other";
}

} // namespace

parsed_json parse_strict_json(std::string_view text, std::size_t max_depth) {
  auto read = mahavishnu::parse_strict_json(text, max_depth);
  if (!read)
    return {{}, read.error().message};
  return {*std::move(read), {}};
}

parsed_json parse_json(std::string_view text, std::size_t max_depth) {
  if (nests_deeper(text, max_depth))
    return {{}, too_deep(max_depth)};
  parsed_json read{json::parse(text, nullptr, false), {}};
  if (read.value.is_discarded())
    return {{}, "no valid JSON"};
  return read;
}

std::string to_text(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string string_member(const json& object, std::string_view name) {
  if (!object.is_object())
    return {};
  auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

} // namespace mahavishnu::mcp
