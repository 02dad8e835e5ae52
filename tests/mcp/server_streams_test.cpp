// SPDX-License-Identifier: MIT
// What clients are told before the end of a request, beside it, and after their connection broke.
#include "mcp/server/event_id.hpp"
#include "mcp/server_support.hpp"

using namespace mahavishnu;
using namespace mahavishnu::mcp;
using namespace mahavishnu::mcp::server;
using namespace mahavishnu::mcp::server::test;
using namespace std::chrono_literals;

namespace {

/// The ids of the events in a stream.
std::vector<std::string> ids_of(const std::string& stream) {
  std::vector<std::string> ids;
  for (std::size_t at = 0; (at = stream.find("id: ", at)) != std::string::npos; at += 4)
    ids.push_back(stream.substr(at + 4, stream.find('\n', at) - at - 4));
  return ids;
}

std::string last_method(asked& stream) {
  auto all = some_server::messages_of(stream);
  return all.empty() ? "" : string_member(all.back(), "method");
}

} // namespace

TEST_CASE("ids of events are read as they are written, and in no other way") {
  for (const auto& each :
       {event_id{0, 0}, event_id{3, 17}, event_id{4294967295, 18446744073709551615u}})
    CHECK(parse_event_id(each.text()) == each);
  for (const auto* text : {"", "-", "1", "1-", "-1", "01-1", "1-01", "1-1 ", " 1-1", "+1-1", "1--1",
                           "4294967296-1", "1-18446744073709551616", "1-1-1", "a-b"})
    CHECK_FALSE(parse_event_id(text));
}

TEST_CASE("a client of a session whose connection breaks comes back for the rest of its stream") {
  some_server s;
  auto id = s.open_session();
  auto first =
      s.legacy(id, "tools/call", {{"name", "open"}, {"_meta", {{"progressToken", "p"}}}}, 7);
  s.calls[0]->progress(1, 3, "one");
  auto begun = first.pieces();
  REQUIRE(ids_of(begun) == std::vector<std::string>{"1-0", "1-1"}); // it begins empty
  first.go_away();
  s.calls[0]->progress(2, 3, "two");

  auto again = s.get(id, {{"last-event-id", "1-1"}});
  CHECK(again.status() == 200);
  CHECK(ids_of(again.pieces()) == std::vector<std::string>{"1-2"});
  s.calls[0]->finish({R"({"said":"all"})", {}, false});
  auto told = s.messages_of(again);
  REQUIRE(told.size() == 2);
  CHECK(told[1]["id"] == 7);
  CHECK(told[1]["result"]["structuredContent"] == json{{"said", "all"}});
  CHECK(again.has_ended());

  SECTION("also when the request has ended meanwhile") {
    auto late = s.get(id, {{"last-event-id", "1-0"}});
    CHECK(ids_of(late.pieces()) == std::vector<std::string>{"1-1", "1-2", "1-3"});
    CHECK(late.has_ended());
  }
  SECTION("and is refused what nobody has kept") {
    CHECK(s.get(id, {{"last-event-id", "9-0"}}).status() == 404);
    CHECK(s.get(id, {{"last-event-id", "1-99"}}).status() == 404);
    CHECK(s.get(id, {{"last-event-id", "nonsense"}}).status() == 400);
    auto other = s.open_session();
    CHECK(s.get(other, {{"last-event-id", "1-0"}}).status() == 404);
  }
}

TEST_CASE("a tool may send its client away, and what it says then waits") {
  some_server s;
  auto id = s.open_session();
  auto first = s.legacy(id, "tools/call", {{"name", "open"}}, 7);
  s.calls[0]->pause(500ms);
  CHECK(first.pieces().find("retry: 500") != std::string::npos);
  CHECK(first.has_ended());
  s.calls[0]->finish({"{}", {}, false});
  auto again = s.get(id, {{"last-event-id", "1-0"}});
  CHECK(s.messages_of(again).at(0)["id"] == 7);
}

TEST_CASE("clients of older versions get no event that is empty") {
  some_server s;
  auto id = s.open_session("2025-06-18");
  auto call = s.legacy(id, "tools/call", {{"name", "open"}, {"_meta", {{"progressToken", 1}}}});
  s.calls[0]->progress(1, {}, "");
  CHECK(ids_of(call.pieces()) == std::vector<std::string>{"1-0"});
  CHECK(s.messages_of(call).size() == 1);
}

TEST_CASE("a long stream forgets its beginning, and says so to those who ask for it") {
  some_server s;
  auto id = s.open_session();
  auto call = s.legacy(id, "tools/call", {{"name", "open"}, {"_meta", {{"progressToken", 1}}}});
  std::string text(2000, 'x');
  for (int i = 1; i <= 300; ++i)
    s.calls[0]->progress(i, {}, text);
  call.go_away();
  CHECK(s.get(id, {{"last-event-id", "1-0"}}).status() == 404);
  CHECK(s.get(id, {{"last-event-id", "1-299"}}).status() == 200);
}

TEST_CASE("a session listens with GET, once at a time") {
  some_server s;
  auto id = s.open_session();
  auto stream = s.get(id);
  CHECK(stream.status() == 200);
  CHECK(stream.is_stream());
  CHECK(s.get(id).status() == 409);
  s.news->list_changed(offer::tools);
  CHECK(last_method(stream) == "notifications/tools/list_changed");

  stream.go_away();
  s.news->list_changed(offer::prompts);
  auto again = s.get(id, {{"last-event-id", ids_of(stream.pieces()).back()}});
  CHECK(last_method(again) == "notifications/prompts/list_changed");
  s.end(id);
  CHECK(again.has_ended());

  CHECK(s.get("").status() == 405);
  CHECK(s.get("nobody").status() == 404);
}

TEST_CASE("a session hears of the resources that it follows, and of no other") {
  some_server s;
  auto id = s.open_session();
  auto stream = s.get(id);
  CHECK(s.legacy(id, "resources/subscribe", {{"uri", "test://one"}}).body()["result"].empty());
  s.changed("test://one");
  CHECK(last_method(stream) == "notifications/resources/updated");
  auto told = stream.pieces().size();
  s.changed("test://two");
  CHECK(stream.pieces().size() == told);
  CHECK(s.legacy(id, "resources/unsubscribe", {{"uri", "test://one"}}).status() == 200);
  s.changed("test://one");
  CHECK(stream.pieces().size() == told);
  CHECK(s.legacy(id, "resources/subscribe", {{"uri", "other://x"}}).error_code() == -32002);
}

TEST_CASE("a modern client is told what it will hear, and hears that") {
  some_server s;
  auto stream = s.modern("subscriptions/listen",
                         {{"notifications",
                           {{"toolsListChanged", true},
                            {"resourceSubscriptions", {"test://one", "other://nothing"}}}}});
  auto all = s.messages_of(stream);
  REQUIRE(all.size() == 1);
  CHECK(all[0]["method"] == "notifications/subscriptions/acknowledged");
  CHECK(all[0]["params"]["notifications"] ==
        json{{"toolsListChanged", true}, {"resourceSubscriptions", {"test://one"}}});
  CHECK(all[0]["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"] == 1);

  s.news->list_changed(offer::prompts);
  s.changed("test://two");
  CHECK(s.messages_of(stream).size() == 1);
  s.changed("test://one");
  s.news->list_changed(offer::tools);
  all = s.messages_of(stream);
  REQUIRE(all.size() == 3);
  CHECK(all[1]["params"]["uri"] == "test://one");
  CHECK(all[2]["method"] == "notifications/tools/list_changed");

  SECTION("until the server ends") {
    stream.stop();
    all = s.messages_of(stream);
    CHECK(all.back()["result"]["resultType"] == "complete");
    CHECK(all.back()["result"]["_meta"]["io.modelcontextprotocol/subscriptionId"] == 1);
    CHECK(stream.has_ended());
  }
  SECTION("or until it goes, and then nobody watches for it") {
    stream.go_away();
    CHECK(s.watched("test://one") == 0);
  }
}

TEST_CASE("what is asked of the news has to make sense") {
  some_server s;
  CHECK(s.modern("subscriptions/listen").error_code() == -32602);
  CHECK(s.modern("subscriptions/listen", {{"notifications", {{"toolsListChanged", "yes"}}}})
            .error_code() == -32602);
  CHECK(s.modern("subscriptions/listen", {{"notifications", {{"taskIds", {1}}}}}).error_code() ==
        -32602);
  CHECK(s.modern("subscriptions/listen", {{"notifications", {{"taskIds", {"x"}}}}}).error_code() ==
        -32021);
}

TEST_CASE("a client gets the log that it wants") {
  some_server s;
  SECTION("a session says so once") {
    auto id = s.open_session();
    auto silent = s.legacy(id, "tools/call", {{"name", "open"}}, 1);
    s.calls[0]->log(log_level::emergency, "x", "nobody has asked");
    CHECK_FALSE(silent.is_stream());
    CHECK(s.legacy(id, "logging/setLevel", {{"level", "loud"}}, 2).error_code() == -32602);
    CHECK(s.legacy(id, "logging/setLevel", {{"level", "warning"}}, 3).status() == 200);
    auto call = s.legacy(id, "tools/call", {{"name", "open"}}, 4);
    s.calls[1]->log(log_level::info, "x", "too little");
    CHECK_FALSE(call.is_stream());
    s.calls[1]->log(log_level::error, "x", {{"much", true}});
    CHECK(s.messages_of(call).at(0)["params"] ==
          json{{"level", "error"}, {"logger", "x"}, {"data", {{"much", true}}}});
  }
  SECTION("a modern client says so with each request") {
    json params{{"name", "open"}};
    s.modern("tools/call", params);
    s.calls[0]->log(log_level::emergency, "x", "nobody has asked");
    params["_meta"]["io.modelcontextprotocol/logLevel"] = "debug";
    auto call = s.modern("tools/call", params);
    s.calls[1]->log(log_level::debug, "x", "said");
    CHECK(last_method(call) == "notifications/message");
  }
}
