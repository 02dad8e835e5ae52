// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/server/endpoint.hpp"
#include "net/answer_channel.hpp"
#include "support/catch.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

/// An MCP endpoint without sockets: requests go in, and what would be written comes out.
namespace mahavishnu::mcp::server::test {

using namespace mahavishnu::test;

/// One request, and what has been answered until now.
class asked {
public:
  asked(endpoint& whom, net::http_request request) {
    request.headers.emplace_back("host", "127.0.0.1:8680");
    whom.handle(request, net::http_answer{channel_});
    look();
  }
  asked(const asked&) = delete;
  /// As a server does when all is written, or what waits for the client is kept for ever.
  ~asked() { channel_->complete(); }

  unsigned status() { return look().head ? look_.head->status : 0; }
  /// Of an answer that is no stream.
  json body() { return json::parse(look().head ? look_.head->body : "null"); }
  std::string header(const std::string& name) {
    for (const auto& [each, value] : look().head.value_or(net::http_response{}).headers)
      if (each == name)
        return value;
    return {};
  }
  bool is_stream() { return look().is_stream; }
  /// What a stream has said.
  std::string pieces() {
    look();
    return look_.head.value_or(net::http_response{}).body + pieces_;
  }
  bool has_ended() { return look().has_ended; }
  /// When it will be stopped, if ever.
  std::optional<std::chrono::steady_clock::time_point> stop_at() { return look().stop_at; }
  int error_code() { return body().at("error").at("code").get<int>(); }
  void go_away() { channel_->tell_gone(); }
  void stop() { channel_->tell_stopping(); }

private:
  const net::answer_news& look() {
    auto more = channel_->take();
    if (more.head) {
      look_.head = std::move(more.head);
      look_.is_stream = more.is_stream;
    }
    if (more.stop_at)
      look_.stop_at = more.stop_at;
    look_.has_ended = look_.has_ended || more.has_ended;
    for (const auto& each : more.pieces)
      pieces_ += each;
    return look_;
  }

  std::shared_ptr<net::answer_channel> channel_ = std::make_shared<net::answer_channel>(
      std::weak_ptr<net::http_core>{}, std::weak_ptr<net::http_session>{}, 1 << 20);
  net::answer_news look_;
  std::string pieces_;
};

/// A call that nobody hears of.
struct quiet_call : call {
  struct nobody : outlet {
    void finish(std::string_view) override {}
    void fail(const refusal&) override {}
    void notify(std::string_view, const json&) override {}
    bool need(call&, const std::vector<client_request>&, const json&) override { return true; }
    void abandon() override {}
  };
  using call::call;
  void run() override {}

  static std::shared_ptr<call> of(const json& request) {
    facts what;
    what.request = request;
    return std::make_shared<quiet_call>(std::make_shared<nobody>(), std::move(what));
  }
};

/// Resources whose URIs begin with `test://`.
class some_shelf : public resource_shelf {
public:
  std::string_view prefix() const override { return "test://"; }
  std::vector<resource_template> templates() const override {
    return {{{"test://{name}", "any", "Any", "Any of them", "text/plain"},
             {{"name", [](const std::string& begun, const auto& found) {
                 if (begun == "thrown")
                   throw std::runtime_error{"nothing can be found"};
                 if (begun != "lost")
                   found({begun + "-a", begun + "-b"});
               }}}}};
  }
  void list(const std::function<void(std::vector<resource>)>& found) override {
    found({{"test://one", "one", "One", "The first", "text/plain"}});
  }
  void read(const std::shared_ptr<resource_call>& wish) override {
    if (wish->name() == "test://one")
      wish->finish_text("text/plain", "the first");
    else if (wish->name() == "test://bytes")
      wish->finish_bytes("application/octet-stream", std::string_view{"\0\xff", 2});
    else
      wish->fail_unknown();
  }
  std::shared_ptr<void> watch(const std::string& uri, std::function<void()> changed) override {
    auto watcher = std::make_shared<std::function<void()>>(std::move(changed));
    watchers_.emplace(uri, watcher);
    return watcher;
  }

  void changed(const std::string& uri) {
    auto [begin, end] = watchers_.equal_range(uri);
    for (auto each = begin; each != end; ++each)
      if (auto watcher = each->second.lock())
        (*watcher)();
  }
  std::size_t watched(const std::string& uri) {
    std::erase_if(watchers_, [](const auto& each) { return each.second.expired(); });
    return watchers_.count(uri);
  }

private:
  std::multimap<std::string, std::weak_ptr<std::function<void()>>> watchers_;
};

/// Knows one task.
class far_tasks : public task_source {
public:
  void find(const std::string& name, std::function<void(std::optional<task_view>)> found) override {
    if (name != "job-1")
      return found(std::nullopt);
    task_view task;
    task.message = "far away";
    found(task);
  }
  void cancel(const std::string& name, std::function<void(bool)> done) override {
    done(name == "job-1");
  }
  std::shared_ptr<void> watch(const std::string&, std::function<void()>) override {
    return std::make_shared<int>(0);
  }
};

/// A server with a tool that says what it hears, and one whose calls stay open.
struct some_server {
  explicit some_server(endpoint_options options = {}, std::size_t more_tools = 0)
      : server(std::move(options), offered(more_tools)) {}

  offers offered(std::size_t more_tools) {
    offers all;
    all.tools = tools(more_tools);
    all.shelves.push_back(shelf);
    all.prompts = prompts();
    all.tasks = std::make_shared<far_tasks>();
    all.news = news;
    return all;
  }

  /// Something has changed there.
  void changed(const std::string& uri) { shelf->changed(uri); }
  std::size_t watched(const std::string& uri) { return shelf->watched(uri); }

  std::vector<tool> tools(std::size_t more) {
    json input{{"type", "object"},
               {"properties",
                {{"text", {{"type", "string"}}},
                 {"region", {{"type", "string"}, {"x-mcp-header", "Region"}}},
                 {"count", {{"type", "integer"}, {"x-mcp-header", "Count"}}}}},
               {"required", {"text"}}};
    json output{{"type", "object"}};
    tool echo{"echo",
              "Echo",
              "Says what it hears",
              input,
              output,
              {true, false, true, false, auth::scope::read},
              [](const auto& call) {
                json said{{"text", string_member(call->arguments(), "text")}};
                call->finish({to_text(said), {}, false});
              }};
    tool open{
        "open", "Open", "Ends when it is ended", output, output, {}, [this](const auto& call) {
          call->on_cancel([this] { ++cancelled; });
          calls.push_back(call);
        }};
    tool lazy{"lazy", "Lazy", "Never answers", output, output, {}, [](const auto&) {}};
    tool ask{"ask", "Ask", "Has to know who", input, output, {}, [](const auto& call) {
               if (!call->answer("who").is_object())
                 return call->need({{"who", "elicitation/create", {{"message", "Who?"}}}}, 1);
               json said{{"about", string_member(call->arguments(), "about")},
                         {"who", string_member(call->answer("who")["content"], "name")},
                         {"noted", call->state()}};
               call->finish({to_text(said), {}, false});
             }};
    ask.input_schema = output;
    tool longer{"long", "Long", "A task if possible", output, output, {}, [this](const auto& call) {
                  call->become_task();
                  call->on_cancel([this] { ++cancelled; });
                  calls.push_back(call);
                }};
    auto only_task = longer;
    only_task.name = "only-task";
    only_task.tasks = task_mode::required;
    tool long_ask{"long-ask", "Long", "Has questions", output, output, {}, [](const auto& call) {
                    if (call->state().is_null())
                      call->become_task();
                    std::vector<client_request> questions{{"one", "elicitation/create"},
                                                          {"two", "elicitation/create"}};
                    if (!call->answer("two").is_object())
                      return call->need(questions, 1);
                    call->finish({"{}", {}, false});
                  }};
    tool elsewhere{
        "elsewhere", "Elsewhere", "Goes on by itself", output, output, {}, [](const auto& call) {
          call->become_task_of("job-1");
        }};
    std::vector<tool> all{echo, open, lazy, ask, longer, only_task, long_ask, elsewhere};
    for (std::size_t i = 0; i < more; ++i) {
      all.push_back(echo);
      all.back().name = "echo-" + std::to_string(i);
    }
    return all;
  }

  std::vector<prompt> prompts() {
    return {{"greet",
             "Greet",
             "Greets somebody",
             {{"name", "Whom", true,
               [](const std::string& begun, const auto& found) { found({begun + "nn"}); }},
              {"how", "In which way", false, {}}},
             [](const auto& wish) {
               wish->finish("A greeting", json::array({user_says("Greet " + wish->text("name"))}));
             }}};
  }

  static net::http_request request(std::string method, std::string body = {}) {
    net::http_request made;
    made.method = std::move(method);
    made.target = "/mcp";
    made.body = std::move(body);
    if (made.method == "POST")
      made.headers = {{"content-type", "application/json"},
                      {"accept", "application/json, text/event-stream"}};
    return made;
  }

  asked post(const json& message,
             const std::vector<std::pair<std::string, std::string>>& headers = {}) {
    auto made = request("POST", to_text(message));
    made.headers.insert(made.headers.end(), headers.begin(), headers.end());
    return {server, made};
  }

  static json modern_meta() {
    return {{"io.modelcontextprotocol/protocolVersion", "2026-07-28"},
            {"io.modelcontextprotocol/clientCapabilities", json::object()}};
  }
  static json message(const std::string& method, json params = json::object(), json id = 1) {
    return {{"jsonrpc", "2.0"}, {"id", std::move(id)}, {"method", method}, {"params", params}};
  }

  /// A modern request with all that it needs.
  asked modern(const std::string& method, json params = json::object(),
               std::vector<std::pair<std::string, std::string>> more = {}) {
    auto meta = modern_meta();
    meta.update(params.value("_meta", json::object()));
    params["_meta"] = meta;
    more.emplace_back("mcp-protocol-version", "2026-07-28");
    more.emplace_back("mcp-method", method);
    for (const auto* each : {"name", "uri", "taskId"})
      if (params.contains(each) && params[each].is_string())
        more.emplace_back("mcp-name", params[each].get<std::string>());
    return post(message(method, params), more);
  }

  /// The id of a new session.
  std::string open_session(const std::string& version = "2025-11-25",
                           const json& capabilities = json::object()) {
    auto answer = post(message("initialize", {{"protocolVersion", version},
                                              {"capabilities", capabilities},
                                              {"clientInfo", {{"name", "t"}, {"version", "1"}}}}));
    CHECK(answer.status() == 200);
    return answer.header("Mcp-Session-Id");
  }
  asked legacy(const std::string& session, const std::string& method,
               const json& params = json::object(), const json& id = 1) {
    return post(message(method, params, id), {{"mcp-session-id", session}});
  }

  asked get(const std::string& session,
            const std::vector<std::pair<std::string, std::string>>& headers = {}) {
    auto made = request("GET");
    made.headers = headers;
    made.headers.emplace_back("accept", "text/event-stream");
    if (!session.empty())
      made.headers.emplace_back("mcp-session-id", session);
    return {server, made};
  }
  void end(const std::string& session) {
    auto made = request("DELETE");
    made.headers.emplace_back("mcp-session-id", session);
    CHECK(asked{server, made}.status() == 204);
  }
  /// That a stream has told.
  static std::vector<json> messages_of(asked& stream) {
    std::vector<json> messages;
    auto text = stream.pieces();
    for (std::size_t at = 0; (at = text.find("data: {", at)) != std::string::npos; at += 6)
      messages.push_back(json::parse(text.substr(at + 6, text.find('\n', at) - at - 6)));
    return messages;
  }

  std::shared_ptr<hub> news = std::make_shared<hub>();
  std::shared_ptr<some_shelf> shelf = std::make_shared<some_shelf>();
  std::vector<std::shared_ptr<tool_call>> calls;
  int cancelled = 0;
  endpoint server;
};

} // namespace mahavishnu::mcp::server::test
