// SPDX-License-Identifier: MIT
// Against servers that no SDK would make, byte by byte.
#include "base/text.hpp"
#include "mcp/support.hpp"

#include <atomic>

using namespace mahavishnu;
using namespace mahavishnu::test;
using namespace std::chrono_literals;

namespace {

json body_of(const std::string& request) {
  return json::parse(request.substr(request.find("\r\n\r\n") + 4), nullptr, false);
}

std::string method_of(const std::string& request) {
  return mcp::string_member(body_of(request), "method");
}

std::string result_text(const std::string& request, const json& result) {
  auto asked = body_of(request); // a DELETE has none
  return json{
      {"jsonrpc", "2.0"}, {"id", asked.is_object() ? asked["id"] : json{}}, {"result", result}}
      .dump();
}

std::string tool_text(const std::string& request, const std::string& text) {
  return result_text(request, {{"content", {{{"type", "text"}, {"text", text}}}}});
}

std::string event(const std::string& data, const std::string& id = {}) {
  return (id.empty() ? "" : "id: " + id + '\n') + "data: " + data + "\n\n";
}

const std::string stream_head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";

/// What to send for a call; nothing more happens on the connection after it.
using answer_to_call = std::function<void(raw_connection&, const std::string& request)>;

/// A modern server that behaves until a tool is called.
raw_server modern_until_called(answer_to_call answer) {
  return raw_server{[answer = std::move(answer)](raw_connection& connection) {
    for (std::string request; !(request = connection.receive()).empty();)
      if (method_of(request) == "server/discover")
        connection.send(raw_answer(result_text(request, {{"supportedVersions", {"2026-07-28"}}})));
      else
        return answer(connection, request);
  }};
}

/// A legacy server, with numbered sessions, that behaves until anything else is asked.
raw_server legacy_until_called(answer_to_call answer, const std::string& version = "2025-11-25",
                               std::function<void(const std::string& request)> on_note = {}) {
  auto sessions = std::make_shared<std::atomic<int>>(0);
  return raw_server{[answer = std::move(answer), version, on_note = std::move(on_note),
                     sessions](raw_connection& connection) {
    for (std::string request; !(request = connection.receive()).empty();) {
      auto method = method_of(request);
      if (on_note && (method.starts_with("notifications/") || request.starts_with("DELETE")))
        on_note(request);
      if (method == "server/discover")
        connection.send(raw_answer("what?", "text/plain", "400 Bad Request"));
      else if (method == "initialize")
        connection.send(raw_answer(
            result_text(request, {{"protocolVersion", version}, {"capabilities", json::object()}}),
            "application/json", "200 OK",
            "Mcp-Session-Id: session-" + std::to_string(++*sessions) + "\r\n"));
      else if (method.starts_with("notifications/") || request.starts_with("DELETE"))
        connection.send(raw_answer("", "text/plain", "202 Accepted"));
      else
        return answer(connection, request);
    }
  }};
}

/// What a client makes of a modern server that says this to a call.
mcp::failure failure_after(const std::string& answer) {
  auto server = modern_until_called(
      [&](raw_connection& connection, const std::string&) { connection.send(answer); });
  speaker one{server.url()};
  auto failed = one.call("echo");
  REQUIRE(failed.has_error());
  CHECK_THAT(failed.error().message,
             ContainsSubstring("'echo'") || ContainsSubstring(server.url()));
  return failed.error();
}

} // namespace

TEST_CASE("an answer with another id, or with none, is not taken for ours") {
  CHECK_THAT(failure_after(raw_answer(R"({"jsonrpc":"2.0","id":999,"result":{}})")).message,
             ContainsSubstring("something else"));
  CHECK_THAT(failure_after(raw_answer(R"({"jsonrpc":"2.0","id":"2","result":{}})")).message,
             ContainsSubstring("something else"));
  CHECK_THAT(failure_after(raw_answer(R"({"jsonrpc":"2.0","result":{}})")).message,
             ContainsSubstring("something else"));
  CHECK_THAT(failure_after(raw_answer(R"([{"jsonrpc":"2.0","id":2,"result":{}}])")).message,
             ContainsSubstring("several messages"));
}

TEST_CASE("garbage is said to be no answer of an MCP server") {
  for (const auto& answer :
       {raw_answer("<html>Hello</html>", "text/html"), raw_answer("no json"), raw_answer(""),
        raw_answer("", "text/plain", "202 Accepted"), raw_answer(std::string(70, '[')),
        stream_head + event("no json"), raw_answer("\"\xFF\"")}) {
    auto failed = failure_after(answer);
    CHECK(failed.code == errc::incompatible);
    CHECK_FALSE(failed.rpc_code);
    CHECK_THAT(failed.message, ContainsSubstring("is this an MCP server?"));
  }
}

TEST_CASE("a connection that ends in the middle is an error on the way") {
  for (const auto& answer :
       {std::string{}, std::string{"HTTP/1.1 200 OK\r\nContent-Ty"},
        std::string{"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n"
                    "\r\n{\"jsonrpc\""},
        stream_head + "data: {\"jsonrpc\":", stream_head + ": nothing\n\n"}) {
    auto failed = failure_after(answer);
    CHECK(failed.code == errc::io_failed);
    CHECK_FALSE(failed.rpc_code);
  }
}

TEST_CASE("a status that means no is named, with what the server says to it") {
  auto teapot = failure_after(raw_answer("short\nand stout", "text/plain", "418 Teapot"));
  CHECK(teapot.code == errc::incompatible);
  CHECK_THAT(teapot.message, ContainsSubstring("418") && ContainsSubstring("short and stout"));
  CHECK(failure_after(raw_answer("", "text/plain", "401 Unauthorized")).code == errc::unauthorized);
  CHECK(failure_after(raw_answer("", "text/plain", "500 Oops")).code == errc::io_failed);
  CHECK(failure_after(raw_answer("", "text/plain", "503 Busy")).code == errc::io_failed);
  auto refused = failure_after(
      raw_answer(R"({"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"what?"}})",
                 "application/json", "400 Bad Request"));
  CHECK(refused.rpc_code == -32700);
}

TEST_CASE("a body or a stream without end is cut at its limit") {
  for (const std::string head :
       {"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n\"",
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: ",
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n: ", "HTTP/1.1 200 OK\r\nX: ",
        "HTTP/1.1 500 Oops\r\nContent-Type: text/plain\r\n\r\n"}) {
    auto server = modern_until_called([&](raw_connection& connection, const std::string&) {
      connection.send(head);
      while (connection.send(std::string(65'536, 'x'))) {
      }
    });
    auto options = speaker::options_for(server.url());
    options.max_message_bytes = 1u << 20;
    options.max_stream_bytes = 4u << 20;
    speaker one{options};
    CHECK(one.call("echo").has_error());
  }
}

TEST_CASE("a stream of events without end and without an answer is cut at its limit") {
  auto server = modern_until_called([&](raw_connection& connection, const std::string&) {
    connection.send(stream_head);
    while (connection.send(event(R"({"jsonrpc":"2.0","method":"notifications/message"})"))) {
    }
  });
  auto options = speaker::options_for(server.url());
  options.max_stream_bytes = 1u << 20;
  auto failed = speaker{options}.call("echo");
  REQUIRE(failed.has_error());
  CHECK_THAT(failed.error().message, ContainsSubstring("1048576 bytes"));
}

TEST_CASE("a server that never answers is given up in time, in the handshake too") {
  raw_server silent{[](raw_connection& connection) { connection.wait_for_close(); }};
  auto options = speaker::options_for(silent.url());
  options.call_timeout = 100ms;
  CHECK(speaker{options}.call("echo").error().code == errc::timeout);
  options.call_timeout = 1h;
  options.negotiation_timeout = 100ms;
  auto failed = speaker{options}.call("echo");
  REQUIRE(failed.has_error());
  CHECK(failed.error().code == errc::timeout);
  CHECK_THAT(failed.error().message, ContainsSubstring("the handshake"));
}

TEST_CASE("a server that is not there is unreachable, and found when it has come") {
  int bound = bind_to_free_port();
  speaker one{"http://127.0.0.1:" + std::to_string(port_of(bound)) + "/mcp"};
  CHECK(one.call("echo").error().code == errc::unreachable);
  CHECK(one.list().error().code == errc::unreachable);
  raw_server server{[](raw_connection& connection) {
                      for (std::string request; !(request = connection.receive()).empty();)
                        connection.send(raw_answer(
                            method_of(request) == "server/discover"
                                ? result_text(request, {{"supportedVersions", {"2026-07-28"}}})
                                : tool_text(request, "here")));
                    },
                    bound};
  CHECK(one.call("echo")->text() == "here");
}

TEST_CASE("a modern server that has taken the place of a legacy one is found") {
  const auto refusal = raw_answer(
      R"({"jsonrpc":"2.0","id":null,"error":{"code":-32022,"message":"unsupported version",)"
      R"("data":{"supported":["2026-07-28"]}}})",
      "application/json", "400 Bad Request");
  // What it says to a call within the old session.
  for (const auto& to_old_call : {raw_answer("", "text/plain", "404 Not Found"), refusal}) {
    std::atomic<bool> is_modern = false;
    auto answer_to = [&](const std::string& request) {
      auto method = method_of(request);
      if (request.find("MCP-Protocol-Version: 2026-07-28") != std::string::npos)
        return !is_modern ? raw_answer("what?", "text/plain", "400 Bad Request")
               : method == "server/discover"
                   ? raw_answer(result_text(request, {{"supportedVersions", {"2026-07-28"}}}))
                   : raw_answer(tool_text(request, "modern"));
      if (is_modern)
        return method == "tools/call" ? to_old_call : refusal;
      if (method == "initialize")
        return raw_answer(result_text(request, {{"protocolVersion", "2025-11-25"}}),
                          "application/json", "200 OK", "Mcp-Session-Id: s\r\n");
      return method == "tools/call" ? raw_answer(tool_text(request, "legacy"))
                                    : raw_answer("", "text/plain", "202 Accepted");
    };
    raw_server server{[&](raw_connection& connection) {
      for (std::string request; !(request = connection.receive()).empty();)
        connection.send(answer_to(request));
    }};
    speaker one{server.url()};
    CHECK(one.call("echo")->text() == "legacy");
    is_modern = true;
    CHECK(one.call("echo")->text() == "modern");
    is_modern = false;
    CHECK(one.call("echo")->text() == "legacy");
  }
}

TEST_CASE("a negotiation that was given up does not settle the next one") {
  std::atomic<int> handshakes = 0;
  std::promise<void> first_is_closed;
  std::promise<void> session_has_ended;
  raw_server server{[&](raw_connection& connection) {
    for (std::string request; !(request = connection.receive()).empty();) {
      auto method = method_of(request);
      if (method == "initialize") {
        // The second handshake goes on only when all of the first one is over.
        if (++handshakes == 2)
          first_is_closed.get_future().wait_for(deadline);
        connection.send(raw_answer(
            result_text(request, {{"protocolVersion", "2025-11-25"}}), "application/json", "200 OK",
            "Mcp-Session-Id: session-" + std::to_string(handshakes) + "\r\n"));
      } else if (method == "notifications/initialized" && handshakes == 1) {
        connection.wait_for_close();
        first_is_closed.set_value();
        return;
      } else if (method == "tools/call") {
        connection.send(raw_answer(tool_text(request, "second")));
      } else {
        if (request.starts_with("DELETE") && request.find("session-1\r\n") != std::string::npos)
          session_has_ended.set_value();
        connection.send(raw_answer("", "text/plain", "202 Accepted"));
      }
    }
  }};
  auto options = speaker::options_for(server.url());
  options.era = mcp::era_choice::legacy;
  options.negotiation_timeout = 500ms;
  speaker one{options};
  CHECK(one.call("echo").error().code == errc::timeout);
  CHECK(one.call("echo")->text() == "second");
  CHECK(handshakes == 2);
  wait_for(session_has_ended.get_future());
}

TEST_CASE("a client that ends in the middle of a handshake ends the session all the same") {
  std::promise<void> opened;
  std::promise<void> ended;
  raw_server server{[&](raw_connection& connection) {
    for (std::string request; !(request = connection.receive()).empty();) {
      auto method = method_of(request);
      if (request.starts_with("DELETE"))
        ended.set_value();
      if (method == "notifications/initialized") {
        opened.set_value();
        return connection.wait_for_close();
      }
      connection.send(raw_answer(result_text(request, {{"protocolVersion", "2025-11-25"}}),
                                 "application/json", "200 OK", "Mcp-Session-Id: s\r\n"));
    }
  }};
  auto options = speaker::options_for(server.url());
  options.era = mcp::era_choice::legacy;
  speaker one{options};
  auto running = one.start("echo", json::object());
  wait_for(opened.get_future());
  one.close();
  wait_for(ended.get_future());
  CHECK(wait_for(std::move(running)).error().code == errc::shutting_down);
}

TEST_CASE("calls that hold all connections do not keep the server from what it waits for") {
  constexpr int calls = 8; // as many as there are connections
  std::atomic<int> replies = 0;
  std::atomic<int> cancellations = 0;
  auto server = legacy_until_called(
      [&](raw_connection& connection, const std::string& request) {
        if (method_of(request).empty()) {
          ++replies;
          return void(connection.send(raw_answer("", "text/plain", "202 Accepted")));
        }
        connection.send(stream_head + event(R"({"jsonrpc":"2.0","id":1,"method":"roots/list"})"));
        if (request.find("never") != std::string::npos)
          return connection.wait_for_close();
        comes_true([&] { return replies >= calls; }, deadline / 2);
        connection.send(event(tool_text(request, "all have asked")));
      },
      "2025-11-25",
      [&](const std::string& note) {
        cancellations += method_of(note) == "notifications/cancelled" ? 1 : 0;
      });
  speaker one{server.url()};
  std::vector<std::future<call_result<tool_result>>> all;
  for (int i = 0; i < calls; ++i)
    all.push_back(one.start("echo", json::object()));
  for (auto& each : all)
    CHECK(wait_for(std::move(each))->text() == "all have asked");
  CHECK(replies == calls);

  // Nor from hearing of the end of a call, when others wait for its connection.
  std::vector<mcp::call_number> numbers(calls * 2);
  all.clear();
  for (auto& number : numbers)
    all.push_back(one.start("never", json::object(), {}, &number));
  CHECK(comes_true([&] { return replies >= 2 * calls; }));
  one->cancel(numbers[0]);
  CHECK(comes_true([&] { return cancellations == 1; }));
}

TEST_CASE("a cancellation is not lost with a kept connection") {
  std::atomic<int> cancellations = 0;
  raw_server server{[&](raw_connection& connection) {
    for (std::string request; !(request = connection.receive()).empty();) {
      auto method = method_of(request);
      if (request.find("never") != std::string::npos)
        return connection.wait_for_close();
      // The first one breaks off, as when a server closes a connection that it has kept for long.
      if (method == "notifications/cancelled" && ++cancellations == 1)
        return;
      connection.send(method.starts_with("notifications/")
                          ? raw_answer("", "text/plain", "202 Accepted")
                          : raw_answer(result_text(request, {{"protocolVersion", "2025-11-25"}})));
    }
  }};
  auto options = speaker::options_for(server.url());
  options.era = mcp::era_choice::legacy;
  speaker one{options};
  mcp::call_number number = 0;
  auto running = one.start("never", json::object(), {}, &number);
  CHECK(one.call("echo"));
  one->cancel(number);
  CHECK(wait_for(std::move(running)).error().code == errc::cancelled);
  CHECK(comes_true([&] { return cancellations == 2; }));
}

TEST_CASE("a ping gives the terms on which it was answered") {
  std::promise<void> forgotten;
  std::atomic<int> handshakes = 0;
  auto server = raw_server{[&](raw_connection& connection) {
    for (std::string request; !(request = connection.receive()).empty();) {
      auto method = method_of(request);
      if (method == "initialize" && ++handshakes == 2) {
        forgotten.set_value();
        return connection.wait_for_close();
      }
      if (method == "ping")
        forgotten.get_future().wait_for(deadline);
      connection.send(method == "tools/call"
                          ? raw_answer("", "text/plain", "404 Not Found")
                          : raw_answer(result_text(request, {{"protocolVersion", "2025-11-25"}}),
                                       "application/json", "200 OK", "Mcp-Session-Id: s\r\n"));
    }
  }};
  auto options = speaker::options_for(server.url());
  options.era = mcp::era_choice::legacy;
  speaker one{options};
  std::promise<call_result<terms>> promise;
  one->ping([&](auto result) { promise.set_value(std::move(result)); });
  auto lost = one.start("echo", json::object());
  auto found = wait_for(promise.get_future());
  REQUIRE(found);
  CHECK(*found == terms{mcp::era::legacy, "2025-11-25", "s"});
}

TEST_CASE("a call that needs the list of tools first has its time only once") {
  auto refusal = [](const std::string& request) {
    auto refused = json{{"jsonrpc", "2.0"}, {"id", body_of(request)["id"]}};
    refused["error"] = {{"code", -32020}, {"message", "a header is missing"}};
    return raw_answer(refused.dump(), "application/json", "400 Bad Request");
  };
  std::atomic<int> calls = 0;
  raw_server server{[&](raw_connection& connection) {
    for (std::string request; !(request = connection.receive()).empty();) {
      auto method = method_of(request);
      if (method == "tools/call" && ++calls == 2)
        return connection.wait_for_close();
      if (method == "tools/list")
        std::this_thread::sleep_for(10ms); // which the second call does not have any more
      connection.send(method == "tools/call"
                          ? refusal(request)
                          : raw_answer(result_text(request, {{"supportedVersions", {"2026-07-28"}},
                                                             {"tools", json::array()}})));
    }
  }};
  speaker one{server.url()};
  call_options call;
  call.timeout = 2s;
  auto failed = one.call("echo", json::object(), call);
  REQUIRE(failed.has_error());
  CHECK(failed.error().code == errc::timeout);
  CHECK(calls == 2);
  CHECK_THAT(failed.error().message, !ContainsSubstring("within 2 s"));
}

TEST_CASE("a list of tools is cut when all its pages together are too large") {
  std::atomic<int> pages = 0;
  raw_server server{[&](raw_connection& connection) {
    for (std::string request; !(request = connection.receive()).empty();) {
      auto result = json{{"supportedVersions", {"2026-07-28"}}};
      if (method_of(request) == "tools/list")
        result = {{"tools", {{{"name", "a"}, {"description", std::string(300'000, 'x')}}}},
                  {"nextCursor", std::to_string(++pages)}};
      connection.send(raw_answer(result_text(request, result)));
    }
  }};
  auto options = speaker::options_for(server.url());
  options.max_stream_bytes = 1u << 20;
  CHECK_THAT(failure_of(speaker{options}.list()), ContainsSubstring("1048576 bytes"));
  CHECK(pages == 4);
}

TEST_CASE(
    "a token that is refused in the handshake, with a JSON-RPC error, is said to be refused") {
  for (const auto* status : {"401 Unauthorized", "403 Forbidden"}) {
    raw_server server{[&](raw_connection& connection) {
      while (!connection.receive().empty())
        connection.send(
            raw_answer(R"({"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"who?"}})",
                       "application/json", status));
    }};
    auto failed = speaker{server.url()}.ping();
    REQUIRE(failed.has_error());
    CHECK(failed.error().code == errc::unauthorized);
    CHECK_THAT(failed.error().message, ContainsSubstring("who?") && ContainsSubstring("token"));
  }
}

TEST_CASE("the end of the client ends its calls with an error") {
  auto server = modern_until_called(
      [](raw_connection& connection, const std::string&) { connection.wait_for_close(); });
  raw_server silent{[](raw_connection& connection) { connection.wait_for_close(); }};
  speaker one{server.url()};
  speaker other{silent.url()};
  auto running = one.start("echo", json::object());
  auto negotiating = other.start("echo", json::object());
  auto waiting = other.start("echo", json::object());
  CHECK(comes_true([&] { return server.connection_count() > 0; }));
  one.close();
  other.close();
  for (auto* each : {&running, &negotiating, &waiting})
    CHECK(wait_for(std::move(*each)).error().code == errc::shutting_down);
}

TEST_CASE("more calls than allowed fail at once") {
  auto server = modern_until_called(
      [](raw_connection& connection, const std::string&) { connection.wait_for_close(); });
  auto options = speaker::options_for(server.url());
  options.max_calls = 1;
  speaker one{options};
  mcp::call_number number = 0;
  auto running = one.start("never", json::object(), {}, &number);
  auto failed = one.call("echo");
  REQUIRE(failed.has_error());
  CHECK(failed.error().code == errc::unreachable);
  CHECK_THAT(failed.error().message, ContainsSubstring("not sent"));
  one->cancel(number);
  CHECK(wait_for(std::move(running)).error().code == errc::cancelled);
}

TEST_CASE("a modern call that breaks is made again only when that is harmless") {
  std::atomic<int> calls = 0;
  auto server = modern_until_called([&](raw_connection& connection, const std::string& request) {
    ++calls;
    connection.send(stream_head);
    if (calls % 2 == 0)
      connection.send(event(tool_text(request, "second")));
  });
  speaker one{server.url()};
  call_options call;
  call.repeatable = true;
  CHECK(one.call("echo", json::object(), call)->text() == "second");
  CHECK(calls == 2);
  CHECK_THAT(failure_of(one.call("echo")), ContainsSubstring("whether it was carried out is"));
  CHECK(calls == 3);
}

TEST_CASE("a modern server may not ask the client back, and an unfinished result is an error") {
  auto server = modern_until_called([&](raw_connection& connection, const std::string& request) {
    connection.send(raw_answer(result_text(
        request, {{"resultType", "input_required"}, {"inputRequests", {{"a", json::object()}}}})));
  });
  auto failed = speaker{server.url()}.call("echo");
  REQUIRE(failed.has_error());
  CHECK(failed.error().code == errc::unsupported);
  CHECK_THAT(failed.error().message, ContainsSubstring("further input"));
}

TEST_CASE("a server that lists tools without end is cut") {
  std::atomic<int> pages = 0;
  auto endless = [&](bool same) {
    return raw_server{[&pages, same](raw_connection& connection) {
      for (std::string request; !(request = connection.receive()).empty();) {
        auto result = json{{"supportedVersions", {"2026-07-28"}}};
        if (method_of(request) == "tools/list")
          result = {{"tools", {{{"name", "a"}}}},
                    {"nextCursor", same ? "again" : std::to_string(++pages)}};
        connection.send(raw_answer(result_text(request, result)));
      }
    }};
  };
  for (bool same : {true, false}) {
    auto server = endless(same);
    auto options = speaker::options_for(server.url());
    options.max_tools = 50;
    auto failed = speaker{options}.list();
    REQUIRE(failed.has_error());
    CHECK_THAT(failed.error().message,
               ContainsSubstring(same ? "never ends" : "more than 50 tools; let the server offer"));
  }
  CHECK(pages <= 51);
}

TEST_CASE("tools on several pages are one list") {
  raw_server server{[](raw_connection& connection) {
    for (std::string request; !(request = connection.receive()).empty();) {
      auto result = json{{"supportedVersions", {"2026-07-28"}}};
      if (method_of(request) == "tools/list") {
        auto cursor = mcp::string_member(body_of(request)["params"], "cursor");
        result = {{"tools", {{{"name", "tool" + cursor}}}}};
        if (cursor != "3")
          result["nextCursor"] = cursor.empty() ? "2" : "3";
      }
      connection.send(raw_answer(result_text(request, result)));
    }
  }};
  auto tools = speaker{server.url()}.list();
  REQUIRE(tools);
  REQUIRE(tools->size() == 3);
  CHECK((*tools)[0].name == "tool");
  CHECK((*tools)[2].name == "tool3");
}

TEST_CASE("an older legacy version is spoken, batches included where it has them") {
  for (const std::string version : {"2025-06-18", "2025-03-26"}) {
    auto server = legacy_until_called(
        [](raw_connection& connection, const std::string& request) {
          connection.send(
              raw_answer(R"([{"jsonrpc":"2.0","method":"notifications/message","params":{}},)" +
                         tool_text(request, "from a batch") + ']'));
        },
        version);
    speaker one{server.url()};
    auto said = one.call("echo");
    if (version == "2025-03-26")
      CHECK(said->text() == "from a batch");
    else
      CHECK_THAT(failure_of(said), ContainsSubstring("several messages"));
  }
}

TEST_CASE("a version that is no version is quoted in one line of whole characters") {
  std::string version = "x\n";
  for (int i = 0; i < 200; ++i)
    version += "\xC3\xBC";
  auto server = legacy_until_called([](raw_connection&, const std::string&) {}, version);
  auto message = failure_of(speaker{server.url()}.call("echo"));
  CHECK_FALSE(first_invalid_utf8(message));
  CHECK_THAT(message, ContainsSubstring("'x ") && !ContainsSubstring("\n"));
}

TEST_CASE("a version that we do not speak is named") {
  auto server = legacy_until_called([](raw_connection&, const std::string&) {}, "2024-11-05");
  auto failed = speaker{server.url()}.call("echo");
  REQUIRE(failed.has_error());
  CHECK(failed.error().code == errc::incompatible);
  CHECK_THAT(failed.error().message,
             ContainsSubstring("2024-11-05") && ContainsSubstring("2026-07-28"));
}

TEST_CASE("a session that is gone again at once is not asked for without end") {
  std::atomic<int> calls = 0;
  auto server = legacy_until_called([&](raw_connection& connection, const std::string&) {
    ++calls;
    connection.send(raw_answer("", "text/plain", "404 Not Found"));
  });
  auto failed = speaker{server.url()}.call("echo");
  REQUIRE(failed.has_error());
  CHECK_THAT(failed.error().message, ContainsSubstring("404"));
  CHECK(calls == 2);
}

TEST_CASE("a legacy server that refuses to go on with a stream does not get the call again") {
  auto refusal = [](int code, const std::string& text) {
    return json{{"jsonrpc", "2.0"}, {"id", nullptr}, {"error", {{"code", code}, {"message", text}}}}
        .dump();
  };
  // The server closes after each: unsaid, the next call might go where nobody reads it any more.
  auto last = [](const std::string& body, const std::string& type, const std::string& status) {
    return raw_answer(body, type, status, "Connection: close\r\n");
  };
  std::vector<std::string> refusals{
      last(refusal(-32001, "Session not found"), "application/json", "404 Not Found"),
      last("", "text/plain", "404 Not Found"),
      last(refusal(-32000, "No valid session"), "application/json", "400 Bad Request"),
      last(refusal(-32000, "Stream already has an active connection"), "application/json",
           "409 Conflict"),
      last("", "text/plain", "405 Method Not Allowed")};
  for (const auto& refused : refusals) {
    std::atomic<int> calls = 0;
    auto server = legacy_until_called([&](raw_connection& connection, const std::string& request) {
      if (request.starts_with("GET"))
        return void(connection.send(refused));
      // An answer only for who calls twice.
      connection.send(stream_head + "retry: 1\n" + event("", "e1"));
      if (++calls % 2 == 0)
        connection.send(event(tool_text(request, "twice")));
    });
    speaker one{server.url()};
    auto failed = one.call("echo");
    REQUIRE(failed.has_error());
    CHECK(failed.error().code == errc::io_failed);
    CHECK_FALSE(failed.error().rpc_code);
    CHECK_THAT(failed.error().message, ContainsSubstring("whether it was carried out is unknown"));
    CHECK(calls == 1);
    // Another call works, on another session where the old one is gone.
    CHECK(one.call("echo")->text() == "twice");
    call_options call;
    call.repeatable = true;
    CHECK(one.call("echo", json::object(), call)->text() == "twice");
    CHECK(calls == 4);
  }
}

TEST_CASE("a legacy server that is gone when a stream is taken up may have begun with the call") {
  raw_server* listening = nullptr;
  auto server = legacy_until_called([&](raw_connection& connection, const std::string&) {
    listening->stop_listening();
    connection.send(stream_head + "retry: 1\n" + event("", "e1"));
  });
  listening = &server;
  auto failed = speaker{server.url()}.call("echo");
  REQUIRE(failed.has_error());
  CHECK(failed.error().code == errc::io_failed);
  CHECK_THAT(failed.error().message, ContainsSubstring("whether it was carried out is unknown"));
}

TEST_CASE("all streams of a call together are cut at the limit") {
  std::atomic<int> streams = 0;
  auto server = legacy_until_called([&](raw_connection& connection, const std::string&) {
    ++streams;
    connection.send(stream_head + "retry: 1\n" + event("", std::to_string(streams)));
    // 300 KB, in comments.
    for (int i = 0; i < 3000; ++i)
      connection.send(':' + std::string(99, 'x') + '\n');
  });
  auto options = speaker::options_for(server.url());
  options.max_stream_bytes = 1u << 20;
  auto failed = speaker{options}.call("echo");
  REQUIRE(failed.has_error());
  CHECK_THAT(failed.error().message, ContainsSubstring("1048576 bytes"));
  CHECK(streams == 4);
}

TEST_CASE("a call whose answer is cut in the middle is made again when that is harmless") {
  std::atomic<int> calls = 0;
  auto server = modern_until_called([&](raw_connection& connection, const std::string& request) {
    auto answer = raw_answer(tool_text(request, "whole"));
    connection.send(answer.substr(0, ++calls % 2 == 0 ? answer.size() : answer.size() - 5));
  });
  speaker one{server.url()};
  call_options call;
  call.repeatable = true;
  CHECK(one.call("echo", json::object(), call)->text() == "whole");
  CHECK(one.call("echo").has_error());
  CHECK(calls == 3);
}

TEST_CASE("a call whose answer breaks a limit is not made again") {
  std::atomic<int> calls = 0;
  auto server = modern_until_called([&](raw_connection& connection, const std::string&) {
    ++calls;
    connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                    "Content-Length: 2000000\r\n\r\n");
  });
  auto options = speaker::options_for(server.url());
  options.max_stream_bytes = 1u << 20;
  call_options call;
  call.repeatable = true;
  CHECK(speaker{options}.call("echo", json::object(), call).error().code == errc::incompatible);
  CHECK(calls == 1);
}

TEST_CASE("a legacy server that has lost its sessions may say so in plain text") {
  std::atomic<int> calls = 0;
  auto server = legacy_until_called([&](raw_connection& connection, const std::string& request) {
    auto lost = request.find("session-1\r\n") != std::string::npos;
    ++calls;
    connection.send(lost ? raw_answer("Bad Request: No valid session ID provided", "text/plain",
                                      "400 Bad Request")
                         : raw_answer(tool_text(request, "again")));
  });
  CHECK(speaker{server.url()}.call("echo")->text() == "again");
  CHECK(calls == 2);
}

TEST_CASE("a legacy stream is taken up where it broke, and not without end") {
  std::atomic<int> resumptions = 0;
  std::string last_id;
  json asked;
  auto broken_for = [&](int times) {
    return legacy_until_called([&, times](raw_connection& connection, const std::string& request) {
      if (request.starts_with("GET")) {
        auto at = request.find("Last-Event-ID: ");
        last_id = request.substr(at + 15, request.find("\r\n", at) - at - 15);
        connection.send(stream_head);
        if (++resumptions >= times)
          connection.send(event(asked.get<std::string>(), "e2"));
      } else {
        asked = tool_text(request, "at last");
        connection.send(stream_head + "retry: 1\n" + event("", "e1"));
      }
    });
  };
  {
    auto server = broken_for(3);
    CHECK(speaker{server.url()}.call("echo")->text() == "at last");
    CHECK(resumptions == 3);
    CHECK(last_id == "e1");
  }
  resumptions = 0;
  auto server = broken_for(1000);
  auto options = speaker::options_for(server.url());
  options.call_timeout = 1h;
  speaker one{options};
  CHECK_THAT(failure_of(one.call("echo")), ContainsSubstring("ended before the answer"));
  CHECK(resumptions == 5);
}

TEST_CASE("what cannot be right is refused when a client is opened") {
  auto http = net::http_client::start({});
  REQUIRE(http);
  client_options options;
  options.url = "localhost:8678/mcp";
  CHECK(mcp::client::open(**http, options).has_error());
  options.url = "http://localhost:8678/mcp";
  options.bearer_token = "secret\n";
  auto refused = mcp::client::open(**http, options);
  REQUIRE(refused.has_error());
  CHECK_THAT(refused.error().message,
             ContainsSubstring("line break") && !ContainsSubstring("secret"));
}

TEST_CASE("callbacks that throw do no harm") {
  auto server = modern_until_called([](raw_connection& connection, const std::string& request) {
    connection.send(stream_head +
                    event(R"({"jsonrpc":"2.0","method":"notifications/progress","params":)"
                          R"({"progressToken":)" +
                          body_of(request)["id"].dump() + R"(,"progress":1}})") +
                    event(tool_text(request, "fine")));
  });
  speaker one{server.url()};
  call_options call;
  call.on_progress = [](const mcp::progress&) { throw std::runtime_error("progress"); };
  CHECK(one.call("echo", json::object(), call)->text() == "fine");
  one->call_tool("echo", json::object(), {}, [](const auto&) { throw std::runtime_error("done"); });
  CHECK(one.call("echo")->text() == "fine");
}
