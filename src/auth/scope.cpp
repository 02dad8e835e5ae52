// SPDX-License-Identifier: MIT
#include "mahavishnu/auth/scope.hpp"

namespace mahavishnu::auth {

std::string_view to_string(scope one) {
  switch (one) {
  case scope::read: return "read";
  case scope::write: return "write";
  case scope::execute: return "execute";
  case scope::admin: return "admin";
  }
  return "unknown";
}

std::optional<scope> scope_of(std::string_view name) {
  for (auto each : all_scopes)
    if (to_string(each) == name)
      return each;
  return std::nullopt;
}

result<scope_set> scope_set::parse(std::string_view text) {
  constexpr std::string_view between = ", ";
  scope_set all;
  for (auto at = text.find_first_not_of(between); at != std::string_view::npos;
       at = text.find_first_not_of(between, at)) {
    auto name = text.substr(at, text.find_first_of(between, at) - at);
    auto found = scope_of(name);
    if (!found)
      return error{errc::invalid_argument, "there is no scope '" + std::string{name} +
                                               "'; use read, write, execute or admin"};
    all.add(*found);
    at += name.size();
  }
  return all;
}

std::vector<std::string_view> scope_set::names() const {
  std::vector<std::string_view> all;
  for (auto each : all_scopes)
    if (has(each))
      all.push_back(to_string(each));
  return all;
}

std::string scope_set::text() const {
  std::string all;
  for (auto name : names())
    all.append(all.empty() ? "" : " ").append(name);
  return all;
}

} // namespace mahavishnu::auth
