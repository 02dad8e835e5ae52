// SPDX-License-Identifier: MIT
// What is decided about companions, without servers.
#include "base/text.hpp"
#include "mcp/companions/akosha.hpp"
#include "mcp/companions/bounded_item.hpp"
#include "mcp/companions/embeddings.hpp"
#include "mcp/companions/send_meaning.hpp"
#include "mcp/companions/session_buddy.hpp"
#include "support/catch.hpp"

#include <random>

using namespace mahavishnu;
using namespace mahavishnu::mcp;

namespace {

tool tool_named(std::string name, std::vector<std::string> parameters,
                std::vector<std::string> required = {}) {
  tool made;
  made.name = std::move(name);
  made.input_schema = {{"type", "object"}, {"properties", json::object()}};
  for (const auto& parameter : parameters)
    made.input_schema["properties"][parameter] = json::object();
  if (!required.empty())
    made.input_schema["required"] = required;
  return made;
}

const tool store_conversation =
    tool_named("store_conversation", {"content", "project", "metadata"}, {"content"});
const tool store_reflection = tool_named("store_reflection", {"content", "tags"}, {"content"});
const tool old_store_memory =
    tool_named("store_memory", {"content", "metadata"}, {"content", "metadata"});

const tool embed_many = tool_named("generate_batch_embeddings", {"texts", "batch_size"}, {"texts"});
const tool embed_one = tool_named("generate_embedding", {"text"}, {"text"});
const tool store_many = tool_named("batch_store_memories", {"memories"}, {"memories"});
const tool store_one = tool_named("store_memory", {"memory_id", "text", "embedding", "metadata"},
                                  {"memory_id", "text"});

const memory_item item{"task_1",
                       "said something",
                       {{"type", "task"},
                        {"pool_name", "build"},
                        {"status", "completed"},
                        {"timestamp", "2026-11-21T08:00:00.000Z"},
                        {"tags", {"a", "b"}}}};

memory_item plain_item(const std::string& id) {
  return {id, "content of " + id, json::object()};
}

std::string choice_of_session_buddy(const std::vector<tool>& tools) {
  auto chosen = session_buddy_way::choose(tools, "mahavishnu");
  return chosen ? (*chosen)->tools().front() : chosen.error().message;
}

planned_call call_for(const tool& only) {
  auto chosen = session_buddy_way::choose({only}, "mahavishnu");
  REQUIRE(chosen);
  return (*chosen)->begin({item})->next();
}

std::shared_ptr<const way> akosha_with(const std::vector<tool>& tools, std::size_t size = 3) {
  auto chosen = akosha_way::choose(tools, {"mahavishnu", size});
  REQUIRE(chosen);
  return *chosen;
}

tool_result says(const std::string& text, bool is_error = false) {
  tool_result answer;
  answer.is_error = is_error;
  answer.content = {{{"type", "text"}, {"text", text}}};
  return answer;
}

tool_result gives(const json& structured) {
  tool_result answer;
  answer.structured = structured;
  return answer;
}

/// A delivery of these items that has its embeddings already.
std::unique_ptr<delivery> embedded(const std::vector<std::string>& ids) {
  auto how = akosha_with({embed_many, store_many});
  std::vector<memory_item> items;
  auto embeddings = json::array();
  for (const auto& id : ids) {
    items.push_back(plain_item(id));
    embeddings.push_back({1, 2, 3});
  }
  auto work = how->begin(items);
  REQUIRE(work->take(gives(json{{"embeddings", embeddings}})).what == verdict::kind::go_on);
  return work;
}

std::vector<send_outcome> outcomes_of(const verdict& seen) {
  REQUIRE(seen.what == verdict::kind::ended);
  std::vector<send_outcome> outcomes;
  for (const auto& one : seen.outcomes)
    outcomes.push_back(one.outcome);
  return outcomes;
}

constexpr auto sent = send_outcome::sent;
constexpr auto refused = send_outcome::refused;
constexpr auto failed = send_outcome::failed;

} // namespace

// -- items --------------------------------------------------------------------

TEST_CASE("content that is too long is cut between characters, and says so") {
  auto cut = bounded({"t",
                      "abc\xC3\xA9"
                      "def",
                      {}},
                     4);
  CHECK(cut.content == "abc");
  CHECK(cut.metadata == json{{"truncated", true}, {"original_bytes", 8}});
  auto whole = bounded({"t", "abc\xC3\xA9", json::object()}, 5);
  CHECK(whole.content == "abc\xC3\xA9");
  CHECK(whole.metadata == json::object());
}

TEST_CASE("what is no UTF-8 is replaced") {
  CHECK(valid_utf8("a\xFF"
                   "b\xC3") == "a\xEF\xBF\xBD"
                               "b\xEF\xBF\xBD");
  auto item = bounded({"t", "\xFFok", {{"title", "\xFE"}, {"tags", {"\xC3", 7, ""}}}}, 100);
  CHECK(item.content == "\xEF\xBF\xBDok");
  CHECK(item.metadata == json{{"title", "\xEF\xBF\xBD"}, {"tags", {"\xEF\xBF\xBD"}}});
}

TEST_CASE("whatever bytes there are, what is sent is bounded and valid") {
  std::mt19937 random{test::seed()};
  for (int round = 0; round < 2000; ++round) {
    std::string bytes(random() % 40, '\0');
    for (auto& byte : bytes)
      byte = static_cast<char>(random() % 3 ? 0x80 + random() % 0x80 : random() % 0x80);
    auto most = 1 + random() % 40;
    auto item = bounded({"t", bytes, json::object()}, most);
    REQUIRE(item.content.size() <= most);
    REQUIRE_FALSE(first_invalid_utf8(item.content));
    auto is_whole = item.content == valid_utf8(bytes);
    REQUIRE(item.metadata.contains("truncated") == !is_whole);
    REQUIRE(valid_utf8(bytes).starts_with(item.content));
  }
}

TEST_CASE("metadata are bounded, and what is ours is kept") {
  auto metadata = json{{"status", "completed"}, {"other", std::string(5000, 'x')}, {"tags", {"a"}}};
  auto short_enough = bounded({"t", "c", metadata}, 10).metadata;
  CHECK(short_enough["other"] == std::string(1024, 'x'));
  metadata["many"] = std::vector<std::string>(1000, std::string(100, 'y'));
  CHECK(bounded({"t", "c", metadata}, 10).metadata ==
        json{{"status", "completed"}, {"tags", {"a"}}, {"metadata_truncated", true}});
  CHECK(bounded({"t", "c", json::array({1})}, 10).metadata == json::object());
  CHECK(bounded({"t", "c", nullptr}, 10).metadata == json::object());
}

// -- Session-Buddy ------------------------------------------------------------

TEST_CASE("the best of the tools of a Session-Buddy is chosen") {
  CHECK(choice_of_session_buddy({old_store_memory, store_reflection, store_conversation}) ==
        "store_conversation");
  CHECK(choice_of_session_buddy({old_store_memory, store_reflection}) == "store_reflection");
  CHECK(choice_of_session_buddy({old_store_memory}) == "store_memory");
  auto without_metadata = tool_named("store_conversation", {"content", "project"}, {"content"});
  CHECK(choice_of_session_buddy({without_metadata, store_reflection}) == "store_reflection");
}

TEST_CASE("a Session-Buddy that cannot store says what was looked for, and what to do") {
  auto demanding =
      tool_named("store_conversation", {"content", "role", "metadata"}, {"content", "role"});
  CHECK_THAT(choice_of_session_buddy({demanding, store_one}),
             ContainsSubstring("store_conversation(content, metadata) (there is one, but it "
                               "demands 'role')") &&
                 ContainsSubstring("store_reflection(content)") &&
                 ContainsSubstring("store_memory(content, metadata) (there is one, but it takes no "
                                   "'content')") &&
                 ContainsSubstring("correct the URL, or update Session-Buddy"));
  tool shapeless;
  shapeless.name = "store_reflection";
  for (const auto& schema : {json{}, json("text"), json{{"properties", 7}, {"required", "x"}}}) {
    shapeless.input_schema = schema;
    CHECK_THAT(choice_of_session_buddy({shapeless}), ContainsSubstring("takes no 'content'"));
  }
}

TEST_CASE("only parameters that a tool has are given") {
  auto conversation = call_for(store_conversation);
  CHECK(conversation.is_repeatable);
  CHECK(conversation.arguments.size() == 3);
  CHECK(conversation.arguments["content"] == "said something\n\n[mahavishnu task task_1]");
  CHECK(conversation.arguments["project"] == "mahavishnu");
  CHECK(conversation.arguments["metadata"]["task_id"] == "task_1");
  CHECK(conversation.arguments["metadata"]["pool_name"] == "build");

  auto reflection = call_for(store_reflection);
  CHECK_FALSE(reflection.is_repeatable);
  CHECK(reflection.arguments ==
        json{{"content", "said something\n\n[mahavishnu task task_1]"},
             {"tags", {"mahavishnu", "task", "build", "completed", "a", "b"}}});
  CHECK(call_for(tool_named("store_reflection", {"content"})).arguments.size() == 1);
  CHECK(call_for(old_store_memory).arguments.size() == 2);
}

TEST_CASE("a Session-Buddy that fails in words has failed") {
  auto outcome = [](const tool_result& answer) {
    auto chosen = session_buddy_way::choose({store_conversation}, "mahavishnu");
    auto seen = (*chosen)->begin({item})->take(answer);
    REQUIRE(seen.outcomes.size() == 1);
    CHECK(seen.outcomes.front().id == "task_1");
    return seen.outcomes.front().outcome;
  };
  CHECK(outcome(says("\xE2\x9C\x85 Conversation stored successfully!")) == sent);
  CHECK(outcome(says("Stored: Error in \xE2\x9D\x8C the text")) == sent);
  CHECK(outcome(says("")) == sent);
  CHECK(outcome(gives(json{{"result", "stored"}})) == sent);
  CHECK(outcome(says("\xE2\x9D\x8C Failed to store conversation: disk full")) == failed);
  CHECK(outcome(says("\xE2\x9D\x8C")) == failed);
  CHECK(outcome(says("Error storing reflection: locked")) == failed);
  CHECK(outcome(says("Reflection tools not available. Install dependencies")) == failed);
  CHECK(outcome(gives(json{{"success", false}, {"error", "locked"}})) == failed);
  CHECK(outcome(says(R"({"status": "failed"})")) == failed);
  CHECK(outcome(says("\xE2\x9D\x8C Content too short (minimum 10 characters)")) == refused);
  CHECK(outcome(says("\xE2\x9D\x8C Validation error: x - y")) == refused);
  CHECK(outcome(says("the database is locked", true)) == failed);
  CHECK(outcome(says("MCP error -32602: Input validation error: Invalid arguments", true)) ==
        refused);
  CHECK(outcome(says("Memory guard blocked write: rule=x", true)) == refused);
}

// -- Akosha -------------------------------------------------------------------

TEST_CASE("the tools of an Akosha are chosen, with or without its prefix") {
  CHECK(akosha_with({embed_one, embed_many, store_one, store_many})->tools() ==
        std::vector<std::string>{"generate_batch_embeddings", "batch_store_memories"});
  CHECK(akosha_with({embed_one, embed_many, store_one, store_many})->most_items() == 20);
  CHECK(akosha_with({embed_one, store_many})->most_items() == 1);
  CHECK(akosha_with({embed_many, store_one})->most_items() == 1);
  auto prefixed = store_many;
  prefixed.name = "akosha_batch_store_memories";
  CHECK(akosha_with({embed_one, prefixed, store_one})->tools() ==
        std::vector<std::string>{"generate_embedding", "akosha_batch_store_memories"});

  auto no_embeddings = akosha_way::choose({store_one, store_many}, {"mahavishnu", 384});
  REQUIRE(no_embeddings.has_error());
  CHECK_THAT(no_embeddings.error().message, ContainsSubstring("generate_batch_embeddings(texts)") &&
                                                ContainsSubstring("generate_embedding(text)"));
  auto no_store = akosha_way::choose({embed_one, old_store_memory}, {"mahavishnu", 384});
  REQUIRE(no_store.has_error());
  CHECK_THAT(no_store.error().message, ContainsSubstring("batch_store_memories(memories)") &&
                                           ContainsSubstring("it takes no 'memory_id'"));
}

TEST_CASE("memories have the shape that Akosha knows, or the one that its schema names") {
  auto work = akosha_with({embed_many, store_many})->begin({item});
  CHECK(work->next().arguments == json{{"texts", {"said something"}}});
  CHECK_FALSE(work->next().stores);
  work->take(gives(json{{"embeddings", {{1, 2, 3}}}}));
  auto memory = work->next().arguments["memories"][0];
  CHECK(memory["memory_id"] == "task_1");
  CHECK(memory["text"] == "said something");
  CHECK(memory["embedding"] == json{1, 2, 3});
  CHECK(memory["metadata"]["source"] == "mahavishnu");
  CHECK(memory["metadata"]["original_id"] == "task_1");
  CHECK(memory["metadata"]["created_at"] == "2026-11-21T08:00:00.000Z");
  CHECK(memory["metadata"]["type"] == "task");

  auto narrow = store_many;
  narrow.input_schema["properties"]["memories"] = {
      {"items", {{"properties", {{"memory_id", {}}, {"text", {}}}}}}};
  work = akosha_with({embed_many, narrow})->begin({item});
  work->take(gives(json{{"embeddings", {{1, 2, 3}}}}));
  CHECK(work->next().arguments["memories"] ==
        json::array({{{"memory_id", "task_1"}, {"text", "said something"}}}));

  work = akosha_with({embed_one, tool_named("store_memory", {"memory_id", "text", "embedding"})})
             ->begin({item});
  CHECK(work->next().arguments == json{{"text", "said something"}});
  work->take(gives(json{{"embedding", {1, 2, 3}}}));
  CHECK(work->next().arguments ==
        json{{"memory_id", "task_1"}, {"text", "said something"}, {"embedding", {1, 2, 3}}});
}

TEST_CASE("a batch that is stored in part says so for each memory") {
  auto partial = json{{"status", "partial"},
                      {"stored", 1},
                      {"failed", 3},
                      {"errors",
                       {{{"memory_id", "b"}, {"error", "the store is locked"}},
                        {{"memory_id", "c"}, {"error", "Invalid text: no"}},
                        {{"memory_id", "d"}, {"error", "Duplicate key \"d\" violates it"}}}}};
  CHECK(outcomes_of(embedded({"a", "b", "c", "d"})->take(gives(partial))) ==
        std::vector{sent, failed, refused, sent});
  partial["failed"] = 4;
  CHECK(outcomes_of(embedded({"a", "b", "c", "d"})->take(gives(partial))) ==
        std::vector{failed, failed, refused, sent});
  CHECK(outcomes_of(embedded({"a", "b"})->take(gives(json{{"status", "completed"}}))) ==
        std::vector{sent, sent});
  CHECK(outcomes_of(embedded({"a", "b"})->take(says("done"))) == std::vector{sent, sent});
}

TEST_CASE("a batch that fails as a whole is tried one by one, and one of one has failed") {
  for (const auto& answer :
       {says("locked", true), gives(json{{"status", "failed"}, {"error", "locked"}})}) {
    CHECK(embedded({"a", "b"})->take(answer).what == verdict::kind::one_by_one);
    CHECK(outcomes_of(embedded({"a"})->take(answer)) == std::vector{failed});
  }
  CHECK(outcomes_of(embedded({"a"})->take(says("Duplicate key a", true))) == std::vector{sent});
  auto work = akosha_with({embed_many, store_many})->begin({plain_item("a"), plain_item("b")});
  CHECK(work->take(says("out of memory", true)).what == verdict::kind::one_by_one);
}

TEST_CASE("Akosha is told counts only where it wants them") {
  auto report = akosha_with({embed_one, store_one})->report({1, 2, "now"});
  CHECK_FALSE(report);
  auto wanting = tool_named("aggregate_metrics", {"pools_count", "memory_items_count"});
  report = akosha_with({embed_one, store_one, wanting})->report({1, 2, "now"});
  REQUIRE(report);
  CHECK(report->arguments == json{{"pools_count", 1}, {"memory_items_count", 2}});
}

// -- embeddings ---------------------------------------------------------------

TEST_CASE("embeddings are found in all the shapes in which servers give them") {
  auto one = json{1, 2.5, -3};
  auto two = json{4, 5, 6};
  for (const auto& shape :
       {json{{"embeddings", {one, two}}, {"count", 2}}, json::array({one, two}),
        json{{"embeddings", {{{"embedding", one}}, {{"embedding", two}}}}},
        json{{"result", {one, two}}}, json{{"result", {{"embeddings", {one, two}}}}}}) {
    INFO(shape);
    CHECK(read_embeddings(gives(shape), 2, 3).value() == std::vector{one, two});
    CHECK(read_embeddings(says(shape.dump()), 2, 3).value() == std::vector{one, two});
  }
  for (const auto& shape : {json{{"embedding", one}}, json{{"embeddings", {one}}}, one,
                            json::array({one}), json{{"result", one}}}) {
    INFO(shape);
    CHECK(read_embeddings(gives(shape), 1, 3).value() == std::vector{one});
    CHECK(read_embeddings(says(shape.dump()), 1, 3).value() == std::vector{one});
  }
}

TEST_CASE("what is no embedding of the right size is none") {
  auto problem = [](const tool_result& answer, std::size_t texts = 1) {
    auto read = read_embeddings(answer, texts, 3);
    return read ? "none" : read.error().message;
  };
  CHECK_THAT(problem(says("no json")), ContainsSubstring("no JSON"));
  CHECK_THAT(problem(says("7")), ContainsSubstring("no JSON"));
  CHECK_THAT(problem(gives(json{{"vectors", {1, 2, 3}}})), ContainsSubstring("without an array"));
  CHECK_THAT(problem(gives(json{{"embedding", {1, 2}}})), ContainsSubstring("2 numbers instead"));
  CHECK_THAT(problem(gives(json{{"embedding", {1, "2", 3}}})), ContainsSubstring("no array of"));
  CHECK_THAT(problem(gives(json{{"embedding", nullptr}})), ContainsSubstring("no array of"));
  CHECK_THAT(problem(gives(json{{"embeddings", {{1, 2, 3}}}}), 2),
             ContainsSubstring("1 embeddings instead of 2"));
  CHECK_THAT(problem(gives(json{{"embeddings", json::array()}})),
             ContainsSubstring("0 embeddings instead of 1"));
  CHECK_THAT(problem(says("[1, 2, 1e999]")), ContainsSubstring("no JSON"));
}

TEST_CASE("what is embedded is short and without the characters that are refused") {
  CHECK(text_to_embed(std::string("a\0b", 3)) == "a b");
  CHECK(text_to_embed(std::string(9000, 'x')).size() == 8000);
  CHECK(text_to_embed(std::string(7999, 'x') + "\xC3\xA9").size() == 7999);
}

// -- failures -----------------------------------------------------------------

TEST_CASE("a failure concerns all that wait, unless it is about the item") {
  auto with_code = [](errc code, int rpc_code, const std::string& text = "no") {
    failure reason{code, text};
    reason.rpc_code = rpc_code;
    return meaning_of(reason, "store_memory");
  };
  auto with_status = [](errc code, unsigned status) {
    failure reason{code, "no"};
    reason.http_status = status;
    return meaning_of(reason, "store_memory");
  };
  auto plain = [](errc code) { return meaning_of({code, "no"}, "store_memory"); };

  CHECK(with_code(errc::invalid_argument, -32602).is_refusal);
  CHECK_FALSE(with_code(errc::invalid_argument, -32602).concerns_all);
  auto gone = with_code(errc::invalid_argument, -32602, "Tool store_memory not found");
  CHECK(gone.concerns_all);
  CHECK_FALSE(gone.is_refusal);
  CHECK(with_code(errc::unsupported, -32601).concerns_all);
  CHECK_FALSE(with_code(errc::io_failed, -32603).concerns_all);
  CHECK_FALSE(with_code(errc::io_failed, -32603).is_refusal);

  CHECK(with_status(errc::incompatible, 413).is_refusal);
  CHECK_FALSE(with_status(errc::incompatible, 413).concerns_all);
  CHECK(with_status(errc::unauthorized, 401).concerns_all);
  CHECK_FALSE(with_status(errc::unauthorized, 401).may_have_arrived);
  CHECK(with_status(errc::io_failed, 500).may_have_arrived);

  for (auto code : {errc::unreachable, errc::io_failed, errc::timeout, errc::shutting_down}) {
    CHECK(plain(code).concerns_all);
    CHECK_FALSE(plain(code).is_refusal);
    CHECK(plain(code).may_have_arrived == (code != errc::unreachable));
  }
}
