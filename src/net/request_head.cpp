// SPDX-License-Identifier: MIT
#include "net/request_head.hpp"

#include "base/text.hpp"
#include "net/header_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace mahavishnu::net {

namespace {

bool is_ours(std::string_view name) {
  constexpr std::array<std::string_view, 5> ours{"host", "connection", "content-length",
                                                 "transfer-encoding", "expect"};
  return std::ranges::find(ours, to_lower(name)) != ours.end();
}

bool is_read_only(const client_request& request) {
  return request.method == "GET" || request.method == "HEAD";
}

} // namespace

const std::string* find_header(const http_headers& headers, std::string_view name) {
  auto found = std::ranges::find(headers, name, &http_headers::value_type::first);
  return found == headers.end() ? nullptr : &found->second;
}

result<void> check_sendable(const client_request& request) {
  if (!is_header_name(request.method))
    return error{errc::invalid_argument,
                 "a request has a method with characters that HTTP does not have; correct it"};
  for (const auto& [name, value] : request.headers)
    if (!is_header_name(name) || !is_header_value(value))
      return error{errc::invalid_argument,
                   "the header '" + (is_header_name(name) ? name : std::string("?")) +
                       "' of a request has a line break or another control character; take it out"};
  return {};
}

std::string render_request_head(const client_request& request, const url& where) {
  auto head =
      request.method + ' ' + where.target + " HTTP/1.1\r\nHost: " + where.authority() + "\r\n";
  for (const auto& [name, value] : request.headers)
    if (!is_ours(name))
      head += name + ": " + value + "\r\n";
  if (!request.body.empty() || request.method == "POST" || request.method == "PUT")
    head += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  return head + "\r\n";
}

bool is_repeatable(const client_request& request) {
  return request.repeatable.value_or(is_read_only(request) || request.method == "PUT" ||
                                     request.method == "DELETE");
}

std::optional<url> redirection(const client_request& request, const url& where,
                               const answer_head& head) {
  auto keeps_method = head.status == 307 || head.status == 308;
  if (!keeps_method && !((head.status == 301 || head.status == 302) && is_read_only(request)))
    return std::nullopt;
  const auto* location = find_header(head.headers, "location");
  auto next = location ? follow(where, *location) : result<url>{error{}};
  if (!next || next->origin() != where.origin())
    return std::nullopt;
  return *next;
}

std::optional<std::chrono::seconds> kept_for(const http_headers& headers) {
  const auto* said = find_header(headers, "keep-alive");
  if (!said)
    return std::nullopt;
  auto text = to_lower(*said);
  constexpr std::string_view key = "timeout=";
  auto at = text.find(key);
  if (at == std::string::npos)
    return std::nullopt;
  int seconds = 0;
  auto [end, failure] =
      std::from_chars(text.data() + at + key.size(), text.data() + text.size(), seconds);
  if (failure != std::errc{} || seconds < 0)
    return std::nullopt;
  return std::chrono::seconds{seconds};
}

} // namespace mahavishnu::net
