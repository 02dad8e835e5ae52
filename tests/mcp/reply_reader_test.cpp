// SPDX-License-Identifier: MIT
#include "mcp/client/reply_reader.hpp"
#include "support/catch.hpp"

using namespace mahavishnu;
using namespace mahavishnu::mcp;

namespace {

constexpr std::string_view answer = R"({"jsonrpc":"2.0","id":1,"result":{}})";

net::answer_head head_of(std::string type, unsigned status = 200) {
  return {status, {{"content-type", std::move(type)}}};
}

struct reading {
  std::vector<message> messages;
  std::optional<std::string> violation;
};

reading read(std::string type, std::string_view body, reply_limits limits = {},
             std::size_t step = 7) {
  reading found;
  reply_reader reader{limits, head_of(std::move(type))};
  auto take = [&](message one) { found.messages.push_back(std::move(one)); };
  for (std::size_t at = 0; at < body.size(); at += step)
    reader.feed(body.substr(at, step), take);
  reader.finish(take);
  found.violation = reader.violation();
  return found;
}

std::string event(std::string_view data) {
  return "event: message\ndata: " + std::string(data) + "\n\n";
}

} // namespace

TEST_CASE("one text is one message, whatever the media type has after it") {
  for (const auto* type : {"application/json", "Application/JSON; charset=utf-8"}) {
    auto found = read(type, answer);
    REQUIRE(found.messages.size() == 1);
    CHECK(found.messages[0].id == 1);
    CHECK(found.messages[0].bytes == answer.size());
    CHECK_FALSE(found.violation);
  }
}

TEST_CASE("a stream has a message in each event, and other events say nothing") {
  auto found = read("text/event-stream",
                    ": ping\n\nid: 1\ndata:\n\n" +
                        event(R"({"jsonrpc":"2.0","method":"notifications/progress"})") +
                        "event: other\ndata: no json\n\n" + event(answer));
  REQUIRE(found.messages.size() == 2);
  CHECK(found.messages[0].kind == message_kind::notification);
  CHECK(found.messages[1].kind == message_kind::result);
  CHECK_FALSE(found.violation);
}

TEST_CASE("text that is no JSON, or nests without end, is a violation") {
  CHECK(read("application/json", "<html>").violation == "is no valid JSON");
  CHECK(read("application/json", R"({"a":)").violation == "is no valid JSON");
  CHECK(read("application/json", "\"\xFF\"").violation == "is no valid JSON");
  CHECK(read("text/event-stream", event("{")).violation == "is no valid JSON");
  CHECK_THAT(*read("application/json", std::string(65, '[') + std::string(65, ']')).violation,
             ContainsSubstring("64 arrays"));
  CHECK_THAT(*read("application/json", std::string(100'000, '[')).violation,
             ContainsSubstring("64 arrays"));
  CHECK_FALSE(
      read("application/json", R"(["[[[[[\"[[[["])", {.depth = 1, .batches = true}).violation);
}

TEST_CASE("a message over the limit is a violation, in both forms") {
  reply_limits limits;
  limits.message_bytes = 100;
  auto large = '"' + std::string(101, 'x') + '"';
  CHECK_THAT(*read("application/json", large, limits).violation, ContainsSubstring("100 bytes"));
  CHECK_THAT(*read("text/event-stream", event(large), limits).violation,
             ContainsSubstring("100 bytes"));
  auto many = std::string{};
  for (int i = 0; i < 100; ++i)
    many += event(answer);
  CHECK(read("text/event-stream", many, limits).messages.size() == 100);
}

TEST_CASE("several messages in one are taken only where the version has that") {
  auto batch = '[' + std::string(answer) + ',' + std::string(answer) + ']';
  for (const auto& [type, body] :
       {std::pair{"application/json", batch}, std::pair{"text/event-stream", event(batch)}}) {
    auto refused = read(type, body);
    CHECK(refused.violation == "has several messages in one");
    CHECK(refused.messages.empty());
    CHECK(read(type, body, {.batches = true}).messages.size() == 2);
  }
}

TEST_CASE("what is neither form is kept as far as it helps to understand it") {
  reply_reader reader{{}, head_of("text/html", 502)};
  auto take = [](const message&) { FAIL("there is no message"); };
  for (int i = 0; i < 1000; ++i)
    reader.feed("<html>Bad Gateway</html>", take);
  reader.finish(take);
  CHECK(reader.excerpt().starts_with("<html>Bad Gateway"));
  CHECK(reader.excerpt().size() == 1000);
  CHECK(reader.status() == 502);
  CHECK_FALSE(reader.is_stream());
}

TEST_CASE("a stream says where to go on, and when") {
  reply_reader reader{{}, head_of("text/event-stream")};
  reader.feed("id: e1\nretry: 20\ndata:\n\n", [](const message&) {});
  CHECK(reader.is_stream());
  CHECK(reader.last_event_id() == "e1");
  CHECK(reader.retry() == std::chrono::milliseconds{20});
}
