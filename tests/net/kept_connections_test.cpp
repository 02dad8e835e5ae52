// SPDX-License-Identifier: MIT
#include "net/client_support.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <mutex>

using namespace mahavishnu;
using namespace mahavishnu::test;
using namespace std::chrono_literals;

namespace {

/// Answers one request after the other.
void answer_all(raw_connection& connection, const std::string& answer) {
  while (!connection.receive().empty())
    connection.send(answer);
}

} // namespace

TEST_CASE("requests one after the other share a connection") {
  raw_server server{[](raw_connection& connection) { answer_all(connection, raw_answer("a")); }};
  auto one = open_client();
  for (int i = 0; i < 5; ++i)
    CHECK(exchange(*one, ask_for(server.url()))->body == "a");
  CHECK(server.connection_count() == 1);
}

TEST_CASE("a connection is not kept when the server says so, or says more than was asked") {
  for (auto answer : {raw_answer("a", "text/plain", "200 OK", "Connection: close\r\n"),
                      raw_answer("a", "text/plain", "200 OK", "Keep-Alive: timeout=0\r\n"),
                      raw_answer("a") + "surplus"}) {
    raw_server server{[&](raw_connection& connection) { answer_all(connection, answer); }};
    auto one = open_client();
    for (int i = 0; i < 3; ++i)
      CHECK(exchange(*one, ask_for(server.url()))->body == "a");
    CHECK(server.connection_count() == 3);
  }
}

TEST_CASE("no more connections than allowed go to one origin, and who waits comes in turn") {
  for (std::size_t most : {1, 2}) {
    std::mutex mutex;
    std::vector<int> order;
    raw_server server{[&](raw_connection& connection) {
      for (std::string request; !(request = connection.receive()).empty();) {
        {
          std::lock_guard guard{mutex};
          order.push_back(std::atoi(request.c_str() + 5)); // after "GET /"
        }
        connection.send(raw_answer("a"));
      }
    }};
    client_options options;
    options.max_connections_per_origin = most;
    auto one = open_client(options);
    std::vector<std::future<outcome>> outcomes;
    for (int i = 0; i < 50; ++i)
      outcomes.push_back(start(*one, ask_for(server.url('/' + std::to_string(i)))));
    for (auto& each : outcomes)
      CHECK(wait_for(std::move(each)));
    CHECK(server.connection_count() == most);
    CHECK(order.size() == 50);
    // Of two connections, nobody knows which server thread is first.
    if (most == 1)
      CHECK(std::ranges::is_sorted(order));
  }
}

TEST_CASE("what is urgent does not wait for those that hold all connections") {
  std::promise<void> release;
  auto released = release.get_future().share();
  raw_server server{[&](raw_connection& connection) {
    for (std::string request; !(request = connection.receive()).empty();) {
      if (request.starts_with("GET /long"))
        released.wait_for(deadline);
      connection.send(raw_answer("a"));
    }
  }};
  client_options options;
  options.max_connections_per_origin = 1;
  auto one = open_client(options);
  auto running = start(*one, ask_for(server.url("/long")));
  auto waiting = start(*one, ask_for(server.url("/short")));
  auto urgent = ask_for(server.url("/urgent"));
  urgent.is_urgent = true;
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(exchange(*one, urgent));
    // Each on one that was not there for the others, and is not kept.
    CHECK(server.connection_count() == i + 2);
    CHECK(comes_true([&] { return server.open_connections() == 1; }));
  }
  CHECK(waiting.wait_for(0s) == std::future_status::timeout);
  release.set_value();
  CHECK(wait_for(std::move(running)));
  CHECK(wait_for(std::move(waiting)));
  CHECK(server.connection_count() == 4);
}

TEST_CASE("what is urgent has a few connections more, and is the first to get another") {
  std::promise<void> release;
  auto released = release.get_future().share();
  std::mutex mutex;
  std::vector<std::string> order;
  std::atomic<int> long_ones = 0;
  raw_server server{[&](raw_connection& connection) {
    for (std::string request; !(request = connection.receive()).empty();) {
      if (request.starts_with("GET /long")) {
        ++long_ones;
        released.wait_for(deadline);
      } else if (request.starts_with("GET /first")) {
        connection.wait_for_close();
        return;
      } else {
        std::lock_guard guard{mutex};
        order.push_back(request.substr(4, request.find(' ', 4) - 4));
      }
      connection.send(raw_answer("a"));
    }
  }};
  client_options options;
  options.max_connections_per_origin = 1;
  auto one = open_client(options);
  net::request_number first = 0;
  auto given_up = start(*one, ask_for(server.url("/first")), &first);
  std::vector<std::future<outcome>> outcomes;
  auto add = [&](const char* target, bool is_urgent) {
    auto request = ask_for(server.url(target));
    request.is_urgent = is_urgent;
    outcomes.push_back(start(*one, request));
  };
  for (int i = 0; i < 4; ++i)
    add("/long", true);
  CHECK(comes_true([&] { return long_ones == 4; }));
  add("/later", false);
  add("/urgent", true);
  add("/urgent2", true);
  one->cancel(first);
  CHECK(wait_for(std::move(given_up)).has_error());
  CHECK(comes_true([&] {
    std::lock_guard guard{mutex};
    return order == std::vector<std::string>{"/urgent", "/urgent2"};
  }));
  release.set_value();
  for (auto& each : outcomes)
    CHECK(wait_for(std::move(each)));
  CHECK(order.back() == "/later");
}

TEST_CASE("who waits does not get a connection that was closed behind the last answer") {
  std::promise<void> closed;
  auto is_closed = closed.get_future().share();
  std::atomic<int> requests = 0;
  raw_server server{[&](raw_connection& connection) {
    connection.receive();
    auto number = ++requests; // before the client can have all that it waits for
    connection.send(raw_answer("a"));
    shutdown(connection.fd(), SHUT_RDWR);
    if (number == 1)
      closed.set_value();
  }};
  client_options options;
  options.max_connections_per_origin = 1;
  auto one = open_client(options);
  auto first = ask_for(server.url());
  // The client goes on when the server has closed.
  first.on_head = [&](const net::answer_head&) { is_closed.wait_for(deadline); };
  auto second = ask_for(server.url());
  second.method = "POST"; // would not be repeated
  auto running = start(*one, first);
  auto waiting = start(*one, second);
  CHECK(wait_for(std::move(running)));
  CHECK(wait_for(std::move(waiting)));
  CHECK(requests == 2);
}

TEST_CASE("a request that was sent on a kept connection may have been begun with") {
  raw_server* listening = nullptr;
  raw_server server{[&](raw_connection& connection) {
    connection.receive();
    connection.send(raw_answer("a"));
    connection.receive();
    listening->stop_listening();
  }};
  listening = &server;
  auto one = open_client();
  CHECK(exchange(*one, ask_for(server.url())));
  auto failed = exchange(*one, ask_for(server.url()));
  REQUIRE(failed.has_error());
  CHECK(failed.error().code == errc::io_failed);
}

TEST_CASE("who would have to wait behind too many others is told so at once") {
  raw_server server{[](raw_connection& connection) { connection.wait_for_close(); }};
  client_options options;
  options.max_connections_per_origin = 1;
  options.max_waiting = 1;
  auto one = open_client(options);
  auto first = start(*one, ask_for(server.url()));
  auto second = start(*one, ask_for(server.url()));
  auto third = exchange(*one, ask_for(server.url()));
  REQUIRE(third.has_error());
  CHECK(third.error().code == errc::unreachable);
  CHECK_THAT(third.error().message, ContainsSubstring("1 others wait"));
  auto waiting = ask_for(server.url());
  one.reset();
  CHECK(wait_for(std::move(first)).has_error());
  CHECK(wait_for(std::move(second)).has_error());
}

TEST_CASE("a wait for a connection has its deadline as well") {
  raw_server server{[](raw_connection& connection) { connection.wait_for_close(); }};
  client_options options;
  options.max_connections_per_origin = 1;
  auto one = open_client(options);
  auto first = start(*one, ask_for(server.url()));
  auto request = ask_for(server.url());
  request.whole_timeout = 50ms;
  auto failed = exchange(*one, request);
  REQUIRE(failed.has_error());
  CHECK(failed.error().code == errc::unreachable);
  CHECK_THAT(failed.error().message, ContainsSubstring("became free"));
}

TEST_CASE("a kept connection that was closed meanwhile is not used") {
  raw_server server{[](raw_connection& connection) {
    connection.receive();
    connection.send(raw_answer("a"));
  }};
  auto one = open_client();
  auto request = ask_for(server.url());
  request.method = "POST"; // would not be repeated
  for (int i = 0; i < 3; ++i) {
    CHECK(exchange(*one, request));
    CHECK(comes_true([&] { return server.open_connections() == 0; }));
  }
}

TEST_CASE("a request on a kept connection that breaks is repeated only when that is harmless") {
  // Takes the second request of a connection and closes without a word.
  std::atomic<int> requests = 0;
  raw_server server{[&](raw_connection& connection) {
    connection.receive();
    ++requests;
    connection.send(raw_answer("a"));
    if (!connection.receive().empty())
      ++requests;
  }};
  auto one = open_client();
  CHECK(exchange(*one, ask_for(server.url())));
  CHECK(exchange(*one, ask_for(server.url())));
  CHECK(requests == 3);

  auto request = ask_for(server.url());
  request.method = "POST";
  auto failed = exchange(*one, request);
  REQUIRE(failed.has_error());
  CHECK(failed.error().code == errc::io_failed);
  CHECK(requests == 4);

  CHECK(exchange(*one, request));
  request.repeatable = true;
  CHECK(exchange(*one, request));
  CHECK(requests == 7);
}

TEST_CASE("a request is not repeated when a part of its answer has come") {
  std::atomic<int> requests = 0;
  raw_server server{[&](raw_connection& connection) {
    connection.receive();
    ++requests;
    connection.send(raw_answer("a"));
    if (connection.receive().empty())
      return;
    ++requests;
    connection.send("HTTP/1.1 2");
  }};
  auto one = open_client();
  CHECK(exchange(*one, ask_for(server.url())));
  CHECK_THAT(failure_of(exchange(*one, ask_for(server.url()))), ContainsSubstring("in the middle"));
  CHECK(requests == 2);
}

TEST_CASE("a connection that is not used for a while is closed") {
  std::promise<void> closed;
  raw_server server{[&](raw_connection& connection) {
    connection.receive();
    connection.send(raw_answer("a"));
    connection.wait_for_close();
    closed.set_value();
  }};
  client_options options;
  options.idle_timeout = 20ms;
  auto one = open_client(options);
  CHECK(exchange(*one, ask_for(server.url())));
  wait_for(closed.get_future());
}

TEST_CASE("clients leave no descriptors, whatever became of their requests") {
  auto server = open_server(echo);
  exchange(*open_client(), ask_for(url_of(*server)));
  CHECK(comes_true([&, before = open_descriptors()] { return open_descriptors() <= before; }));
  auto before = open_descriptors();
  for (int i = 0; i < 20; ++i) {
    auto one = open_client();
    exchange(*one, ask_for(url_of(*server)));
    start(*one, ask_for(url_of(*server)));
    start(*one, ask_for("http://127.0.0.1:1/"));
  }
  CHECK(comes_true([&] { return open_descriptors() <= before; }));
}
