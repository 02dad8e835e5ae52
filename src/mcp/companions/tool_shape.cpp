// SPDX-License-Identifier: MIT
#include "mcp/companions/tool_shape.hpp"

#include "mcp/client/call_errors.hpp"

#include <algorithm>

namespace mahavishnu::mcp {

namespace {

std::string in_call_form(const wanted_tool& wanted) {
  auto text = wanted.name + '(';
  for (const auto& name : wanted.needed)
    text += (text.back() == '(' ? "" : ", ") + name;
  return text + ')';
}

/// Why the tool will not do; empty when it will.
std::string objection(const tool& found, const wanted_tool& wanted) {
  auto names = names_in(found.input_schema);
  for (const auto& name : wanted.needed)
    if (!names.has(name))
      return "it takes no '" + name + "'";
  auto is_ours = [&](const std::string& name) {
    return std::ranges::count(wanted.needed, name) + std::ranges::count(wanted.optional, name) > 0;
  };
  for (const auto& name : names.required)
    if (!is_ours(name))
      return "it demands '" + quote(name) + "'";
  return {};
}

} // namespace

json parameter_names::only_known(json object) const {
  for (auto member = object.begin(); member != object.end();)
    member = has(member.key()) ? std::next(member) : object.erase(member);
  return object;
}

parameter_names names_in(const json& schema) {
  parameter_names names;
  if (!schema.is_object())
    return names;
  if (auto properties = schema.find("properties");
      properties != schema.end() && properties->is_object())
    for (const auto& [name, rules] : properties->items())
      names.known.insert(name);
  if (auto required = schema.find("required"); required != schema.end() && required->is_array())
    for (const auto& name : *required)
      if (name.is_string())
        names.required.insert(name.get<std::string>());
  return names;
}

const tool* tool_search::find(const wanted_tool& wanted) {
  auto why_not = std::string{};
  for (const auto& one : tools_) {
    if (one.name != wanted.name)
      continue;
    why_not = objection(one, wanted);
    if (why_not.empty())
      return &one;
  }
  missed_ += (missed_.empty() ? "" : ", ") + in_call_form(wanted);
  if (!why_not.empty())
    missed_ += " (there is one, but " + why_not + ')';
  return nullptr;
}

} // namespace mahavishnu::mcp
