// SPDX-License-Identifier: MIT
#include "net/http_head.hpp"
#include "support/catch.hpp"

using namespace mahavishnu::net;

namespace {

http_response with_header(std::string name, std::string value) {
  http_response response;
  response.body = "{}";
  response.headers.emplace_back(std::move(name), std::move(value));
  return response;
}

} // namespace

TEST_CASE("a head has the status, the date and the length of the body") {
  auto head = render_head(with_header("X-Name", "value"), {});
  CHECK(head.starts_with("HTTP/1.1 200 OK\r\nDate: "));
  CHECK_THAT(head, ContainsSubstring(" GMT\r\n"));
  CHECK_THAT(head, ContainsSubstring("\r\nX-Name: value\r\n"));
  CHECK_THAT(head, ContainsSubstring("\r\nContent-Type: application/json\r\n"));
  CHECK(head.ends_with("\r\nContent-Length: 2\r\n\r\n"));
}

TEST_CASE("a handler cannot set what is the server's business") {
  for (std::string name : {"Content-Length", "connection", "TRANSFER-ENCODING", "Date"})
    CHECK_THAT(render_head(with_header(name, "intruder"), {}), !ContainsSubstring("intruder"));
}

TEST_CASE("line breaks and odd names in a header make an answer unsendable") {
  CHECK(is_sendable(with_header("X-Name", "a value\twith \xC3\xBC")));
  CHECK_FALSE(is_sendable(with_header("X-Name", "value\r\nSet-Cookie: a")));
  CHECK_FALSE(is_sendable(with_header("X-Name\n", "value")));
  CHECK_FALSE(is_sendable(with_header("X Name", "value")));
  CHECK_FALSE(is_sendable(with_header("", "value")));
  http_response response;
  response.content_type = "text/plain\n";
  CHECK_FALSE(is_sendable(response));
}

TEST_CASE("only a final status can be sent") {
  http_response response;
  for (unsigned status : {0u, 100u, 199u, 600u, 100000u}) {
    response.status = status;
    CHECK_FALSE(is_sendable(response));
  }
}

TEST_CASE("an answer without content has no length and no type") {
  auto response = with_header("X-Name", "value");
  response.status = 204;
  CHECK_FALSE(may_have_body(204));
  CHECK_THAT(render_head(response, {}), !ContainsSubstring("Content-"));
}

TEST_CASE("the head of a stream says how it ends, and what it will be") {
  http_response response;
  response.content_type = "text/event-stream";
  auto chunked = render_head(response, {.end = body_end::by_chunks});
  CHECK_THAT(chunked, ContainsSubstring("Transfer-Encoding: chunked\r\n"));
  CHECK_THAT(chunked, ContainsSubstring("Content-Type: text/event-stream\r\n"));
  CHECK_THAT(chunked, !ContainsSubstring("Content-Length"));
  auto closing = render_head(response, {.keep_alive = false, .end = body_end::by_closing});
  CHECK_THAT(closing, ContainsSubstring("Connection: close\r\n"));
  CHECK_THAT(closing, !ContainsSubstring("Transfer-Encoding") && !ContainsSubstring("Length"));
}

TEST_CASE("the state of the connection is said where it is not the rule") {
  http_response response;
  CHECK_THAT(render_head(response, {}), !ContainsSubstring("Connection"));
  CHECK_THAT(render_head(response, {.keep_alive = false}), ContainsSubstring("Connection: close"));
  CHECK_THAT(render_head(response, {.http_1_0 = true}),
             ContainsSubstring("Connection: keep-alive"));
}
