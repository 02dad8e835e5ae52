// SPDX-License-Identifier: MIT
#include "net/support.hpp"

#include <thread>

using namespace mahavishnu;
using namespace mahavishnu::test;
using namespace std::chrono_literals;

TEST_CASE("stop lets a running request finish, and closes after it") {
  std::promise<reply_function> kept;
  auto server = open_server(keep_reply(kept));
  client idle{server->port()};
  client one{server->port()};
  one.send(get("/"));
  auto reply = wait_for(kept.get_future());
  auto stopped = std::async(std::launch::async, [&] { server->stop(); });
  CHECK(idle.is_closed_by_server()); // so it is stopping

  http_response response;
  response.body = "finished";
  reply(response);
  auto answer = one.receive();
  CHECK(body_of(answer) == "finished");
  CHECK_THAT(answer, ContainsSubstring("Connection: close"));
  CHECK(one.is_closed_by_server());
  wait_for(std::move(stopped));
}

TEST_CASE("stop does not wait for ever for a request that does not finish") {
  std::promise<reply_function> kept;
  auto server = open_server(keep_reply(kept));
  client one{server->port()};
  one.send(get("/"));
  auto reply = wait_for(kept.get_future());
  auto begin = std::chrono::steady_clock::now();
  server->stop();
  CHECK(std::chrono::steady_clock::now() - begin >= 2s);
  CHECK(std::chrono::steady_clock::now() - begin < 20s);
  CHECK(one.receive().empty());
  reply({});
}

TEST_CASE("stop with idle connections is quick and may be repeated") {
  auto server = open_server(echo);
  client idle{server->port()};
  idle.send(get("/"));
  CHECK(has_status(idle.receive(), 200));
  client silent{server->port()};
  client half{server->port()};
  half.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Le");
  auto begin = std::chrono::steady_clock::now();
  server->stop();
  server->stop();
  CHECK(std::chrono::steady_clock::now() - begin < 2s);
  CHECK(idle.is_closed_by_server());
}

TEST_CASE("a stopped server takes no connections") {
  auto server = open_server(echo);
  auto port = server->port();
  server->stop();
  CHECK(server->port() == port);
  auto fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto address = loopback(port);
  CHECK(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0);
  ::close(fd);
}

TEST_CASE("replies may race with the end of the server") {
  for (int round = 0; round < 20; ++round) {
    std::promise<reply_function> kept;
    auto server = open_server(keep_reply(kept));
    client one{server->port()};
    one.send(get("/"));
    auto reply = wait_for(kept.get_future());
    std::thread late([reply = std::move(reply)] { reply({}); });
    server.reset();
    late.join();
  }
}
