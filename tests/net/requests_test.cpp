// SPDX-License-Identifier: MIT
#include "net/support.hpp"

#include <stdexcept>
#include <thread>

using namespace mahavishnu;
using namespace mahavishnu::test;

TEST_CASE("a GET is answered") {
  auto server = open_server(echo);
  client one{server->port()};
  one.send(get("/path?query"));
  auto answer = one.receive();
  CHECK(has_status(answer, 200));
  CHECK(body_of(answer) == "GET /path?query ");
}

TEST_CASE("the handler sees method, target, body and headers in lower case") {
  std::promise<http_request> seen;
  auto server = open_server([&](http_request request, http_answer answer) {
    seen.set_value(std::move(request));
    answer.reply({});
  });
  client one{server->port()};
  one.send("PATCH /a HTTP/1.1\r\nHost: localhost\r\nX-Some-Name:  Some Value \r\n"
           "Content-Length: 4\r\n\r\nbody");
  CHECK(has_status(one.receive(), 200));
  auto request = wait_for(seen.get_future());
  CHECK(request.method == "PATCH");
  CHECK(request.target == "/a");
  CHECK(request.body == "body");
  using header = std::pair<std::string, std::string>;
  CHECK(request.headers == std::vector<header>{{"host", "localhost"},
                                               {"x-some-name", "Some Value"},
                                               {"content-length", "4"}});
}

TEST_CASE("a body of a megabyte arrives, whole and in chunks") {
  auto server = open_server([](http_request request, http_answer answer) {
    http_response response;
    response.body = request.body + "!";
    answer.reply(std::move(response));
  });
  client one{server->port()};
  std::string body(1u << 20, 'x');
  one.send(post(body));
  CHECK(body_of(one.receive()) == body + "!");

  one.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
           "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  CHECK(body_of(one.receive()) == "abcde!");
}

TEST_CASE("a connection serves one request after the other") {
  auto server = open_server(echo);
  client one{server->port()};
  for (std::string target : {"/first", "/second", "/third"}) {
    one.send(get(target));
    CHECK(body_of(one.receive()) == "GET " + target + ' ');
  }
}

TEST_CASE("pipelined requests are answered in their order") {
  auto server = open_server([](http_request request, http_answer answer) {
    std::thread([request = std::move(request), answer = std::move(answer)] {
      echo(request, answer);
    }).detach();
  });
  client one{server->port()};
  std::string requests;
  for (int i = 0; i < 50; ++i)
    requests += get("/" + std::to_string(i));
  one.send(requests);
  for (int i = 0; i < 50; ++i)
    CHECK(body_of(one.receive()) == "GET /" + std::to_string(i) + ' ');
}

TEST_CASE("HEAD gives the headers of the answer without its body") {
  auto server = open_server(echo);
  client one{server->port()};
  one.send("HEAD /path HTTP/1.1\r\nHost: localhost\r\n\r\n");
  auto answer = one.receive(true);
  CHECK(has_status(answer, 200));
  CHECK_THAT(answer, ContainsSubstring("Content-Length: 11\r\n"));
  one.send(get("/next"));
  CHECK(body_of(one.receive()) == "GET /next ");
}

TEST_CASE("an answer without content leaves the connection usable") {
  auto server = open_server([](http_request, http_answer answer) {
    http_response response;
    response.status = 204;
    response.body = "must not be sent";
    answer.reply(std::move(response));
  });
  client one{server->port()};
  for (int i = 0; i < 2; ++i) {
    one.send(get("/"));
    auto answer = one.receive();
    CHECK(has_status(answer, 204));
    CHECK(body_of(answer).empty());
  }
}

TEST_CASE("a client that asks to close is closed after its answer") {
  auto server = open_server(echo);
  client one{server->port()};
  one.send("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  auto answer = one.receive();
  CHECK(has_status(answer, 200));
  CHECK_THAT(answer, ContainsSubstring("Connection: close\r\n"));
  CHECK(one.is_closed_by_server());
}

TEST_CASE("HTTP/1.0 is closed unless it asks to stay") {
  auto server = open_server(echo);
  client one{server->port()};
  one.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  CHECK_THAT(one.receive(), ContainsSubstring("Connection: keep-alive\r\n"));
  one.send("GET / HTTP/1.0\r\n\r\n");
  CHECK(has_status(one.receive(), 200));
  CHECK(one.is_closed_by_server());
}

TEST_CASE("a client that waits for it is invited to send its body") {
  auto server = open_server(echo);
  client one{server->port()};
  one.send(
      "POST / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  CHECK(has_status(one.receive(), 100));
  one.send("hi");
  CHECK(body_of(one.receive()) == "POST / hi");
}

TEST_CASE("a handler that throws gives 500 and harms nobody else") {
  auto server = open_server([](http_request request, http_answer answer) {
    if (request.target == "/bad")
      throw std::runtime_error("faulty");
    answer.reply({});
  });
  client one{server->port()};
  one.send(get("/bad"));
  CHECK(has_status(one.receive(), 500));
  one.send(get("/good"));
  CHECK(has_status(one.receive(), 200));
}

TEST_CASE("an answer that is no valid HTTP becomes 500") {
  auto server = open_server([](http_request, http_answer answer) {
    http_response response;
    response.headers.emplace_back("X-Name", "a\r\nX-Other: b");
    answer.reply(std::move(response));
  });
  client one{server->port()};
  one.send(get("/"));
  auto answer = one.receive();
  CHECK(has_status(answer, 500));
  CHECK_THAT(answer, !ContainsSubstring("X-Other"));
}

TEST_CASE("an expectation that is unknown gets 417") {
  auto server = open_server(echo);
  client one{server->port()};
  one.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: wonders\r\nContent-Length: 2\r\n\r\n");
  CHECK(has_status(one.receive(), 417));
}
