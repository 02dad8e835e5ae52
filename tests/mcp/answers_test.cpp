// SPDX-License-Identifier: MIT
#include "mcp/client/answer.hpp"
#include "mcp/client/call_errors.hpp"
#include "mcp/client/tool.hpp"
#include "support/catch.hpp"

using namespace mahavishnu;
using namespace mahavishnu::mcp;

namespace mahavishnu::mcp {

static std::ostream& operator<<(std::ostream& out, const tool_result& result) {
  return out << result.text();
}
static std::ostream& operator<<(std::ostream& out, const tool_page& page) {
  return out << page.tools.size() << " tools";
}

} // namespace mahavishnu::mcp

namespace {

message read(const char* text) {
  return classify(json::parse(text));
}

message_kind kind_of(const char* text) {
  return read(text).kind;
}

result<tool_result> tool_result_from(const char* text) {
  return read_tool_result(json::parse(text));
}

result<tool_page> page_from(const char* text) {
  return read_tool_page(json::parse(text));
}

} // namespace

TEST_CASE("a message is told by its members") {
  CHECK(kind_of(R"({"jsonrpc":"2.0","id":1,"result":{}})") == message_kind::result);
  CHECK(kind_of(R"({"jsonrpc":"2.0","id":"a","method":"ping"})") == message_kind::request);
  CHECK(kind_of(R"({"jsonrpc":"2.0","method":"a","params":{}})") == message_kind::notification);
  CHECK(kind_of(R"({"jsonrpc":"2.0","id":null,"error":{"code":-1}})") == message_kind::error);
  auto error =
      read(R"({"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"no","data":[1]}})");
  CHECK(error.id == 3);
  CHECK(error.code == -32602);
  CHECK(error.text == "no");
  CHECK(error.body == json::array({1}));
}

TEST_CASE("what is no JSON-RPC is nonsense and nothing worse") {
  for (const auto* text :
       {"1", "null", "[]", "{}", R"("text")", R"({"jsonrpc":"1.0","id":1,"result":{}})",
        R"({"jsonrpc":2.0,"id":1,"result":{}})", R"({"jsonrpc":"2.0"})",
        R"({"jsonrpc":"2.0","id":1,"result":7})", R"({"jsonrpc":"2.0","id":1,"result":null})",
        R"({"jsonrpc":"2.0","result":{}})", R"({"jsonrpc":"2.0","id":{},"result":{}})",
        R"({"jsonrpc":"2.0","id":1,"method":7})", R"({"jsonrpc":"2.0","id":1,"error":"no"})",
        R"({"jsonrpc":"2.0","id":1,"error":{}})",
        R"({"jsonrpc":"2.0","id":1,"error":{"code":"x"}})",
        R"({"jsonrpc":"2.0","id":1,"error":{"code":99999999999}})"})
    CHECK(kind_of(text) == message_kind::nonsense);
}

TEST_CASE("progress counts only for its token, and with numbers") {
  auto from = [](const char* text) { return read_progress(json::parse(text), json(7)); };
  CHECK(from(R"({"progressToken":7,"progress":1.5,"total":3,"message":"a"})") ==
        progress{1.5, 3, "a"});
  CHECK(from(R"({"progressToken":7,"progress":2})") == progress{2, std::nullopt, ""});
  CHECK_FALSE(from(R"({"progressToken":8,"progress":2})"));
  CHECK_FALSE(from(R"({"progressToken":"7","progress":2})"));
  CHECK_FALSE(from(R"({"progressToken":7})"));
  CHECK_FALSE(from(R"({"progressToken":7,"progress":"half"})"));
  CHECK_FALSE(from("[]"));
}

TEST_CASE("a log has a level, a logger and any data") {
  auto log = read_log(json::parse(R"({"level":"info","logger":"db","data":{"rows":1}})"));
  CHECK(log.level == "info");
  CHECK(log.logger == "db");
  CHECK(log.text == R"({"rows":1})");
  CHECK(read_log(json::parse(R"({"data":"text"})")).text == "text");
  CHECK(read_log(json("x")).text.empty());
  CHECK(read_log(json{{"data", std::string(100'000, 'x')}}).text.size() <= 4096);
}

TEST_CASE("the result of a tool has content, and may have structure") {
  auto full = tool_result_from(R"({"content":[{"type":"text","text":"a"},{"type":"image","data":""},
    {"type":"text","text":"b"}],"structuredContent":[1,2],"isError":true})");
  REQUIRE(full);
  CHECK(full->text() == "a\nb");
  CHECK(full->is_error);
  CHECK(*full->structured == json::array({1, 2}));
  auto empty = tool_result_from("{}");
  REQUIRE(empty);
  CHECK(empty->content.empty());
  CHECK_FALSE(empty->structured);
  CHECK(tool_result_from(R"({"resultType":"complete","content":[]})"));
  CHECK(tool_result_from(R"({"structuredContent":null})")->structured);
}

TEST_CASE("a result of a tool that breaks its shape is refused") {
  for (const auto* text :
       {R"({"content":"text"})", R"({"content":["text"]})", R"({"content":[{"text":"a"}]})",
        R"({"isError":"yes"})", R"({"resultType":"other"})", R"({"resultType":7})"}) {
    auto refused = tool_result_from(text);
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == errc::incompatible);
    CHECK_THAT(refused.error().message, ContainsSubstring("; look for a newer version"));
  }
}

TEST_CASE("a result that asks for more, or makes a task of it, is said to be unsupported") {
  auto input = tool_result_from(R"({"resultType":"input_required","inputRequests":{}})");
  REQUIRE(input.has_error());
  CHECK(input.error().code == errc::unsupported);
  CHECK_THAT(input.error().message, ContainsSubstring("further input"));
  auto task = tool_result_from(R"({"resultType":"task","taskId":"t"})");
  REQUIRE(task.has_error());
  CHECK(task.error().code == errc::unsupported);
}

TEST_CASE("a page of tools has names, and a cursor when there are more") {
  auto page = page_from(R"({"tools":[{"name":"a","title":"A","description":"d",
    "inputSchema":{"type":"object"},"annotations":{"readOnlyHint":true}}],"nextCursor":""})");
  REQUIRE(page);
  REQUIRE(page->tools.size() == 1);
  CHECK(page->tools[0].title == "A");
  CHECK(page->tools[0].input_schema == json{{"type", "object"}});
  CHECK(page->tools[0].output_schema.is_null());
  CHECK(page->next_cursor == ""); // an empty cursor is one
  CHECK_FALSE(page_from(R"({"tools":[]})")->next_cursor);
  for (const auto* text : {"{}", R"({"tools":{}})", R"({"tools":[1]})", R"({"tools":[{}]})",
                           R"({"tools":[{"name":1}]})", R"({"tools":[],"nextCursor":1})"})
    CHECK(page_from(text).has_error());
}

TEST_CASE("what a server says is quoted in one line of bounded length") {
  call_label label{"the call of 'a'", "http://b/"};
  message no;
  no.code = -32602;
  no.text = "line\nbreak \x1b[31m" + std::string(10'000, 'x');
  auto refused = explain_refusal(label, no);
  CHECK(refused.code == errc::invalid_argument);
  CHECK(refused.rpc_code == -32602);
  CHECK_THAT(refused.message, ContainsSubstring("the call of 'a' at http://b/") &&
                                  ContainsSubstring("line break  [31m"));
  CHECK(refused.message.size() < 600);
  CHECK(explain_status(label, 500,
                       "a\xFF"
                       "b")
            .message.find('\xFF') == std::string::npos);
}

TEST_CASE("a status says whether asking again, or with a token, can help") {
  call_label label{"a", "http://b/"};
  CHECK(explain_status(label, 401, "").code == errc::unauthorized);
  CHECK(explain_status(label, 403, "").code == errc::unauthorized);
  CHECK(explain_status(label, 404, "").code == errc::incompatible);
  CHECK(explain_status(label, 503, "").code == errc::io_failed);
  CHECK(explain_status(label, 302, "").code == errc::incompatible);
  CHECK(explain_status(label, 500, "").code == errc::io_failed);
  CHECK(explain_status(label, 418, "").code == errc::incompatible);
}
