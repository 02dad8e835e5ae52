// SPDX-License-Identifier: MIT
#include "auth/strict_json.hpp"

#include "base/strict_json.hpp"

namespace mahavishnu::auth {

using nlohmann::json;

std::optional<json> parse_object(std::string_view text, std::size_t most_depth) {
  auto read = parse_strict_json(text, most_depth);
  if (!read || !read->is_object())
    return std::nullopt;
  return *std::move(read);
}

const json* find_member(const json& object, const char* name) {
  auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

} // namespace mahavishnu::auth
