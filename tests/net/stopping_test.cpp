// SPDX-License-Identifier: MIT
#include "net/support.hpp"

#include <thread>

using namespace mahavishnu;
using namespace mahavishnu::test;
using namespace std::chrono_literals;

TEST_CASE("stop lets a running request finish, and closes after it") {
  std::promise<http_answer> kept;
  auto server = open_server(keep_answer(kept));
  client idle{server->port()};
  client one{server->port()};
  one.send(get("/"));
  auto pending = wait_for(kept.get_future());
  auto stopped = std::async(std::launch::async, [&] { server->stop(); });
  CHECK(idle.is_closed_by_server()); // so it is stopping

  http_response response;
  response.body = "finished";
  pending.reply(response);
  auto answer = one.receive();
  CHECK(body_of(answer) == "finished");
  CHECK_THAT(answer, ContainsSubstring("Connection: close"));
  CHECK(one.is_closed_by_server());
  wait_for(std::move(stopped));
}

TEST_CASE("stop does not wait for ever for a request that does not finish") {
  std::promise<http_answer> kept;
  auto server = open_server(keep_answer(kept));
  client one{server->port()};
  one.send(get("/"));
  auto pending = wait_for(kept.get_future());
  auto begin = std::chrono::steady_clock::now();
  server->stop();
  CHECK(std::chrono::steady_clock::now() - begin >= 2s);
  CHECK(std::chrono::steady_clock::now() - begin < 20s);
  CHECK(one.receive().empty());
  pending.reply({});
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

TEST_CASE("a stream is told of the stop, and has time for its last piece") {
  inbox requests;
  auto server = open_server(requests.handler());
  client listening{server->port()};
  client waiting{server->port()};
  listening.send(get("/"));
  auto stream = requests.next().answer;
  waiting.send(get("/"));
  auto whole = requests.next().answer;
  happening gone;
  stream.on_gone(gone.callback());
  stream.begin(text("a"));
  listening.receive(true);
  stream.on_stopping([stream] {
    stream.send("goodbye");
    stream.end();
  });
  whole.on_stopping([whole] { whole.reply(text("goodbye")); });
  auto begin = std::chrono::steady_clock::now();
  server->stop();
  CHECK(std::chrono::steady_clock::now() - begin < 2s);
  CHECK(unchunked(listening.receive_through("0\r\n\r\n")) == "agoodbye");
  CHECK(listening.is_closed_by_server());
  CHECK(body_of(waiting.receive()) == "goodbye");
  CHECK(waiting.is_closed_by_server());
  CHECK(gone.count() == 0);
}

TEST_CASE("a stream that does not end with the server is cut, and hears of it") {
  inbox requests;
  auto server = open_server(requests.handler());
  client one{server->port()};
  one.send(get("/"));
  auto stream = requests.next().answer;
  happening stopping;
  happening gone;
  stream.on_stopping(stopping.callback());
  stream.on_gone(gone.callback());
  stream.begin(text("a"));
  auto stopped = std::async(std::launch::async, [&] { server->stop(); });
  CHECK(stopping.comes());
  CHECK(gone.count() == 0);
  stream.send("still");
  wait_for(std::move(stopped));
  CHECK(gone.count() == 1);
  CHECK(stopping.count() == 1);
  CHECK(body_of(one.receive_all()) == "1\r\na\r\n5\r\nstill\r\n");
  happening late;
  stream.on_stopping(late.callback());
  CHECK(late.count() == 1);
}

TEST_CASE("who asks during the stop whether the server stops is told at once") {
  inbox requests;
  auto server = open_server(requests.handler());
  client one{server->port()};
  one.send(get("/"));
  auto answer = requests.next().answer;
  happening first;
  answer.on_stopping(first.callback());
  auto stopped = std::async(std::launch::async, [&] { server->stop(); });
  CHECK(first.comes());
  happening second;
  answer.on_stopping(second.callback());
  CHECK(second.comes());
  answer.reply({});
  CHECK(has_status(one.receive(), 200));
  wait_for(std::move(stopped));
}

TEST_CASE("streams may race with the end of the server") {
  for (int round = 0; round < 20; ++round) {
    inbox requests;
    auto server = open_server(requests.handler());
    client one{server->port()};
    one.send(get("/"));
    auto answer = requests.next().answer;
    std::atomic<int> told{0};
    std::thread busy([answer, &told] {
      answer.begin(text("a"));
      answer.on_stopping([answer] { answer.end(); });
      answer.on_gone([&told] { ++told; });
      for (int i = 0; i < 100; ++i)
        answer.send("piece");
      answer.end();
    });
    server.reset();
    busy.join();
    CHECK(told <= 1);
  }
}

TEST_CASE("replies may race with the end of the server") {
  for (int round = 0; round < 20; ++round) {
    std::promise<http_answer> kept;
    auto server = open_server(keep_answer(kept));
    client one{server->port()};
    one.send(get("/"));
    auto pending = wait_for(kept.get_future());
    std::thread late([pending = std::move(pending)] { pending.reply({}); });
    server.reset();
    late.join();
  }
}

TEST_CASE("a task of an answer runs on the server's thread, and not at all when that has ended") {
  std::promise<std::thread::id> handled;
  std::promise<http_answer> kept;
  auto server = open_server([&](http_request, http_answer answer) {
    handled.set_value(std::this_thread::get_id());
    kept.set_value(std::move(answer));
  });
  client one{server->port()};
  one.send(get("/"));
  auto thread = wait_for(handled.get_future());
  auto answer = wait_for(kept.get_future());
  std::promise<std::thread::id> ran;
  answer.run_soon([&] {
    ran.set_value(std::this_thread::get_id());
    answer.reply(text("done"));
  });
  CHECK(wait_for(ran.get_future()) == thread);
  CHECK(body_of(one.receive()) == "done");
  answer.run_soon([] { throw std::runtime_error("its own loss"); });

  server->stop();
  answer.run_soon([] { FAIL("it belongs to a thread that has ended"); });
  http_answer{}.run_soon([] { FAIL("an empty answer has no server"); });
}
