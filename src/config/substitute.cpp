// SPDX-License-Identifier: MIT
#include "config/substitute.hpp"

#include "config/mask.hpp"

#include <algorithm>

namespace mahavishnu::config {

namespace {

bool is_variable_name(std::string_view name) {
  auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return !name.empty() && !is_digit(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return is_letter(c) || is_digit(c); });
}

/// The value of what stands between `${` and `}`.
result<std::string> resolve(std::string_view reference, const environment& variables) {
  auto separator = reference.find(":-");
  auto name = std::string{reference.substr(0, separator)};
  if (!is_variable_name(name))
    // What stands there may be half a secret: it is not shown.
    return error{
        errc::invalid_settings,
        "a reference must look like ${NAME} or ${NAME:-default}; write $${ for a plain ${"};
  auto found = variables.find(name);
  if (separator != std::string_view::npos) {
    // As in a shell, an empty variable counts as unset here.
    if (found == variables.end() || found->second.empty())
      return std::string{reference.substr(separator + 2)};
    return found->second;
  }
  if (found == variables.end())
    return error{errc::invalid_settings, "the variable " + name +
                                             " is not set; set it, or give a "
                                             "default with ${" +
                                             name + ":-...}"};
  return found->second;
}

} // namespace

bool has_reference(std::string_view text) {
  return text.find("${") != std::string_view::npos;
}

result<std::string> substitute(std::string_view text, const environment& variables) {
  std::string replaced;
  std::size_t at = 0;
  while (at < text.size()) {
    auto start = text.find("${", at);
    if (start == std::string_view::npos)
      break;
    if (start > at && text[start - 1] == '$') {
      replaced += text.substr(at, start - 1 - at);
      replaced += "${";
      at = start + 2;
      continue;
    }
    replaced += text.substr(at, start - at);
    auto end = text.find('}', start);
    if (end == std::string_view::npos)
      return error{errc::invalid_settings, "a ${ without its }; write $${ for a plain ${"};
    auto resolved = resolve(text.substr(start + 2, end - start - 2), variables);
    if (resolved.has_error())
      return resolved.error();
    replaced += *resolved;
    at = end + 1;
  }
  return replaced + std::string{text.substr(std::min(at, text.size()))};
}

} // namespace mahavishnu::config
