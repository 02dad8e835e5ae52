// SPDX-License-Identifier: MIT
#include "net/client_support.hpp"

#include <atomic>
#include <thread>

using namespace mahavishnu;
using namespace mahavishnu::test;
using namespace std::chrono_literals;

namespace {

/// A server that says the same to whoever comes, and closes.
raw_server::script says(std::string answer) {
  return [answer = std::move(answer)](raw_connection& connection) {
    connection.receive();
    connection.send(answer);
  };
}

} // namespace

TEST_CASE("a port on which nobody listens is unreachable") {
  std::uint16_t port = open_server(echo)->port();
  auto one = open_client();
  auto failed = exchange(*one, ask_for("http://127.0.0.1:" + std::to_string(port) + "/x?secret=y"));
  REQUIRE(failed.has_error());
  CHECK(failed.error().code == errc::unreachable);
  CHECK_THAT(failed.error().message,
             ContainsSubstring("http://127.0.0.1:" + std::to_string(port) + "/x") &&
                 ContainsSubstring("nothing listens") && !ContainsSubstring("secret"));
}

TEST_CASE("a host that nobody knows is unreachable") {
  auto one = open_client();
  auto failed = exchange(*one, ask_for("http://no-such-host.invalid/"));
  REQUIRE(failed.has_error());
  CHECK(failed.error().code == errc::unreachable);
  CHECK_THAT(failed.error().message, ContainsSubstring("'no-such-host.invalid'"));
}

TEST_CASE("an answer that is none, or ends in the middle, is an error that says so") {
  auto one = open_client();
  auto message_after = [&](std::string answer) {
    raw_server server{says(std::move(answer))};
    auto failed = exchange(*one, ask_for(server.url()));
    CHECK(failed.has_error());
    if (failed.has_error())
      CHECK(failed.error().code == errc::io_failed);
    return failure_of(failed);
  };
  CHECK_THAT(message_after(""), ContainsSubstring("without an answer"));
  CHECK_THAT(message_after("HTTP/1.1 200 OK\r\nX:"), ContainsSubstring("in the middle"));
  CHECK_THAT(message_after("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"),
             ContainsSubstring("in the middle"));
  CHECK_THAT(message_after("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc"),
             ContainsSubstring("in the middle"));
  CHECK_THAT(message_after("220 mail.example.org ESMTP\r\n\r\n"), ContainsSubstring("no HTTP"));
  CHECK_THAT(message_after(std::string(100, '\0')), ContainsSubstring("no HTTP"));
  CHECK_THAT(message_after("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"),
             ContainsSubstring("no HTTP"));
  CHECK_THAT(message_after("HTTP/1.1 101 Switching Protocols\r\n\r\n"),
             ContainsSubstring("no HTTP"));
}

TEST_CASE("headers and bodies without end are cut at the limit") {
  raw_server server{[](raw_connection& connection) {
    auto request = connection.receive();
    if (request.starts_with("GET /headers")) {
      connection.send("HTTP/1.1 200 OK\r\n");
      while (connection.send("X-Name: " + std::string(100, 'x') + "\r\n")) {
      }
    } else if (request.starts_with("GET /header")) {
      connection.send("HTTP/1.1 200 OK\r\nX: ");
      while (connection.send(std::string(1000, 'x'))) {
      }
    } else if (request.starts_with("GET /chunk")) {
      connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;");
      while (connection.send(std::string(1000, 'x'))) {
      }
    } else {
      connection.send(request.starts_with("GET /said")
                          ? "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n"
                          : "HTTP/1.1 200 OK\r\n\r\n");
      while (connection.send(std::string(1000, 'x'))) {
      }
    }
  }};
  auto one = open_client();
  for (const auto* target : {"/headers", "/header", "/chunk"})
    CHECK_THAT(failure_of(exchange(*one, ask_for(server.url(target)))),
               ContainsSubstring("16384 bytes of headers"));
  std::size_t taken = 0;
  for (const auto* target : {"/said", "/unsaid"}) {
    auto request = ask_for(server.url(target));
    request.max_body_bytes = 100'000;
    request.on_piece = [&](std::string_view piece) { taken += piece.size(); };
    auto failed = exchange(*one, request);
    CHECK_THAT(failure_of(failed), ContainsSubstring("100000 bytes"));
    CHECK(failed.error().code == errc::incompatible);
  }
  CHECK(taken <= 100'000);
}

TEST_CASE("every deadline is kept") {
  raw_server server{[](raw_connection& connection) {
    auto request = connection.receive();
    if (request.starts_with("GET /body"))
      connection.send("HTTP/1.1 200 OK\r\n\r\nabc");
    else if (request.starts_with("GET /head"))
      connection.send("HTTP/1.1 200 OK\r\nX:");
    connection.wait_for_close();
  }};
  auto one = open_client();
  auto request = ask_for(server.url("/never"));
  request.head_timeout = 50ms;
  auto failed = exchange(*one, request);
  CHECK(failed.error().code == errc::timeout);
  CHECK_THAT(failure_of(failed), ContainsSubstring(server.url("/never")));
  request = ask_for(server.url("/head"));
  request.head_timeout = 50ms;
  CHECK(exchange(*one, request).error().code == errc::timeout);
  request = ask_for(server.url("/body"));
  request.head_timeout = 1h;
  request.whole_timeout = 200ms;
  CHECK(exchange(*one, request).error().code == errc::timeout);
}

TEST_CASE("a connection that is not taken up is given up after its deadline") {
  // A listener with room for one connection that it has not accepted yet, and that one.
  int listener = bind_to_free_port();
  REQUIRE(listen(listener, 0) == 0);
  int filler = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  REQUIRE(getsockname(listener, generic, &size) == 0);
  REQUIRE(::connect(filler, generic, size) == 0);
  auto one = open_client();
  auto request = ask_for("http://127.0.0.1:" + std::to_string(port_of(listener)) + '/');
  request.connect_timeout = 100ms;
  auto failed = exchange(*one, request);
  REQUIRE(failed.has_error());
  CHECK(failed.error().code == errc::unreachable);
  CHECK_THAT(failed.error().message, ContainsSubstring("within 0.1 s"));
  ::close(filler);
  ::close(listener);
}

TEST_CASE("a deadline for the head that is called off just when it comes due cuts no body") {
  constexpr auto time = 300ms;
  std::atomic<bool> is_in_time = false;
  std::unique_ptr<http_client> one;
  raw_server server{[&](raw_connection& connection) {
    connection.receive();
    // At the latest then: the client has set its timer before it has sent.
    auto due = std::chrono::steady_clock::now() + time;
    std::promise<void> blocked;
    std::promise<void> answered;
    auto sent = answered.get_future().share();
    one->post([&blocked, sent, due] {
      blocked.set_value();
      // The head and the timer are both there when the client looks again.
      sent.wait_for(deadline);
      std::this_thread::sleep_until(due);
    });
    is_in_time = blocked.get_future().wait_for(time / 2) == std::future_status::ready;
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na");
    answered.set_value();
    std::this_thread::sleep_until(due + 20ms);
    connection.send("b");
    connection.wait_for_close();
  }};
  one = open_client();
  // A machine that stands still for too long shows nothing.
  for (auto tries = 0; tries < 20 && !is_in_time; ++tries) {
    auto request = ask_for(server.url());
    request.head_timeout = time;
    auto answer = exchange(*one, request);
    if (is_in_time) {
      REQUIRE(answer);
      CHECK(answer->body == "ab");
    }
  }
  CHECK(is_in_time);
  one.reset();
}

TEST_CASE("a request that is cancelled ends, on its way or waiting, and its connection is closed") {
  std::promise<void> arrived;
  std::promise<void> closed;
  raw_server server{[&](raw_connection& connection) {
    connection.receive();
    connection.send("HTTP/1.1 200 OK\r\n\r\nabc");
    arrived.set_value();
    connection.wait_for_close();
    closed.set_value();
  }};
  client_options options;
  options.max_connections_per_origin = 1;
  auto one = open_client(options);
  net::request_number numbers[2];
  auto running = start(*one, ask_for(server.url()), &numbers[0]);
  wait_for(arrived.get_future());
  auto waiting = start(*one, ask_for(server.url()), &numbers[1]);
  one->cancel(numbers[1]);
  one->cancel(numbers[1]);
  CHECK(wait_for(std::move(waiting)).error().code == errc::cancelled);
  one->cancel(numbers[0]);
  CHECK(wait_for(std::move(running)).error().code == errc::cancelled);
  wait_for(closed.get_future());
  one->cancel(numbers[0]);
  one->cancel(12345);
}

TEST_CASE("a server that refuses before it has read all of the request is understood") {
  http_options options;
  options.max_body_bytes = 1000;
  auto server = open_server(echo, options);
  auto one = open_client();
  auto request = ask_for(url_of(*server));
  request.method = "POST";
  request.body.assign(200'000, 'x');
  auto answer = exchange(*one, request);
  REQUIRE(answer);
  CHECK(answer->status == 413);
}

TEST_CASE("a callback that throws does no harm") {
  auto server = open_server(echo);
  auto one = open_client();
  auto request = ask_for(url_of(*server));
  request.on_head = [](const net::answer_head&) { throw std::runtime_error("head"); };
  request.on_piece = [](std::string_view) { throw std::runtime_error("piece"); };
  one->send(request, [](const outcome&) { throw std::runtime_error("answer"); });
  CHECK(exchange(*one, ask_for(url_of(*server)))->status == 200);
}

TEST_CASE("impossible options of a client are refused") {
  client_options options;
  options.max_connections_per_origin = 0;
  CHECK(http_client::start(options).has_error());
  options = {};
  options.max_header_bytes = 1;
  CHECK(http_client::start(options).has_error());
  options = {};
  options.ca_file = "/no/such/file.pem";
  auto failed = http_client::start(options);
  REQUIRE(failed.has_error());
  CHECK(failed.error().code == errc::invalid_settings);
  CHECK_THAT(failed.error().message, ContainsSubstring("/no/such/file.pem"));
}
