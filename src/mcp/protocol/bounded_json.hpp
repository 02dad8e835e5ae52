// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace mahavishnu::mcp {

/// Not the kind that keeps the order of members: that one looks at all of them for each new one,
/// and how many there are is up to the other side.
using json = nlohmann::json;

/// What became of a text.
struct parsed_json {
  json value;
  /// What the text is instead of JSON, as a phrase; empty when it is JSON.
  std::string problem;
};

/// Reads what a stranger has written: no deeper than so many arrays and objects in each other.
parsed_json parse_json(std::string_view text, std::size_t max_depth);

/// The same for what is about to be done: a member that comes twice is a problem as well, since
/// whoever else reads the text may have seen the other one.
parsed_json parse_strict_json(std::string_view text, std::size_t max_depth);

/// In one line; what is no UTF-8 in it is replaced.
std::string to_text(const json& value);

/// A member that is a string; empty when there is none.
std::string string_member(const json& object, std::string_view name);

} // namespace mahavishnu::mcp
