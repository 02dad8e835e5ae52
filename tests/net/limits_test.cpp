// SPDX-License-Identifier: MIT
#include "net/support.hpp"

#include <sys/resource.h>

#include <ctime>

using namespace mahavishnu;
using namespace mahavishnu::test;
using namespace std::chrono_literals;

namespace {

http_options with_timeout(std::chrono::seconds timeout) {
  http_options options;
  options.request_timeout = timeout;
  return options;
}

/// Whether a new connection is taken before the deadline, although it may be turned away at first.
bool is_served_at_last(const http_server& server) {
  auto end = std::chrono::steady_clock::now() + deadline;
  while (std::chrono::steady_clock::now() < end) {
    client next{server.port()};
    next.send(get("/"));
    if (has_status(next.receive(), 200))
      return true;
  }
  return false;
}

} // namespace

TEST_CASE("a body over the limit gets 413, said or streamed") {
  http_options options;
  options.max_body_bytes = 1000;
  auto server = open_server(echo, options);
  {
    client one{server->port()};
    one.send(post(std::string(1000, 'x')));
    CHECK(has_status(one.receive(), 200));
    one.send(post(std::string(1001, 'x')));
    CHECK(has_status(one.receive(), 413));
    CHECK(one.is_closed_by_server());
  }
  client one{server->port()};
  one.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n" +
           std::string(2000, 'x') + "\r\n0\r\n\r\n");
  CHECK(has_status(one.receive(), 413));
}

TEST_CASE("a client that goes on sending a body that is too large still gets its 413") {
  http_options options;
  options.max_body_bytes = 1000;
  auto server = open_server(echo, options);
  client one{server->port()};
  one.send(post(std::string(2u << 20, 'x')));
  CHECK(has_status(one.receive(), 413));
}

TEST_CASE("headers over the limit get 431") {
  auto server = open_server(echo);
  {
    client one{server->port()};
    one.send("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(8000, 'x') + "\r\n\r\n");
    CHECK(has_status(one.receive(), 200));
    one.send("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n");
    CHECK(has_status(one.receive(), 431));
    CHECK(one.is_closed_by_server());
  }
  client one{server->port()};
  one.send("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(200'000, 'x'));
  CHECK(has_status(one.receive(), 431));
}

TEST_CASE("a URL over the limit gets 414, also when it has no end") {
  http_options options;
  options.max_url_bytes = 1000;
  auto server = open_server(echo, options);
  {
    client one{server->port()};
    one.send(get("/" + std::string(999, 'x')));
    CHECK(has_status(one.receive(), 200));
    one.send(get("/" + std::string(1000, 'x')));
    CHECK(has_status(one.receive(), 414));
    CHECK(one.is_closed_by_server());
  }
  client one{server->port()};
  one.send("GET /" + std::string(200'000, 'x'));
  CHECK(has_status(one.receive(), 414));
}

TEST_CASE("more headers than may be get 431, also behind a chunked body") {
  http_options options;
  options.max_headers = 5;
  auto server = open_server(echo, options);
  auto fields = [](int count) {
    std::string text;
    for (int i = 0; i < count; ++i)
      text += "X-" + std::to_string(i) + ": a\r\n";
    return text;
  };
  {
    client one{server->port()};
    one.send("GET / HTTP/1.1\r\nHost: a\r\n" + fields(4) + "\r\n");
    CHECK(has_status(one.receive(), 200));
    one.send("GET / HTTP/1.1\r\nHost: a\r\n" + fields(5) + "\r\n");
    CHECK(has_status(one.receive(), 431));
    CHECK(one.is_closed_by_server());
  }
  client one{server->port()};
  std::string chunked =
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n";
  one.send(chunked + fields(3) + "\r\n");
  CHECK(body_of(one.receive()) == "POST / x");
  one.send(chunked + fields(4) + "\r\n");
  CHECK(has_status(one.receive(), 431));
}

TEST_CASE("a chunk whose extensions do not end gets 431") {
  auto server = open_server(echo);
  client one{server->port()};
  one.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;" +
           std::string(200'000, 'x'));
  CHECK(has_status(one.receive(), 431));
}

TEST_CASE("a client that says nothing, or not enough, is cut") {
  auto server = open_server(echo, with_timeout(1s));
  client silent{server->port()};
  client slow{server->port()};
  client half{server->port()};
  client idle{server->port()};
  slow.send("GET / HT");
  half.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
  idle.send(get("/"));
  CHECK(has_status(idle.receive(), 200));
  CHECK(silent.is_closed_by_server());
  CHECK(slow.is_closed_by_server());
  CHECK(half.is_closed_by_server());
  CHECK(idle.is_closed_by_server());
}

TEST_CASE("a client that does not take its answer is cut") {
  auto options = with_timeout(1s);
  options.max_connections = 1;
  auto server = open_server(
      [](http_request request, http_answer answer) {
        http_response response;
        response.body.assign(request.target == "/large" ? 64u << 20 : 1, 'x');
        answer.reply(std::move(response));
      },
      options);
  client one{server->port()};
  one.send(get("/large"));
  CHECK(is_served_at_last(*server)); // so the only place is free again
}

TEST_CASE("a handler that never replies gives 503 after the time-out") {
  http_answer kept;
  auto server = open_server([&](http_request, http_answer answer) { kept = std::move(answer); },
                            with_timeout(1s));
  client one{server->port()};
  one.send(get("/"));
  CHECK(has_status(one.receive(), 503));
  CHECK(one.is_closed_by_server());
  kept.reply({}); // too late, and harmless
}

TEST_CASE("the time to reply may be longer than that to ask") {
  auto options = with_timeout(1s);
  options.reply_timeout = 30s;
  std::promise<http_answer> kept;
  auto server = open_server(keep_answer(kept), options);
  client silent{server->port()};
  client one{server->port()};
  one.send(get("/"));
  auto pending = wait_for(kept.get_future());
  CHECK(silent.is_closed_by_server()); // a second has passed, for the other one as well
  pending.reply({});
  CHECK(has_status(one.receive(), 200));
}

TEST_CASE("connections over the cap are turned away, and the next is taken when one has gone") {
  http_options options;
  options.max_connections = 2;
  auto server = open_server(echo, options);
  client first{server->port()};
  client second{server->port()};
  for (auto* one : {&first, &second}) {
    one->send(get("/"));
    CHECK(has_status(one->receive(), 200));
  }
  client third{server->port()};
  auto answer = third.receive();
  CHECK(has_status(answer, 503));
  CHECK(third.is_closed_by_server());

  first.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  CHECK(has_status(first.receive(), 200));
  CHECK(first.is_closed_by_server());
  first.close();
  CHECK(is_served_at_last(*server));
}

TEST_CASE("a lack of descriptors does not make the server spin, and passes") {
  auto server = open_server(echo);
  client witness{server->port()};
  witness.send(get("/"));
  CHECK(has_status(witness.receive(), 200));

  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  client waiting{server->port()};
  waiting.send(get("/"));
  CHECK(has_status(waiting.receive(), 200));
  auto socket_for_later = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto lower = before;
  auto next = dup(0);
  ::close(next);
  lower.rlim_cur = static_cast<rlim_t>(next);
  REQUIRE(setrlimit(RLIMIT_NOFILE, &lower) == 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(server->port());
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto connected = connect(socket_for_later, reinterpret_cast<sockaddr*>(&address), sizeof address);

  // The witness is still served while the newcomer waits, and little processor time is used.
  auto cpu_before = std::clock();
  auto end = std::chrono::steady_clock::now() + 500ms;
  timeval limit{0, 500'000};
  setsockopt(socket_for_later, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  char byte = 0;
  auto nothing = recv(socket_for_later, &byte, 1, 0);
  auto cpu_used = std::clock() - cpu_before;
  witness.send(get("/still"));
  auto answer = witness.receive();
  REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);

  CHECK(connected == 0);
  CHECK(nothing < 0);
  CHECK(std::chrono::steady_clock::now() >= end);
  CHECK(cpu_used < CLOCKS_PER_SEC / 5);
  CHECK(has_status(answer, 200));
  auto request = get("/late");
  REQUIRE(::send(socket_for_later, request.data(), request.size(), MSG_NOSIGNAL) > 0);
  limit = {deadline.count(), 0};
  setsockopt(socket_for_later, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  CHECK(recv(socket_for_later, &byte, 1, 0) == 1);
  ::close(socket_for_later);
}
