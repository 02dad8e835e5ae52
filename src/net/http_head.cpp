// SPDX-License-Identifier: MIT
#include "net/http_head.hpp"

#include "net/header_text.hpp"

#include <boost/beast/http/status.hpp>

#include <algorithm>
#include <array>
#include <ctime>
#include <string_view>

namespace mahavishnu::net {

namespace {

bool same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) {
    return (x >= 'A' && x <= 'Z' ? x - 'A' + 'a' : x) == (y >= 'A' && y <= 'Z' ? y - 'A' + 'a' : y);
  });
}

bool is_ours(std::string_view name) {
  constexpr std::array<std::string_view, 5> ours{"connection", "content-length", "content-type",
                                                 "date", "transfer-encoding"};
  return std::ranges::any_of(ours, [&](auto one) { return same_name(one, name); });
}

std::string date_now() {
  auto now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 40> text{};
  auto length = std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text.data(), length};
}

} // namespace

bool may_have_body(unsigned status) {
  return status != 204 && status != 304;
}

bool is_sendable(const http_response& response) {
  return response.status >= 200 && response.status <= 599 &&
         is_header_value(response.content_type) &&
         std::ranges::all_of(response.headers, [](const auto& header) {
           return is_header_name(header.first) && is_header_value(header.second);
         });
}

std::string render_head(const http_response& response, const answer_terms& terms) {
  auto reason =
      boost::beast::http::obsolete_reason(boost::beast::http::int_to_status(response.status));
  std::string head = "HTTP/1.1 " + std::to_string(response.status) + ' ';
  head.append(reason.data(), reason.size());
  head += "\r\nDate: " + date_now() + "\r\n";
  for (const auto& [name, value] : response.headers)
    if (!is_ours(name))
      head += name + ": " + value + "\r\n";
  if (may_have_body(response.status)) {
    if (!response.content_type.empty() && !response.body.empty())
      head += "Content-Type: " + response.content_type + "\r\n";
    head += "Content-Length: " + std::to_string(response.body.size()) + "\r\n";
  }
  if (!terms.keep_alive)
    head += "Connection: close\r\n";
  else if (terms.http_1_0)
    head += "Connection: keep-alive\r\n";
  return head + "\r\n";
}

} // namespace mahavishnu::net
