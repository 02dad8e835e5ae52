// SPDX-License-Identifier: MIT
// Clients that mean no good, on real sockets to a real endpoint: each gets the status that
// docs/mcp.md says, and the server is as well after it as before.
#include "mcp/server_support.hpp"
#include "net/support.hpp"

#include <malloc.h>
#include <unistd.h>

#include <fstream>
#include <thread>

using namespace mahavishnu;
using namespace mahavishnu::mcp::server::test;
using namespace std::chrono_literals;
using mahavishnu::mcp::json;
using mahavishnu::mcp::to_text;
using mahavishnu::mcp::server::endpoint_options;
using mahavishnu::mcp::server::gate;
using mahavishnu::mcp::server::gate_options;

namespace {

/// A request as real clients send it.
std::string request_of(std::string_view body, std::string_view more_headers = {},
                       std::string_view host = "127.0.0.1") {
  return "POST /mcp HTTP/1.1\r\nHost: " + std::string{host} +
         "\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\n" +
         std::string{more_headers} + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string{body};
}

std::string call_of(const std::string& tool, const json& arguments,
                    std::string_view host = "127.0.0.1") {
  json params{{"name", tool}, {"arguments", arguments}, {"_meta", some_server::modern_meta()}};
  return request_of(
      to_text(some_server::message("tools/call", params)),
      "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\nMcp-Name: " + tool + "\r\n",
      host);
}

std::string echo_of(const std::string& said) {
  return call_of("echo", {{"text", said}});
}

endpoint_options only_for_us() {
  gate_options rules;
  rules.only_user = ::getuid();
  endpoint_options options;
  options.entrance = std::make_shared<gate>(std::move(rules));
  return options;
}

/// What is freed and stays. A sanitizer keeps much of it, to notice who uses it still.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t kept_by_allocator = std::size_t{512} << 20;
#else
constexpr std::size_t kept_by_allocator = std::size_t{24} << 20;
#endif

std::size_t resident_bytes() {
  std::size_t all = 0, resident = 0;
  std::ifstream{"/proc/self/statm"} >> all >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

/// An endpoint behind an HTTP server, which has to be well when a test is over.
class real_server {
public:
  explicit real_server(http_options options = {}) {
    options.find_peer_user = true;
    http_ = open_server([this](const http_request& request,
                               const http_answer& answer) { mcp_.server.handle(request, answer); },
                        options);
    descriptors_ = open_descriptors();
    REQUIRE(is_well());
    REQUIRE(comes_true([&] { return open_descriptors() == descriptors_; }));
    memory_ = resident_bytes();
  }

  std::uint16_t port() const { return http_->port(); }
  /// Of this process, while there is no connection.
  std::size_t descriptors() const { return descriptors_; }

  bool is_well() const {
    client next{port()};
    next.send(echo_of("well?"));
    auto answer = next.receive();
    return has_status(answer, 200) && answer.find("well?") != std::string::npos;
  }

  /// All clients have gone: it serves, and has kept nothing of them.
  void check_well() const {
    CHECK(comes_true([&] { return is_well(); }));
    CHECK(comes_true([&] { return open_descriptors() <= descriptors_; }));
    ::malloc_trim(0);
    CHECK(resident_bytes() < memory_ + kept_by_allocator);
  }

  /// How many calls were cancelled, when nothing runs any more.
  int cancelled_at_end() {
    http_->stop();
    return mcp_.cancelled;
  }

private:
  some_server mcp_{only_for_us()};
  std::unique_ptr<http_server> http_;
  std::size_t descriptors_ = 0;
  std::size_t memory_ = 0;
};

std::string answer_to(const real_server& server, std::string_view bytes) {
  client one{server.port()};
  one.send(bytes);
  one.say_no_more();
  return one.receive_all();
}

std::size_t count_of(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1))
    ++count;
  return count;
}

} // namespace

TEST_CASE("what two readers may understand differently is refused, with all that is behind it") {
  real_server server;
  const auto smuggled = echo_of("smuggled");
  auto head = [](std::string_view lines) {
    return "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\n" + std::string{lines} + "\r\n";
  };
  struct trick {
    std::string bytes;
    int status;
  };
  for (const auto& each : std::vector<trick>{
           {head("Content-Length: 0\r\nContent-Length: 5\r\n"), 400},
           {head("Content-Length: 0\r\nContent-Length: 0\r\n"), 400},
           {head("Content-Length: 0, 0\r\n"), 400},
           {head("Content-Length: +0\r\n"), 400},
           {head("Content-Length: 0x0\r\n"), 400},
           {head("Content-Length: -1\r\n"), 400},
           {head("Content-Length: 18446744073709551616\r\n"), 400},
           {head("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n", 400},
           {head("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n") + "0\r\n\r\n", 400},
           {head("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n",
            400},
           {head("Transfer-Encoding: identity\r\n"), 501},
           {head("Transfer-Encoding: gzip, chunked\r\n") + "0\r\n\r\n", 501},
           {head("Transfer-Encoding: xchunked\r\n") + "0\r\n\r\n", 501},
           {head("Transfer-Encoding: \"chunked\"\r\n") + "0\r\n\r\n", 501},
           {head("Transfer-Encoding : chunked\r\n") + "0\r\n\r\n", 400},
           {head("Transfer-Encoding:\r\n chunked\r\n") + "0\r\n\r\n", 400},
           {head("X: a\r\n\tContent-Length: 5\r\n"), 400},
           {head("Content-Length : 5\r\n"), 400},
           {head(" Content-Length: 5\r\n"), 400},
           {head(std::string{"X: a\0b\r\n", 8}), 400},
           {head("X: a\rContent-Length: 5\r\n"), 400},
           {"POST /mcp HTTP/1.1\nHost: 127.0.0.1\nContent-Length: 0\n\n", 400},
           {"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: localhost\r\n\r\n", 400},
           {"POST /mcp HTTP/1.1\r\n\r\n", 400},
           {std::string{"POST /mcp\0 HTTP/1.1\r\n\r\n", 24}, 400},
           {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400},
           {head("Transfer-Encoding: chunked\r\n") + "0x1\r\na\r\n0\r\n\r\n", 400},
           {head("Transfer-Encoding: chunked\r\n") + "1\na\r\n0\r\n\r\n", 400},
           {head("Transfer-Encoding: chunked\r\n") + "1;x=\ny\r\na\r\n0\r\n\r\n", 400},
           {head("Transfer-Encoding: chunked\r\n") + "1\r\nab\r\n0\r\n\r\n", 400},
           {head("Transfer-Encoding: chunked\r\n") + "fffffffffffffffff\r\n", 400},
       }) {
    INFO(each.bytes);
    auto answer = answer_to(server, each.bytes + smuggled);
    CHECK(has_status(answer, each.status));
    CHECK(count_of(answer, "HTTP/1.1 ") == 1);
    CHECK(count_of(answer, "smuggled") == 0);
  }
  server.check_well();
}

TEST_CASE("what a client says makes no lines in the head of an answer") {
  real_server server;
  const std::string line = "\r\nX-Injected: yes";
  for (const auto& request :
       {echo_of(line), call_of("open" + std::string("\\r\\n"), json::object()),
        request_of(to_text(some_server::message("a" + line))),
        request_of(to_text(some_server::message("ping", json::object(), "1" + line))),
        request_of(to_text(some_server::message("ping")),
                   "Mcp-Session-Id: a%0d%0aX-Injected: y\r\n"),
        request_of(to_text(some_server::message("ping")), "Mcp-Session-Id: a\rX-Injected: y\r\n"),
        request_of(to_text(some_server::message("ping")),
                   "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: a\nX-Injected: y\r\n"),
        request_of(to_text(some_server::message("initialize", {{"protocolVersion", line}}))),
        std::string("GET /mcp%0d%0aX-Injected:%20y HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")}) {
    INFO(request);
    auto answer = answer_to(server, request);
    auto head = answer.substr(0, answer.find("\r\n\r\n"));
    CHECK(count_of(answer, "HTTP/1.1 ") == 1);
    CHECK(count_of(head, "X-Injected") == 0);
  }
  server.check_well();
}

TEST_CASE("a foreign host, and a page of one, get 403 over a socket") {
  real_server server;
  for (const auto* host : {"evil.example", "127.0.0.1.evil.example", "localhost:1:2", "0.0.0.0"})
    CHECK(has_status(answer_to(server, call_of("echo", {{"text", "a"}}, host)), 403));
  auto body = to_text(some_server::message("ping"));
  for (const auto* origin : {"https://evil.example", "null", "http://127.0.0.1.evil.example"})
    CHECK(has_status(answer_to(server, request_of(body, "Origin: " + std::string{origin} + "\r\n")),
                     403));
  server.check_well();
}

TEST_CASE("a hundred megabytes get 413, announced or not, and are not kept") {
  constexpr std::size_t piece = 65536;
  constexpr std::size_t pieces = 1600;
  real_server server;
  client announced{server.port()};
  announced.send("POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 104857600\r\n\r\n");
  CHECK(has_status(announced.receive(), 413));
  announced.close();

  client streamed{server.port()};
  streamed.send("POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n");
  const auto chunk = "10000\r\n" + std::string(piece, ' ') + "\r\n";
  for (std::size_t i = 0; i < pieces; ++i)
    streamed.send(chunk);
  streamed.send("0\r\n\r\n");
  CHECK(has_status(streamed.receive(), 413));
  streamed.close();
  server.check_well();
}

TEST_CASE("JSON that is too deep, or that says a name twice, gets 400 over a socket") {
  real_server server;
  const std::string deep = R"({"jsonrpc":"2.0","id":1,"method":"ping","params":)";
  for (const auto& body :
       {std::string(100'000, '['), std::string(100'000, '[') + std::string(100'000, ']'),
        deep + std::string(100'000, '[') + std::string(100'000, ']') + '}',
        std::string(R"({"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call"})"),
        std::string(R"({"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":1,"\u0061":2}})")}) {
    auto answer = answer_to(server, request_of(body));
    CHECK(has_status(answer, 400));
    CHECK(count_of(answer, "-32700") == 1);
  }
  server.check_well();
}

TEST_CASE("slow clients are cut in time, while others are served") {
  http_options options;
  options.request_timeout = 1s;
  real_server server{options};
  {
    client silent{server.port()};
    client head{server.port()};
    client body{server.port()};
    const auto request = echo_of("slow");
    head.send(request.substr(0, 40));
    body.send(request.substr(0, request.size() - 5));
    // What comes now and then does not put it off.
    std::thread drip([&] {
      for (char c : std::string_view{"X-Slow: aaaaaaaaaaaaaaaaaaaaaa"}) {
        head.send({&c, 1});
        std::this_thread::sleep_for(50ms);
      }
    });
    CHECK(server.is_well());
    auto start = std::chrono::steady_clock::now();
    CHECK(silent.receive_all().empty());
    CHECK(head.receive_all().empty());
    CHECK(body.receive_all().empty());
    CHECK(std::chrono::steady_clock::now() - start < 10s);
    drip.join();
  }
  server.check_well();
}

TEST_CASE("a client that does not read its answer is cut") {
  http_options options;
  options.request_timeout = 1s;
  real_server server{options};
  {
    client deaf{loopback(server.port()), 4096};
    const std::string said(3'000'000, 'x'); // more than any socket takes at once
    deaf.send(echo_of(said));
    CHECK(comes_true([&] { return open_descriptors() == server.descriptors() + 2; }));
    // Only its own end is left.
    CHECK(comes_true([&] { return open_descriptors() == server.descriptors() + 1; }));
    CHECK(count_of(deaf.receive_all(), "x") < 2 * said.size()); // it is in the answer twice
  }
  server.check_well();
}

TEST_CASE("a client that sends no more is answered, and so is one that sends all at once") {
  constexpr int calls = 200;
  real_server server;
  CHECK(has_status(answer_to(server, echo_of("half")), 200));
  std::string all;
  for (int i = 0; i < calls; ++i)
    all += echo_of("number " + std::to_string(i) + ";");
  auto answers = answer_to(server, all);
  CHECK(count_of(answers, "HTTP/1.1 200 ") == calls);
  std::size_t at = 0;
  for (int i = 0; i < calls; ++i) {
    at = answers.find("number " + std::to_string(i) + ";", at);
    REQUIRE(at != std::string::npos);
  }
  server.check_well();
}

TEST_CASE("requests behind a call that does not end wait within their limit, and go with it") {
  real_server server;
  {
    client one{server.port()};
    one.send(call_of("open", json::object()));
    std::string behind;
    for (int i = 0; i < 500; ++i)
      behind += echo_of("behind");
    std::thread writer([&] { one.send(behind); }); // more than is kept of them
    CHECK(server.is_well());
    one.reset();
    writer.join();
  }
  server.check_well();
}

TEST_CASE("a client that goes while its call runs ends the call") {
  real_server server;
  constexpr int clients = 20;
  for (int i = 0; i < clients; ++i) {
    client one{server.port()};
    one.send(call_of("open", json::object()));
    client witness{server.port()}; // so that the first was read
    witness.send(echo_of("seen"));
    CHECK(has_status(witness.receive(), 200));
    i % 2 == 0 ? one.reset() : one.close();
  }
  server.check_well();
  CHECK(server.cancelled_at_end() == clients);
}

TEST_CASE("clients that vanish in the middle of anything leave nothing behind") {
  real_server server;
  const auto request = echo_of("gone");
  for (std::size_t length = 0; length <= request.size(); length += 7)
    for (bool at_once : {false, true}) {
      client one{server.port()};
      one.send(std::string_view{request}.substr(0, length));
      at_once ? one.reset() : one.close();
    }
  server.check_well();
}

TEST_CASE("a flood of connections is turned away at its limit, and passes") {
  constexpr std::size_t most = 50;
  http_options options;
  options.max_connections = most;
  real_server server{options};
  {
    std::vector<std::unique_ptr<client>> flood;
    for (std::size_t i = 0; i < 4 * most; ++i)
      flood.push_back(std::make_unique<client>(server.port()));
    std::size_t refused = 0;
    for (std::size_t i = most; i < flood.size(); ++i)
      refused += has_status(flood[i]->receive(), 503) ? 1 : 0;
    CHECK(refused == 3 * most);
    flood.front()->send(echo_of("first"));
    CHECK(has_status(flood.front()->receive(), 200));
  }
  server.check_well();
}
