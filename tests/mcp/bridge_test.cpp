// SPDX-License-Identifier: MIT
#include "mcp/bridge/bridge.hpp"
#include "mcp/bridge/client_line.hpp"
#include "mcp/bridge/line_reader.hpp"
#include "net/support.hpp"

#include <fcntl.h>
#include <poll.h>

#include <set>
#include <thread>

using namespace mahavishnu;
using namespace mahavishnu::test;
using namespace std::chrono_literals;
using mcp::json;

namespace {

/// A bridge on two pipes, and a server of which the test is the inside.
class bridged {
public:
  explicit bridged(mcp::bridge::bridge_options options = {}) {
    REQUIRE(::pipe2(to_bridge_, O_CLOEXEC) == 0);
    REQUIRE(::pipe2(from_bridge_, O_CLOEXEC) == 0);
    options.input = to_bridge_[0];
    options.output = from_bridge_[1];
    options.find_url = [this]() -> result<std::string> {
      ++searches;
      std::lock_guard guard{mutex_};
      if (!server_)
        return error{errc::unreachable, "no server is running"};
      return "http://127.0.0.1:" + std::to_string(server_->port()) + "/mcp";
    };
    start_server();
    thread_ = std::jthread([options](std::stop_token stop) {
      auto ended = mcp::bridge::run_bridge(options, std::move(stop));
      if (!ended)
        throw std::runtime_error(ended.error().message);
    });
  }
  ~bridged() {
    close_input();
    thread_ = {};
    for (int each : {to_bridge_[0], from_bridge_[0], from_bridge_[1]})
      ::close(each);
  }

  void start_server() {
    auto server = open_server(requests.handler());
    std::lock_guard guard{mutex_};
    server_ = std::move(server);
  }
  void end_server() {
    std::lock_guard guard{mutex_};
    server_.reset();
  }

  void write(const std::string& line) {
    auto text = line + "\n";
    REQUIRE(::write(to_bridge_[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
  void write(const json& message) { write(message.dump()); }
  void close_input() {
    if (to_bridge_[1] >= 0)
      ::close(std::exchange(to_bridge_[1], -1));
  }
  /// Ends it as a signal does.
  void stop() { thread_ = {}; }
  void wait_for_end() { thread_.join(); }

  std::string line() {
    while (rest_.find('\n') == std::string::npos) {
      pollfd waiting{from_bridge_[0], POLLIN, 0};
      char buffer[4096];
      if (::poll(&waiting, 1, static_cast<int>(std::chrono::milliseconds{deadline}.count())) != 1)
        throw std::runtime_error("bridge: no line before the deadline");
      auto count = ::read(from_bridge_[0], buffer, sizeof buffer);
      if (count <= 0)
        throw std::runtime_error("bridge: no more lines");
      rest_.append(buffer, static_cast<std::size_t>(count));
    }
    auto end = rest_.find('\n');
    auto first = rest_.substr(0, end);
    rest_.erase(0, end + 1);
    return first;
  }
  json message() { return json::parse(line()); }
  bool is_silent() {
    pollfd waiting{from_bridge_[0], POLLIN, 0};
    return rest_.empty() && ::poll(&waiting, 1, 0) == 0;
  }

  inbox requests;
  std::atomic<int> searches{0};

private:
  int to_bridge_[2];
  int from_bridge_[2];
  std::string rest_;
  std::mutex mutex_;
  std::unique_ptr<http_server> server_;
  std::jthread thread_;
};

std::string header(const inbox::entry& asked, const std::string& name) {
  for (const auto& [each, value] : asked.request.headers)
    if (each == name)
      return value;
  return {};
}

json body(const inbox::entry& asked) {
  return json::parse(asked.request.body);
}

http_response answer(const json& message, unsigned status = 200) {
  http_response response;
  response.status = status;
  response.body = message.dump();
  return response;
}

json result_for(const inbox::entry& asked, json result = json::object()) {
  return {{"jsonrpc", "2.0"}, {"id", body(asked).at("id")}, {"result", std::move(result)}};
}

json modern(int id, const std::string& method, json params = json::object()) {
  params["_meta"] = {{"io.modelcontextprotocol/protocolVersion", "2026-07-28"},
                     {"io.modelcontextprotocol/clientCapabilities", json::object()}};
  return {{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", std::move(params)}};
}

json legacy(int id, const std::string& method, json params = json::object()) {
  return {{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", std::move(params)}};
}

json notification(const std::string& method, json params = json::object()) {
  return {{"jsonrpc", "2.0"}, {"method", method}, {"params", std::move(params)}};
}

http_response event_stream(const std::string& events) {
  http_response head;
  head.content_type = "text/event-stream";
  head.body = events;
  return head;
}

/// What a server answers to `initialize`.
void welcome(const inbox::entry& asked, const std::string& session) {
  CHECK(body(asked).at("method") == "initialize");
  CHECK(header(asked, "mcp-session-id").empty());
  auto response = answer(result_for(asked, {{"protocolVersion", "2025-11-25"}}));
  response.headers.emplace_back("Mcp-Session-Id", session);
  asked.answer.reply(std::move(response));
}

void accept(const inbox::entry& asked) {
  http_response response;
  response.status = 202;
  asked.answer.reply(std::move(response));
}

/// Opens a session of the client; the server has nothing to say by itself.
void open_session(bridged& it, const std::string& session = "s1") {
  it.write(legacy(1, "initialize", {{"protocolVersion", "2025-11-25"}}));
  welcome(it.requests.next(), session);
  CHECK(it.message().at("id") == 1);
  it.write(notification("notifications/initialized"));
  auto confirmed = it.requests.next();
  CHECK(header(confirmed, "mcp-session-id") == session);
  accept(confirmed);
  auto listening = it.requests.next();
  CHECK(listening.request.method == "GET");
  CHECK(header(listening, "mcp-session-id") == session);
  listening.answer.reply(answer(
      {{"jsonrpc", "2.0"}, {"id", nullptr}, {"error", {{"code", -32600}, {"message", "no"}}}},
      405));
}

} // namespace

TEST_CASE("the lines of a bridge are whole, in order and bounded") {
  mcp::bridge::line_reader reader{8};
  std::vector<std::string> seen;
  auto feed = [&](std::string_view piece) {
    reader.feed(
        piece, [&](std::string line) { seen.push_back(std::move(line)); },
        [&] { seen.emplace_back("TOO LONG"); });
  };
  feed("one\ntw");
  feed("o\r\n\n12345678\n123456789");
  feed("and more");
  feed("\nthree\nfour");
  CHECK(seen == std::vector<std::string>{"one", "two", "", "12345678", "TOO LONG", "three"});
}

TEST_CASE("a bridge passes the messages of an array on one by one") {
  bridged it;
  open_session(it);
  it.write(json::array({legacy(2, "ping"), 7, legacy(3, "tools/list"), json::array({1}),
                        notification("notifications/cancelled", {{"requestId", 99}})}));
  CHECK(it.message().at("error").at("code") == -32600);
  CHECK(it.message().at("error").at("code") == -32600);
  std::set<json> asked;
  for (int i = 0; i < 2; ++i) {
    auto one = it.requests.next();
    CHECK(header(one, "mcp-session-id") == "s1");
    asked.insert(body(one).at("id"));
    one.answer.reply(answer(result_for(one)));
    CHECK(it.message().at("id") == body(one).at("id"));
  }
  CHECK(asked == std::set<json>{2, 3});
  for (const auto& each : {json::array(), json(std::vector<int>(65, 1))}) {
    it.write(each);
    CHECK(it.message().at("error").at("code") == -32600);
  }
}

TEST_CASE("a bridge tells a server in headers what a modern request says") {
  mcp::bridge::bridge_options options;
  options.token = "secret";
  bridged it{options};
  it.write(modern(7, "tools/call", {{"name", "pööl"}, {"arguments", json::object()}}));
  auto asked = it.requests.next();
  CHECK(asked.request.method == "POST");
  CHECK(asked.request.target == "/mcp");
  CHECK(header(asked, "mcp-protocol-version") == "2026-07-28");
  CHECK(header(asked, "mcp-method") == "tools/call");
  CHECK(header(asked, "mcp-name") == "=?base64?cMO2w7Zs?=");
  CHECK(header(asked, "authorization") == "Bearer secret");
  CHECK(header(asked, "content-type") == "application/json");
  CHECK_THAT(header(asked, "accept"), ContainsSubstring("text/event-stream"));
  auto response = answer(json::object());
  response.body = result_for(asked, {{"x", 1}}).dump(2); // several lines
  asked.answer.reply(response);
  CHECK(it.message() == json{{"jsonrpc", "2.0"}, {"id", 7}, {"result", {{"x", 1}}}});

  it.write(modern(8, "resources/read", {{"uri", "mahavishnu://pools"}}));
  asked = it.requests.next();
  CHECK(header(asked, "mcp-name") == "mahavishnu://pools");
  asked.answer.reply(answer({{"jsonrpc", "2.0"},
                             {"id", 8},
                             {"error", {{"code", -32602}, {"message", "no such resource"}}}},
                            400));
  CHECK(it.message().at("error").at("code") == -32602);
}

TEST_CASE("a line that is no message is answered, and the next one is read") {
  mcp::bridge::bridge_options options;
  options.max_message_bytes = 1000;
  bridged it{options};
  it.write(std::string{"{nonsense"});
  auto refused = it.message();
  CHECK(refused.at("error").at("code") == -32700);
  CHECK(refused.at("id").is_null());
  it.write(std::string{R"({"a":1,"a":2})"});
  CHECK(it.message().at("error").at("code") == -32700);
  it.write(std::string{"[]"});
  CHECK(it.message().at("error").at("code") == -32600);
  it.write(std::string(2000, 'x'));
  CHECK_THAT(it.line(), ContainsSubstring("more than 1000 bytes"));
  it.write(modern(1, "tools/list"));
  auto asked = it.requests.next();
  asked.answer.reply(answer(result_for(asked)));
  CHECK(it.message().at("id") == 1);
}

TEST_CASE("what a server says before the result comes as it is said") {
  bridged it;
  it.write(modern(1, "tools/call", {{"name", "slow"}}));
  auto asked = it.requests.next();
  asked.answer.begin(
      event_stream(": hello\n\ndata: " + notification("notifications/progress").dump() + "\n\n"));
  CHECK(it.message().at("method") == "notifications/progress");
  asked.answer.send(
      "event: message\ndata: {\"jsonrpc\": \"2.0\", \"id\": 1,\ndata: \"result\": {}}\n\n");
  asked.answer.end();
  CHECK(it.message().at("result") == json::object());
}

TEST_CASE("several requests run at once, but not any number") {
  mcp::bridge::bridge_options options;
  options.most_requests = 2;
  bridged it{options};
  it.write(modern(1, "tools/list"));
  auto first = it.requests.next();
  it.write(modern(2, "tools/list"));
  auto second = it.requests.next();
  it.write(modern(3, "tools/list"));
  auto refused = it.message();
  CHECK(refused.at("id") == 3);
  CHECK_THAT(refused.at("error").at("message").get<std::string>(),
             ContainsSubstring("more than 2 requests at once"));
  second.answer.reply(answer(result_for(second)));
  CHECK(it.message().at("id") == 2);
  first.answer.reply(answer(result_for(first)));
  CHECK(it.message().at("id") == 1);
}

TEST_CASE("a legacy session is kept, and ended with the input") {
  bridged it;
  open_session(it);
  it.write(legacy(2, "tools/list"));
  auto asked = it.requests.next();
  CHECK(header(asked, "mcp-session-id") == "s1");
  CHECK(header(asked, "mcp-protocol-version") == "2025-11-25");
  CHECK(header(asked, "mcp-method").empty());
  it.close_input(); // which waits for what is on its way
  asked.answer.reply(answer(result_for(asked)));
  CHECK(it.message().at("id") == 2);
  auto farewell = it.requests.next();
  CHECK(farewell.request.method == "DELETE");
  CHECK(header(farewell, "mcp-session-id") == "s1");
  farewell.answer.reply({204, "application/json", "", {}});
  it.wait_for_end();
}

TEST_CASE("legacy messages wait until the session is open, however fast they come") {
  bridged it;
  it.write(legacy(1, "initialize"));
  it.write(notification("notifications/initialized"));
  it.write(legacy(2, "tools/list"));
  welcome(it.requests.next(), "s1");
  auto confirmed = it.requests.next();
  CHECK(body(confirmed).at("method") == "notifications/initialized");
  accept(confirmed);
  // The stream and the request go out together.
  for (int i = 0; i < 2; ++i) {
    auto asked = it.requests.next();
    CHECK(header(asked, "mcp-session-id") == "s1");
    if (asked.request.method == "GET")
      asked.answer.reply({405, "application/json", "", {}});
    else
      asked.answer.reply(answer(result_for(asked)));
  }
  CHECK(it.message().at("id") == 1);
  CHECK(it.message().at("id") == 2);
}

TEST_CASE("a bridge begins a session again that the server has forgotten") {
  bridged it;
  open_session(it);
  it.write(legacy(2, "tools/list"));
  auto asked = it.requests.next();
  asked.answer.reply(answer({{"jsonrpc", "2.0"},
                             {"id", 2},
                             {"error", {{"code", -32600}, {"message", "no such session"}}}},
                            404));
  auto again = it.requests.next();
  CHECK(body(again).at("params").at("protocolVersion") == "2025-11-25");
  welcome(again, "s2");
  auto confirmed = it.requests.next();
  CHECK(header(confirmed, "mcp-session-id") == "s2");
  CHECK(body(confirmed).at("method") == "notifications/initialized");
  accept(confirmed);
  auto repeated = it.requests.next();
  CHECK(body(repeated).at("id") == 2);
  CHECK(header(repeated, "mcp-session-id") == "s2");
  repeated.answer.reply(answer(result_for(repeated)));
  CHECK(it.message() == json{{"jsonrpc", "2.0"}, {"id", 2}, {"result", json::object()}});
  CHECK(it.is_silent());
}

TEST_CASE("what a legacy server says by itself reaches the client, and its answer the server") {
  bridged it;
  it.write(legacy(1, "initialize"));
  welcome(it.requests.next(), "s1");
  it.message();
  it.write(notification("notifications/initialized"));
  accept(it.requests.next());
  auto listening = it.requests.next();
  CHECK(header(listening, "accept") == "text/event-stream");
  listening.answer.begin(
      event_stream("id: 5\nretry: 20\ndata: " + legacy(90, "roots/list").dump() + "\n\n"));
  CHECK(it.message().at("method") == "roots/list");
  it.write(json{{"jsonrpc", "2.0"}, {"id", 90}, {"result", {{"roots", json::array()}}}});
  auto answered = it.requests.next();
  CHECK(body(answered).at("id") == 90);
  CHECK(header(answered, "mcp-session-id") == "s1");
  accept(answered);
  // The server lets the stream go, and the bridge comes back for the rest.
  listening.answer.end();
  auto back = it.requests.next();
  CHECK(back.request.method == "GET");
  CHECK(header(back, "last-event-id") == "5");
  back.answer.begin(event_stream("data: " + notification("notifications/message").dump() + "\n\n"));
  CHECK(it.message().at("method") == "notifications/message");
}

TEST_CASE("a legacy answer that breaks off is taken up again where it was") {
  bridged it;
  open_session(it);
  it.write(legacy(2, "tools/call", {{"name", "slow"}}));
  auto asked = it.requests.next();
  asked.answer.begin(event_stream("id: 7\nretry: 10\ndata:\n\n"));
  asked.answer.end();
  auto back = it.requests.next();
  CHECK(back.request.method == "GET");
  CHECK(header(back, "last-event-id") == "7");
  CHECK(header(back, "mcp-session-id") == "s1");
  back.answer.begin(event_stream("data: " + result_for(asked).dump() + "\n\n"));
  back.answer.end();
  CHECK(it.message().at("id") == 2);
}

TEST_CASE("a cancelled modern request is closed, and a legacy one told to the server") {
  bridged it;
  it.write(modern(1, "tools/call", {{"name", "slow"}}));
  auto asked = it.requests.next();
  std::promise<void> gone;
  asked.answer.on_gone([&] { gone.set_value(); });
  it.write(notification("notifications/cancelled", {{"requestId", 1}}));
  REQUIRE(gone.get_future().wait_for(deadline) == std::future_status::ready);

  open_session(it);
  it.write(legacy(2, "tools/call", {{"name", "slow"}}));
  auto running = it.requests.next();
  it.write(notification("notifications/cancelled", {{"requestId", 2}}));
  auto told = it.requests.next();
  CHECK(body(told).at("params").at("requestId") == 2);
  CHECK(header(told, "mcp-session-id") == "s1");
  accept(told);
  accept(running); // no answer at all
  it.write(legacy(3, "ping"));
  auto next = it.requests.next();
  next.answer.reply(answer(result_for(next)));
  CHECK(it.message().at("id") == 3); // and nothing about the others
}

TEST_CASE("a server that goes away is an error for what runs, and the next one is found") {
  bridged it;
  it.write(modern(1, "tools/call", {{"name", "slow"}}));
  auto asked = it.requests.next();
  it.end_server();
  auto failure = it.message();
  CHECK(failure.at("id") == 1);
  CHECK_THAT(failure.at("error").at("message").get<std::string>(), ContainsSubstring("task_list"));
  it.write(modern(2, "tools/list"));
  failure = it.message();
  CHECK(failure.at("id") == 2);
  CHECK_THAT(failure.at("error").at("message").get<std::string>(),
             ContainsSubstring("no server is running"));
  it.start_server();
  it.write(modern(3, "tools/list"));
  auto found = it.requests.next();
  found.answer.reply(answer(result_for(found)));
  CHECK(it.message().at("id") == 3);
}

TEST_CASE("a request that a dead server cannot have begun is sent to the one after it") {
  bridged it;
  it.write(modern(1, "tools/list"));
  auto first = it.requests.next();
  first.answer.reply(answer(result_for(first)));
  CHECK(it.message().at("id") == 1);
  it.end_server();
  it.start_server();
  it.write(modern(2, "tools/list"));
  auto second = it.requests.next();
  second.answer.reply(answer(result_for(second)));
  CHECK(it.message().at("result") == json::object());
}

TEST_CASE("a bridge finds out which arguments a tool wants in headers") {
  bridged it;
  it.write(modern(1, "tools/call", {{"name", "where"}, {"arguments", {{"region", "eu"}}}}));
  auto asked = it.requests.next();
  CHECK(header(asked, "mcp-param-region").empty());
  asked.answer.reply(answer({{"jsonrpc", "2.0"},
                             {"id", 1},
                             {"error", {{"code", -32020}, {"message", "a header is missing"}}}},
                            400));
  auto listing = it.requests.next();
  CHECK(body(listing).at("method") == "tools/list");
  CHECK(header(listing, "mcp-method") == "tools/list");
  json schema{{"type", "object"},
              {"properties", {{"region", {{"type", "string"}, {"x-mcp-header", "Region"}}}}}};
  listing.answer.reply(
      answer(result_for(listing, {{"tools", {{{"name", "where"}, {"inputSchema", schema}}}}})));
  auto repeated = it.requests.next();
  CHECK(header(repeated, "mcp-param-region") == "eu");
  CHECK(body(repeated).at("id") == 1);
  repeated.answer.reply(answer(result_for(repeated)));
  CHECK(it.message() == json{{"jsonrpc", "2.0"}, {"id", 1}, {"result", json::object()}});
}

TEST_CASE("a status that is no message becomes an error for the client") {
  bridged it;
  it.write(modern(1, "tools/list"));
  it.requests.next().answer.reply({503, "text/plain", "come back later", {}});
  auto failure = it.message().at("error").at("message").get<std::string>();
  CHECK_THAT(failure, ContainsSubstring("503"));
  CHECK_THAT(failure, ContainsSubstring("come back later"));
}

TEST_CASE("a bridge that is stopped leaves at once what it waits for") {
  bridged it;
  it.write(modern(1, "tools/call", {{"name", "slow"}}));
  auto asked = it.requests.next();
  std::promise<void> gone;
  asked.answer.on_gone([&] { gone.set_value(); });
  it.stop();
  CHECK(gone.get_future().wait_for(deadline) == std::future_status::ready);
}
