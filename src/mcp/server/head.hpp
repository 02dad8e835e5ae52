// SPDX-License-Identifier: MIT
#pragma once

#include "net/http_message.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

namespace mahavishnu::mcp::server {

/// The headers of a request, by names in lower case.
class head {
public:
  explicit head(const net::http_request& request) : headers_(request.headers) {}

  /// Nothing for one that comes twice as well: nobody knows which of them others have looked at.
  std::optional<std::string_view> find(std::string_view name) const {
    std::optional<std::string_view> found;
    for (const auto& [each, value] : headers_) {
      if (each != name)
        continue;
      if (found)
        return std::nullopt;
      found = value;
    }
    return found;
  }
  bool has(std::string_view name) const {
    return any(name, [](std::string_view) { return true; });
  }
  /// Of one that may come in several lines.
  template <class Is>
  bool any(std::string_view name, Is is) const {
    return std::ranges::any_of(
        headers_, [&](const auto& each) { return each.first == name && is(each.second); });
  }

private:
  const decltype(net::http_request::headers)& headers_;
};

} // namespace mahavishnu::mcp::server
