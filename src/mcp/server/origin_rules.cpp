// SPDX-License-Identifier: MIT
#include "mcp/server/origin_rules.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <optional>

namespace mahavishnu::mcp::server {

namespace {

bool is_port(std::string_view text) {
  return !text.empty() && text.size() <= 5 &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// `host` and `host:port`; nothing when it is neither.
std::optional<std::string> host_of(std::string_view text) {
  auto end = text.starts_with('[') ? text.find(']') : text.find(':');
  if (text.starts_with('[')) {
    if (end == std::string_view::npos)
      return std::nullopt;
    ++end;
  }
  auto rest = end < text.size() ? text.substr(end) : std::string_view{};
  if (!rest.empty() && (rest.front() != ':' || !is_port(rest.substr(1))))
    return std::nullopt;
  return to_lower(text.substr(0, end));
}

} // namespace

bool origin_rules::allow(const head& headers) const {
  auto is_known = [this](std::string_view text) {
    auto host = host_of(text);
    return host && std::ranges::find(hosts, *host) != hosts.end();
  };
  auto host = headers.find("host");
  if (!host || !is_known(*host))
    return false;
  if (!headers.has("origin"))
    return true;
  auto origin = headers.find("origin");
  for (std::string_view scheme : {"http://", "https://"})
    if (origin && origin->starts_with(scheme))
      return is_known(origin->substr(scheme.size()));
  return false;
}

} // namespace mahavishnu::mcp::server
