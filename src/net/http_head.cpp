// SPDX-License-Identifier: MIT
#include "net/http_head.hpp"

#include "net/header_text.hpp"

#include <boost/beast/http/status.hpp>

#include <algorithm>
#include <array>
#include <ctime>
#include <ostream> // which Boost's string_view uses and does not include
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

/// Rendered once a second.
std::string_view date_now() {
  struct rendered {
    std::time_t when = -1;
    std::array<char, 40> text{};
    std::size_t length = 0;
  };
  thread_local rendered last;
  if (auto now = std::time(nullptr); now != last.when) {
    std::tm parts{};
    gmtime_r(&now, &parts);
    last.length =
        std::strftime(last.text.data(), last.text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    last.when = now;
  }
  return {last.text.data(), last.length};
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
  constexpr std::size_t usual_size = 256;
  auto reason =
      boost::beast::http::obsolete_reason(boost::beast::http::int_to_status(response.status));
  std::string head;
  head.reserve(usual_size);
  head.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
  head.append(reason.data(), reason.size());
  head.append("\r\nDate: ").append(date_now()).append("\r\n");
  for (const auto& [name, value] : response.headers)
    if (!is_ours(name))
      head.append(name).append(": ").append(value).append("\r\n");
  if (may_have_body(response.status)) {
    auto has_body = !response.body.empty() || terms.end != body_end::by_length;
    if (!response.content_type.empty() && has_body)
      head.append("Content-Type: ").append(response.content_type).append("\r\n");
    if (terms.end == body_end::by_length)
      head.append("Content-Length: ").append(std::to_string(response.body.size())).append("\r\n");
    else if (terms.end == body_end::by_chunks)
      head.append("Transfer-Encoding: chunked\r\n");
  }
  if (!terms.keep_alive)
    head.append("Connection: close\r\n");
  else if (terms.http_1_0)
    head.append("Connection: keep-alive\r\n");
  head.append("\r\n");
  return head;
}

} // namespace mahavishnu::net
