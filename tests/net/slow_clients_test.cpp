// SPDX-License-Identifier: MIT
#include "net/support.hpp"

#include <thread>

using namespace mahavishnu;
using namespace mahavishnu::test;
using namespace std::chrono_literals;

namespace {

/// Gives a piece as soon as little waits.
void send_with_care(const http_answer& answer, std::string piece, std::size_t most) {
  if (comes_true([&] { return answer.waiting() < most; }))
    answer.send(std::move(piece));
}

} // namespace

TEST_CASE("a client that does not read is cut when too much waits for it") {
  http_options options;
  options.max_stream_bytes = 200'000;
  inbox requests;
  happening gone;
  auto server = open_server(requests.handler(), options);
  client one{loopback(server->port()), 4096};
  one.send(get("/"));
  auto answer = requests.next().answer;
  answer.on_gone(gone.callback());
  answer.begin(text(""));
  std::size_t most = 0;
  CHECK(comes_true([&] {
    answer.send(std::string(50'000, 'x'));
    most = std::max(most, answer.waiting());
    return gone.count() > 0;
  }));
  CHECK(most > options.max_stream_bytes);
  CHECK(most < options.max_stream_bytes + 60'000); // a piece, and what frames the chunks
  CHECK(answer.waiting() == 0);
}

TEST_CASE("a client that reads slowly gets everything, while little waits") {
  constexpr int blocks = 100;
  constexpr std::size_t block = 40'000;
  http_options options;
  options.max_stream_bytes = 200'000;
  inbox requests;
  auto server = open_server(requests.handler(), options);
  client one{loopback(server->port()), 65536};
  one.send(get("/"));
  auto answer = requests.next().answer;
  answer.begin(text(""));
  std::thread writer([answer] {
    for (int i = 0; i < blocks; ++i)
      send_with_care(answer, std::string(block, static_cast<char>('a' + i % 26)), 100'000);
    answer.end();
  });
  one.receive(true);
  auto body = unchunked(one.receive_through("\r\n0\r\n\r\n"));
  writer.join();
  std::string expected;
  for (int i = 0; i < blocks; ++i)
    expected.append(block, static_cast<char>('a' + i % 26));
  CHECK((body == expected));
}

TEST_CASE("one piece may be larger than what may wait") {
  http_options options;
  options.max_stream_bytes = 1000;
  inbox requests;
  auto server = open_server(requests.handler(), options);
  client one{server->port()};
  one.send(get("/"));
  auto answer = requests.next().answer;
  answer.begin(text(""));
  answer.send(std::string(3u << 20, 'x'));
  one.receive(true);
  CHECK(one.receive_through("x\r\n").size() == (3u << 20) + 10);
  CHECK(comes_true([&] { return answer.waiting() == 0; }));
  answer.send("more");
  answer.end();
  CHECK(unchunked(one.receive_through("0\r\n\r\n")) == "more");
}

TEST_CASE("a stream that takes too long for what was given at once is cut") {
  http_options options;
  options.request_timeout = 1s;
  inbox requests;
  happening gone;
  auto server = open_server(requests.handler(), options);
  client one{loopback(server->port()), 4096};
  one.send(get("/"));
  auto answer = requests.next().answer;
  answer.on_gone(gone.callback());
  answer.begin(text(""));
  answer.send(std::string(64u << 20, 'x'));
  CHECK(gone.comes());
}
