// SPDX-License-Identifier: MIT
// Shows arbitrary bytes, whole and in pieces, to what reads requests. What is accepted is one
// request with one length that fits the limits, says the same however it was cut, and has nothing
// in it that could end a line of an answer.
#include "net/http_head.hpp"

#include "net/header_text.hpp"
#include "net/http_server.hpp"
#include "net/request_reader.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>

using namespace mahavishnu::net;

namespace {

void must(bool holds) {
  if (!holds)
    std::abort();
}

http_options small_limits() {
  http_options limits;
  limits.max_header_bytes = 512;
  limits.max_headers = 8;
  limits.max_url_bytes = 64;
  limits.max_body_bytes = 256;
  return limits;
}

const http_options limits = small_limits();

/// What became of the first request of a connection.
struct reading {
  std::optional<http_request> request;
  std::optional<refusal> refused;
  std::size_t used = 0;
};

/// As a session does it: what was not taken comes again, with more behind it.
reading read(std::string_view bytes, std::size_t step) {
  reading found;
  request_reader reader{limits};
  std::string waiting;
  for (std::size_t at = 0; at < bytes.size() && !reader.is_done() && !reader.refused();
       at += step) {
    waiting += bytes.substr(at, step);
    auto used = reader.feed(waiting);
    must(used <= waiting.size());
    waiting.erase(0, used);
    found.used += used;
    // What does not go on has its limit too.
    must(reader.is_done() || reader.refused() ||
         waiting.size() <= limits.max_header_bytes + std::min(step, bytes.size()));
  }
  found.refused = reader.refused();
  if (reader.is_done() && !reader.refused())
    found.request = reader.take_request();
  return found;
}

std::size_t count_of(const http_request& request, std::string_view name) {
  return static_cast<std::size_t>(
      std::ranges::count(request.headers, name, &std::pair<std::string, std::string>::first));
}

const std::string* find(const http_request& request, std::string_view name) {
  auto found =
      std::ranges::find(request.headers, name, &std::pair<std::string, std::string>::first);
  return found == request.headers.end() ? nullptr : &found->second;
}

/// What a client said can stand in an answer, and makes no lines there.
void look_at_echo(const http_request& request) {
  http_response answer;
  answer.headers = {{"Echo", request.target}, {"Method", request.method}};
  for (const auto& header : request.headers)
    answer.headers.emplace_back("X-" + header.first, header.second);
  must(is_sendable(answer));
  auto head = render_head(answer, {});
  constexpr std::size_t of_the_server = 5; // status, date, type, length and the empty line
  auto lines = static_cast<std::size_t>(std::ranges::count(head, '\n'));
  must(lines <= answer.headers.size() + of_the_server);
  must(head.find("\r\n\r\n") == head.size() - 4);
}

void look_at(const http_request& request, std::string_view bytes) {
  must(is_header_name(request.method) && is_header_value(request.target));
  must(!request.target.empty() && request.target.size() <= limits.max_url_bytes);
  must(request.target.find(' ') == std::string::npos);
  must(request.headers.size() <= limits.max_headers);
  must(request.body.size() <= limits.max_body_bytes);
  std::size_t size = 0;
  for (const auto& [name, value] : request.headers) {
    must(is_header_name(name) && is_header_value(value));
    must(std::ranges::none_of(name, [](char c) { return c >= 'A' && c <= 'Z'; }));
    size += name.size() + value.size();
  }
  must(size <= limits.max_header_bytes);
  must(count_of(request, "host") <= 1);
  // One end of the body.
  must(count_of(request, "content-length") + count_of(request, "transfer-encoding") <= 1);
  if (const auto* length = find(request, "content-length"))
    must(std::to_string(request.body.size()) ==
         length->substr(std::min(length->find_first_not_of('0'), length->size() - 1)));
  else if (!find(request, "transfer-encoding"))
    must(request.body.empty());
  // Trailers are no headers.
  auto head = bytes.substr(0, bytes.find("\r\n\r\n"));
  must(request.headers.size() <= static_cast<std::size_t>(std::ranges::count(head, '\n')));
  look_at_echo(request);
}

void look_at_answer_with(std::string_view name, std::string_view value) {
  http_response answer;
  answer.headers.emplace_back(name, value);
  if (!is_sendable(answer))
    return;
  auto head = render_head(answer, {});
  must(std::ranges::count(head, '\n') <= 6 && head.find("\r\n\r\n") == head.size() - 4);
  must(head.find('\0') == std::string::npos);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0)
    return 0;
  std::string_view bytes{reinterpret_cast<const char*>(data) + 1, size - 1};
  auto whole = read(bytes, bytes.size() + 1);
  auto pieces = read(bytes, 1 + data[0] % 32);
  for (const auto* each : {&whole, &pieces}) {
    must(!(each->request && each->refused));
    if (each->request)
      look_at(*each->request, bytes);
    if (each->refused)
      must(each->refused->status >= 400 && each->refused->status < 600 &&
           !each->refused->reason.empty());
  }
  if (whole.request && pieces.request) {
    must(whole.used == pieces.used && whole.request->body == pieces.request->body);
    must(whole.request->headers == pieces.request->headers &&
         whole.request->target == pieces.request->target);
  }
  // Cut or not, a proxy before us must not see another outcome.
  must(whole.request.has_value() == pieces.request.has_value());
  auto colon = bytes.find(':');
  if (colon != std::string_view::npos)
    look_at_answer_with(bytes.substr(0, colon), bytes.substr(colon + 1));
  return 0;
}
