// SPDX-License-Identifier: MIT
#include "net/support.hpp"

#include <stdexcept>
#include <thread>

using namespace mahavishnu;
using namespace mahavishnu::test;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view last_chunk = "0\r\n\r\n";

http_options with_timeout(std::chrono::seconds timeout) {
  http_options options;
  options.request_timeout = timeout;
  return options;
}

} // namespace

TEST_CASE("a client that goes is noticed, whatever is done for it and however it goes") {
  inbox requests;
  happening gone;
  auto server = open_server(requests.handler());
  client one{server->port()};
  one.send(get("/"));
  auto answer = requests.next().answer;
  answer.on_gone(gone.callback());
  if (GENERATE(false, true)) {
    answer.begin(text("a"));
    one.receive(true);
    one.receive_through("a\r\n");
  }
  bool is_reset = GENERATE(false, true);
  CHECK(gone.count() == 0);
  is_reset ? one.reset() : one.close();
  CHECK(gone.comes());
  answer.reply(text("to nobody"));
  answer.send("nor this");
  answer.end();
  server.reset();
  CHECK(gone.count() == 1);
}

TEST_CASE("a client that went in the middle of its next request is noticed as well") {
  inbox requests;
  happening gone;
  auto server = open_server(requests.handler());
  client one{server->port()};
  one.send(get("/") + "GET /ne");
  requests.next().answer.on_gone(gone.callback());
  one.close();
  CHECK(gone.comes());
}

TEST_CASE("a reset is noticed although nothing more is read") {
  http_options options;
  options.max_header_bytes = 1024; // so much of the next requests is
  inbox requests;
  happening gone;
  auto server = open_server(requests.handler(), options);
  client one{server->port()};
  one.send(get("/"));
  auto answer = requests.next().answer;
  answer.on_gone(gone.callback());
  answer.take_time();
  one.send(std::string(5000, 'x'));
  CHECK(gone.count() == 0);
  one.reset();
  CHECK(gone.comes());
}

TEST_CASE("a client that only says that it sends no more counts as gone, and is answered") {
  inbox requests;
  auto server = open_server(requests.handler());
  for (bool is_stream : {false, true}) {
    happening gone;
    client one{server->port()};
    one.send(get("/"));
    auto answer = requests.next().answer;
    answer.on_gone(gone.callback());
    one.say_no_more();
    CHECK(gone.comes());
    if (is_stream) {
      answer.begin(text("a"));
      one.receive(true);
      CHECK(one.receive_through("a\r\n") == "1\r\na\r\n");
      answer.send("b");
      answer.end();
      CHECK(unchunked(one.receive_through(last_chunk)) == "b");
    } else {
      answer.reply(text("whole"));
      CHECK(body_of(one.receive()) == "whole");
    }
    CHECK(one.is_closed_by_server());
    CHECK(gone.count() == 1);
  }
}

TEST_CASE("all requests are answered of a client that sends no more after them") {
  auto server = open_server(echo);
  client one{server->port()};
  one.send(get("/1") + get("/2") + post("3"));
  one.say_no_more();
  for (std::string answer : {"GET /1 ", "GET /2 ", "POST / 3"})
    CHECK(body_of(one.receive()) == answer);
  CHECK(one.is_closed_by_server());
}

TEST_CASE("who asks late whether the client has gone is told at once, on the server's thread") {
  inbox requests;
  std::promise<std::thread::id> server_thread;
  auto server = open_server(requests.handler());
  client one{server->port()};
  one.send(get("/"));
  auto answer = requests.next().answer;
  answer.on_gone([&] { server_thread.set_value(std::this_thread::get_id()); });
  one.close();
  auto right = wait_for(server_thread.get_future());
  for (int i = 0; i < 2; ++i) {
    std::promise<std::thread::id> late;
    answer.on_gone([&] { late.set_value(std::this_thread::get_id()); });
    CHECK(wait_for(late.get_future()) == right);
  }
  server.reset();
  happening at_last;
  answer.on_gone(at_last.callback());
  CHECK(at_last.count() == 1);
}

TEST_CASE("the last one that asks is told") {
  inbox requests;
  happening first;
  happening second;
  auto server = open_server(requests.handler());
  client one{server->port()};
  one.send(get("/"));
  auto answer = requests.next().answer;
  answer.on_gone(first.callback());
  answer.on_gone(second.callback());
  one.close();
  CHECK(second.comes());
  CHECK(first.count() == 0);
}

TEST_CASE("nobody is told of a client that goes with its answer") {
  inbox requests;
  happening gone;
  auto server = open_server(requests.handler());
  for (bool is_stream : {false, true}) {
    client one{server->port()};
    one.send(get("/"));
    auto answer = requests.next().answer;
    answer.on_gone(gone.callback());
    is_stream ? answer.begin(text("a")) : answer.reply(text("a"));
    one.receive(is_stream);
    answer.end();
    if (is_stream)
      one.receive_through(last_chunk);
    // The next request shows that the server has done with this one.
    one.send(get("/"));
    requests.next().answer.reply({});
    one.receive();
    one.close();
    answer.on_gone(gone.callback());
  }
  server.reset();
  CHECK(gone.count() == 0);
}

TEST_CASE("what is told may answer, throw, and drop the last handle") {
  inbox requests;
  std::promise<void> told;
  auto server = open_server(requests.handler());
  client one{server->port()};
  one.send(get("/"));
  {
    auto answer = requests.next().answer;
    answer.on_gone([answer, &told] {
      answer.reply(text("late"));
      answer.on_gone([] { throw std::runtime_error("faulty"); });
      told.set_value();
      throw std::runtime_error("faulty");
    });
  }
  one.close();
  wait_for(told.get_future());
  client other{server->port()};
  other.send(get("/"));
  requests.next().answer.reply(text("fine"));
  CHECK(body_of(other.receive()) == "fine");
}

TEST_CASE("a request whose time is over gets 503, and who works on it is told") {
  inbox requests;
  happening gone;
  auto server = open_server(requests.handler(), with_timeout(1s));
  client one{server->port()};
  one.send(get("/"));
  auto answer = requests.next().answer;
  answer.on_gone(gone.callback());
  CHECK(has_status(one.receive(), 503));
  CHECK(gone.comes());
  CHECK(one.is_closed_by_server());
}

TEST_CASE("a request that takes its time, and a stream that has begun, have no limit") {
  inbox requests;
  auto server = open_server(requests.handler(), with_timeout(1s));
  client patient{server->port()};
  patient.send(get("/"));
  auto patient_answer = requests.next().answer;
  patient_answer.take_time();
  client listening{server->port()};
  listening.send(get("/"));
  auto stream = requests.next().answer;
  stream.begin(text("a"));
  listening.receive(true);
  client limited{server->port()};
  limited.send(get("/"));
  auto never_used = requests.next().answer;

  CHECK(has_status(limited.receive(), 503)); // so the time of the others has passed as well
  patient_answer.reply(text("at last"));
  CHECK(body_of(patient.receive()) == "at last");
  stream.send("b");
  stream.end();
  CHECK(unchunked(listening.receive_through(last_chunk)) == "ab");
  // The next request on such a connection has a limit again.
  patient.send(get("/"));
  never_used = requests.next().answer;
  CHECK(has_status(patient.receive(), 503));
}

TEST_CASE("a handler that takes its time says so before it returns, too") {
  std::promise<http_answer> kept;
  auto server = open_server(
      [&](http_request request, http_answer answer) {
        if (request.target == "/limited")
          return;
        answer.take_time();
        kept.set_value(std::move(answer));
      },
      with_timeout(1s));
  client patient{server->port()};
  patient.send(get("/"));
  auto pending = wait_for(kept.get_future());
  client limited{server->port()};
  limited.send(get("/limited"));
  CHECK(has_status(limited.receive(), 503));
  pending.reply(text("at last"));
  CHECK(body_of(patient.receive()) == "at last");
}
