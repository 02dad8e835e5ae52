// SPDX-License-Identifier: MIT
#include "mcp/protocol/header_value.hpp"

#include <algorithm>
#include <cstdint>

namespace mahavishnu::mcp {

namespace {

constexpr std::string_view encoded_start = "=?base64?";
constexpr std::string_view encoded_end = "?=";
/// Of schemas in schemas: more than any tool has, and no way to spend our stack.
constexpr std::size_t deepest_schema = 16;
constexpr std::size_t most_mirrored = 32;

/// Bytes that every proxy leaves as they are, blanks at the ends excepted.
bool is_safe(std::string_view text) {
  auto is_plain = [](char c) { return c >= ' ' && c <= '~'; };
  return !text.empty() && std::ranges::all_of(text, is_plain) && text.front() != ' ' &&
         text.back() != ' ' && !text.starts_with(encoded_start);
}

bool is_header_part(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
}

void collect(const json& schema, std::vector<std::string>& path,
             std::vector<mirrored_argument>& found) {
  if (!schema.is_object() || path.size() > deepest_schema)
    return;
  auto properties = schema.find("properties");
  if (properties == schema.end() || !properties->is_object())
    return;
  for (const auto& [name, property] : properties->items()) {
    path.push_back(name);
    auto header = string_member(property, "x-mcp-header");
    if (is_header_part(header) && found.size() < most_mirrored)
      found.push_back({"Mcp-Param-" + header, path});
    collect(property, path, found);
    path.pop_back();
  }
}

constexpr std::string_view letters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

} // namespace

const json* argument_at(const json& arguments, const std::vector<std::string>& path) {
  const auto* value = &arguments;
  for (const auto& name : path) {
    if (!value->is_object())
      return nullptr;
    auto member = value->find(name);
    if (member == value->end())
      return nullptr;
    value = &*member;
  }
  return value;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0)
    return std::nullopt;
  std::string bytes;
  auto padding = text.ends_with("==") ? 2u : text.ends_with('=') ? 1u : 0u;
  for (std::size_t i = 0; i < text.size(); i += 4) {
    std::uint32_t four = 0;
    auto missing = i + 4 == text.size() ? padding : 0u;
    for (std::size_t k = 0; k < 4; ++k) {
      auto digit = k < 4 - missing ? letters.find(text[i + k]) : 0;
      if (digit == std::string_view::npos)
        return std::nullopt;
      four = four << 6 | static_cast<std::uint32_t>(digit);
    }
    for (std::size_t k = 0; k < 3 - missing; ++k)
      bytes += static_cast<char>(four >> (16 - 8 * k) & 0xff);
  }
  return base64(bytes) == text ? std::optional{std::move(bytes)} : std::nullopt;
}

std::string base64(std::string_view bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    auto byte_at = [&](std::size_t at) -> std::uint32_t {
      return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0u;
    };
    auto three = byte_at(i) << 16 | byte_at(i + 1) << 8 | byte_at(i + 2);
    text += letters[three >> 18];
    text += letters[three >> 12 & 63];
    text += i + 1 < bytes.size() ? letters[three >> 6 & 63] : '=';
    text += i + 2 < bytes.size() ? letters[three & 63] : '=';
  }
  return text;
}

std::optional<std::string> text_of_header(std::string_view value) {
  if (value.size() < encoded_start.size() + encoded_end.size() ||
      !value.starts_with(encoded_start) || !value.ends_with(encoded_end))
    return std::string{value};
  value.remove_prefix(encoded_start.size());
  value.remove_suffix(encoded_end.size());
  return from_base64(value);
}

std::string header_value(std::string_view text) {
  if (is_safe(text))
    return std::string(text);
  return std::string(encoded_start) + base64(text) + std::string(encoded_end);
}

std::vector<mirrored_argument> mirrored_arguments(const json& input_schema) {
  std::vector<mirrored_argument> found;
  std::vector<std::string> path;
  collect(input_schema, path, found);
  return found;
}

std::vector<std::pair<std::string, std::string>>
argument_headers(const std::vector<mirrored_argument>& mirrored, const json& arguments) {
  std::vector<std::pair<std::string, std::string>> headers;
  for (const auto& one : mirrored) {
    const auto* value = argument_at(arguments, one.path);
    if (!value)
      continue;
    if (value->is_string())
      headers.emplace_back(one.header, header_value(value->get_ref<const std::string&>()));
    else if (value->is_boolean() || value->is_number_integer())
      headers.emplace_back(one.header, to_text(*value));
  }
  return headers;
}

} // namespace mahavishnu::mcp
