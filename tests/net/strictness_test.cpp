// SPDX-License-Identifier: MIT
#include "net/request_reader.hpp"
#include "net/support.hpp"

using namespace mahavishnu;
using namespace mahavishnu::test;
using namespace std::string_literals;

namespace {

/// What one client gets that sends just these bytes; it must be closed with its answer.
std::string answer_to(const http_server& server, const std::string& bytes) {
  client one{server.port()};
  one.send(bytes);
  auto answer = one.receive();
  CHECK(one.is_closed_by_server());
  return answer;
}

/// A request with these lines among its headers.
std::string with(const std::string& lines, const std::string& method = "GET") {
  return method + " / HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n";
}

} // namespace

TEST_CASE("what is no HTTP request gets 400 and is closed") {
  auto server = open_server(echo);
  for (const auto& garbage :
       {"garbage\r\n\r\n"s, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s,
        "GET / HTTP/2.0\r\nHost: a\r\n\r\n"s, "GET / HTTP/1.1 \r\nHost: a\r\n\r\n"s,
        "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"s, "GET / \r\nHost: a\r\n\r\n"s,
        "G\0T / HTTP/1.1\r\nHost: a\r\n\r\n"s, "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"s}) {
    INFO(garbage);
    CHECK(has_status(answer_to(*server, garbage), 400));
  }
  client one{server->port()};
  one.send(get("/"));
  CHECK(has_status(one.receive(), 200));
}

TEST_CASE("a request with no host, or with two, gets 400") {
  auto server = open_server(echo);
  CHECK(has_status(answer_to(*server, "GET / HTTP/1.1\r\n\r\n"), 400));
  CHECK(has_status(answer_to(*server, with("Host: b\r\n")), 400));
  CHECK(has_status(answer_to(*server, with("Host: a\r\n")), 400));
}

TEST_CASE("a body with two ends gets 400") {
  auto server = open_server(echo);
  for (const auto& lines :
       {"Content-Length: -1\r\n"s, "Content-Length: +1\r\n"s, "Content-Length: 0x1\r\n"s,
        "Content-Length: 1 1\r\n"s, "Content-Length:\r\n"s,
        "Content-Length: 99999999999999999999\r\n"s, "Content-Length: 1\r\nContent-Length: 2\r\n"s,
        "Content-Length: 1\r\nContent-Length: 1\r\n"s, "Content-Length: 1, 1\r\n"s,
        "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"s,
        "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n"s,
        "Transfer-Encoding: identity\r\nContent-Length: 1\r\n"s,
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"s,
        "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n"s}) {
    INFO(lines);
    CHECK(has_status(answer_to(*server, with(lines, "POST") + "1\r\na\r\n0\r\n\r\n"), 400));
  }
  CHECK(has_status(answer_to(*server, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"
                                      "1\r\na\r\n0\r\n\r\n"),
                   400));
}

TEST_CASE("a transfer coding that is not known gets 501") {
  auto server = open_server(echo);
  for (const auto& coding :
       {"gzip"s, "gzip, chunked"s, "chunked, gzip"s, "identity"s, "xchunked"s, "chunked;a=b"s}) {
    INFO(coding);
    CHECK(has_status(
        answer_to(*server, with("Transfer-Encoding: " + coding + "\r\n", "POST") + "0\r\n\r\n"),
        501));
  }
}

TEST_CASE("a header that goes on in the next line gets 400") {
  auto server = open_server(echo);
  for (const auto& lines : {"X: a\r\n b\r\n"s, "X: a\r\n\tb\r\n"s, "X:\r\n b\r\n"s,
                            "X: a\r\n \r\n"s, "X: a\r\n b\r\nY: c\r\n"s}) {
    INFO(lines);
    CHECK(has_status(answer_to(*server, with(lines)), 400));
  }
  CHECK(has_status(answer_to(*server, "GET / HTTP/1.1\r\n Host: a\r\n\r\n"), 400));
}

TEST_CASE("line ends and control characters that HTTP does not have get 400") {
  auto server = open_server(echo);
  for (const auto& lines :
       {"X: a\nY: b\r\n"s, "X: a\rY: b\r\n"s, "X: a\r\r\n"s, "X: a\n\r\n"s, "X: a\0b\r\n"s,
        "X\0: a\r\n"s, "X: a\x7f\r\n"s, "X: \x01\r\n"s, "Bad Name: b\r\n"s, "X : a\r\n"s,
        ": a\r\n"s, "X\r\n"s, "Connection: ,;\r\n"s}) {
    INFO(lines);
    CHECK(has_status(answer_to(*server, with(lines)), 400));
  }
  CHECK(has_status(answer_to(*server, "GET / HTTP/1.1\nHost: a\r\n\r\n"), 400));
  CHECK(has_status(answer_to(*server, "GET / HTTP/1.1\r\nHost: a\n\r\n"), 400));
}

TEST_CASE("a chunk that is none gets 400") {
  auto server = open_server(echo);
  for (const auto& chunk : {"zz\r\n"s, "-1\r\n"s, "1\r\nab\r\n0\r\n\r\n"s, "1 \r\na\r\n"s,
                            "fffffffffffffffff\r\n"s, "1\n\ra\r\n0\r\n\r\n"s}) {
    INFO(chunk);
    CHECK(has_status(answer_to(*server, with("Transfer-Encoding: chunked\r\n", "POST") + chunk),
                     400));
  }
}

TEST_CASE("what follows a chunked body does not become a header") {
  inbox requests;
  auto server = open_server(requests.handler());
  client one{server->port()};
  one.send(with("Transfer-Encoding: chunked\r\n", "POST") +
           "1\r\na\r\n0\r\nX-Late: a\r\nHost: b\r\n\r\n");
  auto [request, answer] = requests.next();
  CHECK(request.body == "a");
  CHECK(request.headers.size() == 2);
  answer.reply({});
  CHECK(has_status(one.receive(), 200));
}

TEST_CASE("a request may come byte by byte") {
  http_options options;
  net::request_reader reader{options};
  auto end = GENERATE(as<std::string>{}, "\r\n", "X-Late: 1\r\n\r\n");
  auto whole = with("X-Name: value\r\nTransfer-Encoding: chunked\r\n", "POST") +
               "3\r\nabc\r\n2;ext=1\r\nde\r\n0\r\n" + end;
  std::string waiting;
  for (char c : whole) {
    REQUIRE_FALSE(reader.is_done());
    waiting += c;
    waiting.erase(0, reader.feed(waiting));
    REQUIRE_FALSE(reader.refused());
  }
  REQUIRE(reader.is_done());
  auto request = reader.take_request();
  CHECK(request.body == "abcde");
  CHECK(request.headers.size() == 3);
  CHECK(waiting.empty());
}

TEST_CASE("an empty chunked body may come byte by byte, with and without more behind it") {
  http_options options;
  auto end = GENERATE(as<std::string>{}, "\r\n", "X-Late: 1\r\n\r\n");
  auto whole = with("Transfer-Encoding: chunked\r\n", "POST") + "0\r\n" + end;
  for (std::size_t first = 1; first < whole.size(); ++first) { // in two pieces as well
    net::request_reader reader{options};
    auto waiting = whole.substr(0, first);
    waiting.erase(0, reader.feed(waiting));
    CHECK_FALSE(reader.is_done());
    for (char c : whole.substr(first)) {
      waiting += c;
      waiting.erase(0, reader.feed(waiting));
    }
    REQUIRE(reader.is_done());
    CHECK_FALSE(reader.refused());
    CHECK(waiting.empty());
  }
}

TEST_CASE("extensions of chunks and trailers are limited, and have no line ends of their own") {
  http_options options;
  auto status_of = [&](const std::string& body) {
    net::request_reader reader{options};
    auto whole = with("Transfer-Encoding: chunked\r\n", "POST") + body;
    reader.feed(whole);
    return reader.refused() ? reader.refused()->status : reader.is_done() ? 200u : 0u;
  };
  CHECK(status_of("1;a=\"b\"\r\nx\r\n0\r\n\r\n") == 200);
  CHECK(status_of("1;a=\"\n\"\r\nx\r\n0\r\n\r\n") == 400);
  auto much = std::string(20'000, 'x');
  CHECK(status_of("1;a=\"" + much + "\"\r\nx\r\n0\r\n\r\n") == 431);
  CHECK(status_of("1\r\nx\r\n0\r\nX: " + much + "\r\n\r\n") == 431);
}

TEST_CASE("a reader takes what belongs to its request, and no more") {
  http_options options;
  net::request_reader reader{options};
  auto first = post("body");
  CHECK(reader.feed(first + get("/next")) == first.size());
  CHECK(reader.is_done());
}

TEST_CASE("headers that come line by line are limited as those that come at once") {
  http_options options;
  options.max_headers = 100'000;
  net::request_reader reader{options};
  std::string waiting = "GET / HTTP/1.1\r\nHost: a\r\n";
  std::size_t sent = 0;
  while (!reader.refused() && sent < 100'000) {
    waiting += "X: 0123456789\r\nY"; // the start of the next: so this one is understood at once
    sent += 15;
    waiting.erase(0, reader.feed(waiting));
    if (waiting.ends_with('Y'))
      waiting.pop_back();
  }
  REQUIRE(reader.refused());
  CHECK(reader.refused()->status == 431);
  CHECK(sent < options.max_header_bytes + 1000);
}
