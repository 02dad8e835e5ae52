// SPDX-License-Identifier: MIT
#include "net/support.hpp"

#include <thread>

using namespace mahavishnu;
using namespace mahavishnu::test;

TEST_CASE("port 0 gives a free port, and two servers get two") {
  auto first = open_server(echo);
  auto second = open_server(echo);
  CHECK(first->port() != 0);
  CHECK(second->port() != 0);
  CHECK(first->port() != second->port());
}

TEST_CASE("a port in use is an error that names it and the way out") {
  auto server = open_server(echo);
  http_options options;
  options.port = server->port();
  auto second = http_server::start(options, echo);
  REQUIRE(second.has_error());
  CHECK(second.error().code == errc::io_failed);
  CHECK_THAT(second.error().message,
             ContainsSubstring("127.0.0.1:" + std::to_string(server->port())) &&
                 ContainsSubstring("in use") && ContainsSubstring("mcp.port") &&
                 ContainsSubstring("--port 0"));
}

TEST_CASE("a port is free again at once when the server has stopped") {
  auto server = open_server(echo);
  http_options options;
  options.port = server->port();
  {
    client one{server->port()};
    one.send(get("/"));
    CHECK(has_status(one.receive(), 200));
    server->stop(); // the server closes first: its end of the connection stays in TIME_WAIT
  }
  CHECK(open_server(echo, options)->port() == options.port);
}

TEST_CASE("a host that is no address, or none of ours, is refused") {
  http_options options;
  options.host = "no such host";
  auto server = http_server::start(options, echo);
  REQUIRE(server.has_error());
  CHECK(server.error().code == errc::invalid_settings);
  CHECK_THAT(server.error().message, ContainsSubstring("'no such host'"));

  options.host = "192.0.2.1"; // for documentation only: nobody has it
  server = http_server::start(options, echo);
  REQUIRE(server.has_error());
  CHECK_THAT(server.error().message, ContainsSubstring("mcp.host"));
}

TEST_CASE("impossible options are refused") {
  http_options options;
  options.request_timeout = std::chrono::seconds{0};
  CHECK(http_server::start(options, echo).has_error());
  options = {};
  options.max_connections = 0;
  CHECK(http_server::start(options, echo).has_error());
  options = {};
  options.max_header_bytes = 0;
  CHECK(http_server::start(options, echo).has_error());
  options = {};
  options.max_headers = 0;
  CHECK(http_server::start(options, echo).has_error());
  options = {};
  options.max_url_bytes = 0;
  CHECK(http_server::start(options, echo).has_error());
}

TEST_CASE("localhost is the loopback address") {
  http_options options;
  options.host = "localhost";
  auto server = open_server(echo, options);
  client one{server->port()};
  one.send(get("/"));
  CHECK(has_status(one.receive(), 200));
}

TEST_CASE("a reply after the connection has died is harmless") {
  std::promise<http_answer> kept;
  auto server = open_server(keep_answer(kept));
  http_answer pending;
  {
    client one{server->port()};
    one.send(get("/"));
    pending = wait_for(kept.get_future());
  }
  http_response large;
  large.body.assign(8u << 20, 'x');
  pending.reply(large);
  pending.reply(large);
  server.reset();
  pending.reply(large);
}

TEST_CASE("only the first reply counts") {
  auto server = open_server([](http_request, http_answer answer) {
    http_response response;
    response.body = "first";
    answer.reply(response);
    response.body = "second";
    answer.reply(response);
  });
  client one{server->port()};
  for (int i = 0; i < 10; ++i) {
    one.send(get("/"));
    CHECK(body_of(one.receive()) == "first");
  }
}

TEST_CASE("a reply to an earlier request does not answer a later one") {
  std::vector<http_answer> kept;
  std::promise<void> second_is_here;
  auto server = open_server([&](http_request request, http_answer answer) {
    kept.push_back(answer);
    if (request.target == "/second")
      second_is_here.set_value();
    else
      echo(std::move(request), std::move(answer));
  });
  client one{server->port()};
  one.send(get("/first"));
  CHECK(body_of(one.receive()) == "GET /first ");
  one.send(get("/second"));
  wait_for(second_is_here.get_future());
  http_response wrong;
  wrong.body = "wrong";
  http_response right;
  right.body = "right";
  kept[0].reply(wrong);
  kept[1].reply(right);
  CHECK(body_of(one.receive()) == "right");
}

TEST_CASE("a thousand connections one after the other leave no descriptors") {
  auto before = open_descriptors();
  {
    auto server = open_server(echo);
    for (int i = 0; i < 1000; ++i) {
      client one{server->port()};
      one.send(i % 2 ? get("/") : "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
      if (i % 5 != 0) // some go away without their answer
        REQUIRE(has_status(one.receive(), 200));
    }
  }
  CHECK(open_descriptors() == before);
}

TEST_CASE("many clients at once are all served, by replies from other threads") {
  auto server = open_server([](http_request request, http_answer answer) {
    std::thread([request = std::move(request), answer = std::move(answer)] {
      echo(request, answer);
    }).detach();
  });
  std::vector<std::future<int>> clients;
  for (int number = 0; number < 8; ++number)
    clients.push_back(std::async(std::launch::async, [&server, number] {
      client one{server->port()};
      int right = 0;
      for (int i = 0; i < 50; ++i) {
        auto target = "/" + std::to_string(number) + "/" + std::to_string(i);
        one.send(get(target));
        right += body_of(one.receive()) == "GET " + target + ' ' ? 1 : 0;
      }
      return right;
    }));
  for (auto& one : clients)
    CHECK(one.get() == 50);
}
