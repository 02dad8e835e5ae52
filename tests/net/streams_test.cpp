// SPDX-License-Identifier: MIT
#include "net/support.hpp"

#include <sstream>
#include <thread>

using namespace mahavishnu;
using namespace mahavishnu::test;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view last_chunk = "0\r\n\r\n";

} // namespace

TEST_CASE("a stream reaches the client piece by piece, and the connection serves on") {
  inbox requests;
  auto server = open_server(requests.handler());
  client one{server->port()};
  for (int round = 0; round < 2; ++round) {
    one.send(get("/"));
    auto answer = requests.next().answer;
    answer.begin(text("first"));
    auto head = one.receive(true);
    CHECK(has_status(head, 200));
    CHECK_THAT(head, ContainsSubstring("Transfer-Encoding: chunked\r\n") &&
                         ContainsSubstring("Content-Type: text/plain\r\n") &&
                         !ContainsSubstring("Content-Length") && !ContainsSubstring("Connection"));
    CHECK(one.receive_through("first\r\n") == "5\r\nfirst\r\n");
    answer.send("and the second");
    CHECK(one.receive_through("second\r\n") == "e\r\nand the second\r\n");
    answer.send("");
    answer.end();
    CHECK(one.receive_through(last_chunk) == last_chunk);
  }
}

TEST_CASE("a stream may begin without a piece, and end without any") {
  inbox requests;
  auto server = open_server(requests.handler());
  client one{server->port()};
  one.send(get("/"));
  auto answer = requests.next().answer;
  answer.begin(text(""));
  CHECK_THAT(one.receive(true), ContainsSubstring("Content-Type: text/plain"));
  answer.end();
  CHECK(one.receive_through(last_chunk) == last_chunk);
}

TEST_CASE("a handler may give the whole stream at once") {
  auto server = open_server([](http_request, http_answer answer) {
    answer.begin(text("a"));
    answer.send("b");
    answer.send("c");
    answer.end();
  });
  client one{server->port()};
  std::string both = get("/") + get("/");
  one.send(both);
  for (int i = 0; i < 2; ++i) {
    CHECK(has_status(one.receive(true), 200));
    CHECK(unchunked(one.receive_through(last_chunk)) == "abc");
  }
}

TEST_CASE("pieces of several threads all come, those of each in their order") {
  constexpr int threads = 4;
  constexpr int pieces = 300;
  inbox requests;
  auto server = open_server(requests.handler());
  client one{server->port()};
  one.send(get("/"));
  auto answer = requests.next().answer;
  answer.begin(text(""));
  std::vector<std::thread> writers;
  for (int writer = 0; writer < threads; ++writer)
    writers.emplace_back([answer, writer] {
      for (int i = 0; i < pieces; ++i)
        answer.send(std::to_string(writer) + ':' + std::to_string(i) + ' ');
    });
  for (auto& writer : writers)
    writer.join();
  answer.end();
  one.receive(true);
  std::istringstream words{unchunked(one.receive_through(last_chunk))};
  std::vector<int> next(threads, 0);
  int in_order = 0;
  for (std::string word; words >> word;) {
    auto& expected = next[static_cast<std::size_t>(word[0] - '0')];
    in_order += word.substr(2) == std::to_string(expected) ? 1 : 0;
    ++expected;
  }
  CHECK(in_order == threads * pieces);
}

TEST_CASE("a stream to a client of HTTP/1.0 ends with the connection") {
  inbox requests;
  auto server = open_server(requests.handler());
  client one{server->port()};
  one.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  auto answer = requests.next().answer;
  answer.begin(text("first,"));
  CHECK_THAT(one.receive(true),
             ContainsSubstring("Connection: close\r\n") && !ContainsSubstring("chunked"));
  CHECK(one.receive_through(",") == "first,");
  answer.send("second");
  answer.end();
  CHECK(one.receive_all() == "second");
}

TEST_CASE("a stream that answers HEAD, or has no content, is its headers") {
  inbox requests;
  happening gone;
  auto server = open_server(requests.handler());
  client one{server->port()};
  for (unsigned status : {200u, 204u}) {
    one.send(status == 204 ? get("/") : "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    auto answer = requests.next().answer;
    answer.on_gone(gone.callback());
    auto head = text("must not be sent");
    head.status = status;
    answer.begin(head);
    CHECK(has_status(one.receive(true), static_cast<int>(status)));
    answer.send("nor this");
    answer.end();
    CHECK(comes_true([&] { return answer.waiting() == 0; }));
  }
  one.send(get("/next"));
  requests.next().answer.reply(text("next"));
  CHECK(body_of(one.receive()) == "next");
  CHECK(gone.count() == 0);
}

TEST_CASE("an answer begins once and ends once") {
  auto server = open_server([](http_request request, http_answer answer) {
    answer.send("too early");
    answer.end();
    if (request.target == "/whole") {
      answer.reply(text("whole"));
      answer.begin(text("too late"));
    } else {
      answer.begin(text("stream"));
      answer.reply(text("too late"));
      answer.end();
    }
    answer.end();
    answer.send("too late");
  });
  client one{server->port()};
  for (int i = 0; i < 2; ++i) {
    one.send(get("/whole"));
    CHECK(body_of(one.receive()) == "whole");
    one.send(get("/stream"));
    one.receive(true);
    CHECK(one.receive_through(last_chunk) == "6\r\nstream\r\n0\r\n\r\n");
  }
}

TEST_CASE("an answer of nobody does nothing") {
  http_answer none;
  none.reply({});
  none.begin({});
  none.send("a");
  none.end();
  none.on_gone([] {});
  none.on_stopping([] {});
  none.keep_alive(1ms, "a");
  none.take_time();
  CHECK(none.waiting() == 0);
}

TEST_CASE("a stream whose head is no valid HTTP becomes 500") {
  auto server = open_server([](http_request, http_answer answer) {
    auto head = text("a");
    head.headers.emplace_back("X-Name", "a\r\nX-Other: b");
    answer.begin(head);
    answer.send("b");
    answer.end();
  });
  client one{server->port()};
  for (int i = 0; i < 2; ++i) {
    one.send(get("/"));
    auto answer = one.receive();
    CHECK(has_status(answer, 500));
    CHECK_THAT(answer, !ContainsSubstring("X-Other"));
  }
}

TEST_CASE("a stream on which nothing happens is kept alive by its piece") {
  inbox requests;
  auto server = open_server(requests.handler());
  client one{server->port()};
  one.send(get("/"));
  auto answer = requests.next().answer;
  bool before = GENERATE(true, false);
  if (before)
    answer.keep_alive(5ms, ": still here\n");
  answer.begin(text("first"));
  if (!before)
    answer.keep_alive(5ms, ": still here\n");
  one.receive(true);
  CHECK(one.receive_through("5\r\nfirst\r\n") == "5\r\nfirst\r\n");
  for (int i = 0; i < 3; ++i)
    CHECK(one.receive_through("here\n\r\n") == "d\r\n: still here\n\r\n");
  answer.keep_alive(0ms, "");
  answer.send("last");
  answer.end();
  auto rest = unchunked(one.receive_through("\r\n0\r\n\r\n"));
  CHECK(rest.ends_with("last"));

  one.send(get("/next"));
  requests.next().answer.reply(text("next"));
  CHECK(body_of(one.receive()) == "next"); // and nothing was between
}

TEST_CASE("a stream is told to end when its time has come, and the connection serves on") {
  inbox requests;
  auto server = open_server(requests.handler());
  client one{server->port()};
  one.send(get("/"));
  auto stream = requests.next().answer;
  happening over;
  stream.on_stopping([stream, told = over.callback()] {
    stream.send("goodbye");
    stream.end();
    told();
  });
  stream.begin(text("a"));
  stream.stop_at(std::chrono::steady_clock::now() + 10ms);
  one.receive(true);
  CHECK(unchunked(one.receive_through(last_chunk)) == "agoodbye");
  CHECK(over.comes());

  // The next answer has a time of its own, and what ends before it hears nothing.
  one.send(get("/"));
  auto next = requests.next().answer;
  happening too_late;
  next.on_stopping(too_late.callback());
  next.stop_at(std::chrono::steady_clock::now() + 10ms);
  next.reply(text("whole"));
  CHECK(body_of(one.receive()) == "whole");
  one.send(get("/"));
  auto last = requests.next().answer;
  happening at_once;
  last.on_stopping(at_once.callback());
  last.stop_at(std::chrono::steady_clock::now() - 1s);
  CHECK(at_once.comes());
  last.reply(text("late"));
  CHECK(body_of(one.receive()) == "late");
  CHECK(too_late.count() == 0);
}

TEST_CASE("a whole answer is not kept alive, nor a stream on which something happens in time") {
  inbox requests;
  auto server = open_server(requests.handler());
  client one{server->port()};
  one.send(get("/"));
  auto answer = requests.next().answer;
  answer.keep_alive(1ms, "intruder");
  one.send("");
  answer.reply(text("whole"));
  CHECK(body_of(one.receive()) == "whole");
  one.send(get("/"));
  answer = requests.next().answer;
  answer.keep_alive(1h, "intruder");
  answer.begin(text("first"));
  answer.send("second");
  answer.end();
  one.receive(true);
  CHECK(unchunked(one.receive_through(last_chunk)) == "firstsecond");
}

TEST_CASE("a request that comes during a stream waits for its end") {
  inbox requests;
  auto server = open_server(requests.handler());
  client one{server->port()};
  one.send(get("/first") + get("/second"));
  auto first = requests.next();
  CHECK(first.request.target == "/first");
  first.answer.begin(text("a"));
  one.receive(true);
  one.receive_through("a\r\n");
  one.send(get("/third"));
  first.answer.send("b");
  CHECK(one.receive_through("b\r\n") == "1\r\nb\r\n");
  CHECK(requests.is_empty());
  first.answer.end();
  CHECK(one.receive_through(last_chunk) == last_chunk);
  for (std::string target : {"/second", "/third"}) {
    auto next = requests.next();
    CHECK(next.request.target == target);
    next.answer.reply(text(target));
    CHECK(body_of(one.receive()) == target);
  }
}

TEST_CASE("more requests than are kept wait outside, and are answered in their order") {
  http_options options;
  options.max_header_bytes = 1024;
  inbox requests;
  auto server = open_server(requests.handler(), options);
  client one{server->port()};
  one.send(get("/first"));
  auto first = requests.next().answer;
  first.begin(text("a"));
  one.receive(true);
  std::string more;
  for (int i = 0; i < 1000; ++i)
    more += get("/" + std::to_string(i));
  one.send(more);
  first.end();
  CHECK(one.receive_through(last_chunk) == "1\r\na\r\n0\r\n\r\n");
  int in_order = 0;
  for (int i = 0; i < 1000; ++i) {
    auto next = requests.next();
    in_order += next.request.target == '/' + std::to_string(i) ? 1 : 0;
    next.answer.reply(text(next.request.target));
    in_order += body_of(one.receive()) == '/' + std::to_string(i) ? 1 : 0;
  }
  CHECK(in_order == 2000);
}
