// SPDX-License-Identifier: MIT
// Against servers written with the official SDKs, of both eras.
#include "mcp/node_server.hpp"
#include "mcp/support.hpp"

#include <algorithm>

using namespace mahavishnu;
using namespace mahavishnu::test;
using namespace std::chrono_literals;

namespace {

struct kind_of_server {
  std::string script;
  std::vector<std::string> arguments;
  mcp::era era;
};

const std::vector<kind_of_server> all_kinds{{"legacy.mjs", {}, mcp::era::legacy},
                                            {"legacy.mjs", {"--json"}, mcp::era::legacy},
                                            {"modern.mjs", {}, mcp::era::modern}};

/// Runs a test against each kind; a kind is named when something in it fails.
void for_each_kind(const std::function<void(const kind_of_server&, const node_server&)>& test) {
  for (const auto& kind : all_kinds) {
    INFO(kind.script << (kind.arguments.empty() ? "" : " --json"));
    auto server = node_server::start(kind.script, kind.arguments);
    if (!server)
      return;
    test(kind, *server);
  }
}

/// What a path of a server says, outside of MCP.
std::string get_text(const std::string& url) {
  auto http = net::http_client::start({});
  REQUIRE(http);
  net::client_request request;
  request.url = url;
  std::promise<std::string> body;
  (*http)->send(request,
                [&](const auto& answer) { body.set_value(answer ? answer->body : "no answer"); });
  return wait_for(body.get_future());
}

} // namespace

TEST_CASE("the era of a real server is found, and its tools answer") {
  for_each_kind([](const kind_of_server& kind, const node_server& server) {
    speaker one{server.url()};
    auto found = one.ping();
    REQUIRE(found);
    CHECK(found->era == kind.era);
    CHECK(found->version == (kind.era == mcp::era::modern ? "2026-07-28" : "2025-11-25"));
    CHECK(found->session_id.empty() == (kind.era == mcp::era::modern));
    for (std::string text : {"hello", "", "gr\xC3\xBC\xC3\x9F dich\n\t\"\\"}) {
      auto said = one.call("echo", {{"text", text}});
      REQUIRE(said);
      CHECK(said->text() == text);
      CHECK_FALSE(said->is_error);
      CHECK_FALSE(said->structured);
    }
  });
}

TEST_CASE("the companions' tools take what they are given") {
  for_each_kind([](const kind_of_server&, const node_server& server) {
    speaker one{server.url()};
    CHECK(one.call("store_reflection", {{"content", "a"}, {"tags", {"b", "c"}}})->text() ==
          "Reflection stored: a [b, c]");
    CHECK(one.call("store_conversation", {{"content", "abc"}, {"project", "p"}})->text() ==
          "Conversation stored for p: 3 characters");
    CHECK(one.call("search_conversations", {{"query", "q"}})->text() ==
          "Found 1 of 10 conversations for 'q'");

    auto memory = json{{"memory_id", "m"}, {"text", "t"}, {"metadata", {{"source", "s"}}}};
    memory["embedding"] = std::vector<double>(384, 0.25);
    auto stored = one.call("store_memory", memory);
    REQUIRE(stored);
    REQUIRE(stored->structured);
    CHECK(*stored->structured ==
          json{{"status", "stored"}, {"memory_id", "m"}, {"embedding_dim", 384}, {"source", "s"}});
    auto batch = json{{"memories", json::array()}};
    for (int i = 0; i < 20; ++i)
      batch["memories"].push_back({{"memory_id", std::to_string(i)}, {"text", "t"}});
    CHECK((*one.call("batch_store_memories", batch)->structured)["stored"] == 20);
  });
}

TEST_CASE("a tool that fails is a result, and a call that cannot be made is a refusal") {
  for_each_kind([](const kind_of_server& kind, const node_server& server) {
    speaker one{server.url()};
    auto failed = one.call("fail");
    REQUIRE(failed);
    CHECK(failed->is_error);
    CHECK_THAT(failed->text(), ContainsSubstring("this tool always fails"));

    auto wrong = one.call("store_memory", {{"memory_id", 1}});
    REQUIRE(wrong);
    CHECK(wrong->is_error);

    auto unknown = one.call("no_such_tool");
    if (kind.era == mcp::era::modern) {
      REQUIRE(unknown.has_error());
      CHECK(unknown.error().code == errc::invalid_argument);
      CHECK(unknown.error().rpc_code == -32602);
      CHECK_THAT(unknown.error().message,
                 ContainsSubstring("'no_such_tool'") && ContainsSubstring(server.url()));
    } else {
      REQUIRE(unknown);
      CHECK(unknown->is_error);
    }
  });
}

TEST_CASE("the tools of a real server are listed with their schemas") {
  for_each_kind([](const kind_of_server&, const node_server& server) {
    speaker one{server.url()};
    auto tools = one.list();
    REQUIRE(tools);
    auto found = std::ranges::find(*tools, "store_memory", &mcp::tool::name);
    REQUIRE(found != tools->end());
    CHECK(found->description == "Store a memory");
    CHECK(found->input_schema["properties"].contains("embedding"));
    CHECK(found->output_schema["properties"].contains("embedding_dim"));
  });
}

TEST_CASE("progress and logs come while a tool works, and its answer after them") {
  for_each_kind([](const kind_of_server& kind, const node_server& server) {
    if (!kind.arguments.empty())
      return; // one text has no place for them
    auto options = speaker::options_for(server.url());
    std::vector<std::string> logs;
    options.on_log = [&](const mcp::log_message& log) { logs.push_back(log.text); };
    speaker one{options};
    std::vector<mcp::progress> seen;
    call_options call;
    call.on_progress = [&](const mcp::progress& now) { seen.push_back(now); };
    auto done = one.call("slow", {{"steps", 3}, {"pause_ms", 1}}, call);
    REQUIRE(done);
    CHECK(done->text() == "done after 3 steps");
    CHECK(seen == std::vector<mcp::progress>{{1, 3, "step 1"}, {2, 3, "step 2"}, {3, 3, "step 3"}});
    one.close();
    CHECK(std::ranges::count(logs, "worked on step 2") == 1);
  });
}

TEST_CASE("progress keeps a slow call alive, where that is wanted") {
  for_each_kind([](const kind_of_server& kind, const node_server& server) {
    if (!kind.arguments.empty())
      return;
    speaker one{server.url()};
    REQUIRE(one.ping());
    call_options call;
    call.timeout = 600ms;
    call.on_progress = [](const mcp::progress&) {};
    auto cut = one.call("slow", {{"steps", 8}, {"pause_ms", 100}}, call);
    REQUIRE(cut.has_error());
    CHECK(cut.error().code == errc::timeout);
    // A machine that stands still for as long as a step may take is given more time.
    call.progress_extends_timeout = true;
    auto done = false;
    for (int slowness = 1; slowness <= 16 && !done; slowness *= 4) {
      call.timeout = slowness * 600ms;
      auto said = one.call("slow", {{"steps", 8}, {"pause_ms", slowness * 100}}, call);
      done = said && said->text() == "done after 8 steps";
    }
    CHECK(done);
  });
}

TEST_CASE("a call that is given up is cancelled at the server too") {
  for_each_kind([](const kind_of_server&, const node_server& server) {
    speaker one{server.url()};
    auto became = [&](const std::string& tag) {
      return one.call("what_became", {{"tag", tag}})->text();
    };
    mcp::call_number number = 0;
    auto running = one.start("never", {{"tag", "a"}}, {}, &number);
    CHECK(comes_true([&] { return became("a") == "running"; }));
    one->cancel(number);
    auto ended = wait_for(std::move(running));
    REQUIRE(ended.has_error());
    CHECK(ended.error().code == errc::cancelled);
    CHECK(comes_true([&] { return became("a") == "cancelled"; }));

    call_options call;
    call.timeout = 300ms;
    auto late = one.call("never", {{"tag", "b"}}, call);
    REQUIRE(late.has_error());
    CHECK(late.error().code == errc::timeout);
    CHECK(comes_true([&] { return became("b") == "cancelled"; }));
  });
}

TEST_CASE("many calls at once get their own answers") {
  for_each_kind([](const kind_of_server&, const node_server& server) {
    speaker one{server.url()};
    std::vector<std::future<call_result<tool_result>>> all;
    for (int i = 0; i < 100; ++i)
      all.push_back(one.start("echo", {{"text", std::to_string(i)}}));
    for (int i = 0; i < 100; ++i) {
      auto said = wait_for(std::move(all[static_cast<std::size_t>(i)]));
      REQUIRE(said);
      CHECK(said->text() == std::to_string(i));
    }
  });
}

TEST_CASE("a large answer arrives up to the limit, and not over it") {
  for_each_kind([](const kind_of_server&, const node_server& server) {
    auto options = speaker::options_for(server.url());
    options.max_message_bytes = 1u << 20;
    speaker one{options};
    CHECK(one.call("large", {{"bytes", 1'000'000}})->text().size() == 1'000'000);
    auto over = one.call("large", {{"bytes", 2'000'000}});
    REQUIRE(over.has_error());
    CHECK(over.error().code == errc::incompatible);
    CHECK_THAT(over.error().message, ContainsSubstring("1048576 bytes"));
    CHECK(one.call("echo", {{"text", "still there"}}));
  });
}

TEST_CASE("a legacy server that has forgotten the session gets another one, and the call again") {
  for (const auto* argument : {"--stream", "--json"}) {
    auto server = node_server::start("legacy.mjs", {argument});
    if (!server)
      return;
    speaker one{server->url()};
    auto first = one.ping();
    REQUIRE(first);
    CHECK(get_text(server->url("/forget")) == "forgotten");
    CHECK(one.call("echo", {{"text", "again"}})->text() == "again");
    auto second = one.ping();
    REQUIRE(second);
    CHECK(second->session_id != first->session_id);
  }
}

TEST_CASE("the end of the client ends its session") {
  auto server = node_server::start("legacy.mjs");
  if (!server)
    return;
  speaker one{server->url()};
  CHECK(one.ping());
  CHECK(get_text(server->url("/sessions")) == "1");
  one.close();
  CHECK(get_text(server->url("/sessions")) == "0");
}

TEST_CASE("a legacy stream that breaks before the answer is taken up again") {
  auto server = node_server::start("legacy.mjs");
  if (!server)
    return;
  speaker one{server->url()};
  call_options call;
  call.on_progress = [](const mcp::progress&) {};
  auto said = one.call("broken_stream", json::object(), call);
  REQUIRE(said);
  CHECK(said->text() == "after the break");
}

TEST_CASE("a server that asks the client something is refused politely") {
  auto server = node_server::start("legacy.mjs");
  if (!server)
    return;
  speaker one{server->url()};
  auto said = one.call("ask_back");
  REQUIRE(said);
  CHECK_THAT(said->text(), ContainsSubstring("refused"));
}

TEST_CASE("a modern server that wants an argument in a header gets it") {
  auto server = node_server::start("modern.mjs");
  if (!server)
    return;
  speaker one{server->url()};
  for (std::string region : {"eu-west", "gr\xC3\xBC\xC3\x9F", " blank ", "=?base64?YQ==?="}) {
    auto said = one.call("mirrored", {{"region", region}});
    REQUIRE(said);
    CHECK(said->text() == "region " + region);
  }
}

TEST_CASE("a token is asked for, and given") {
  for (const auto* script : {"legacy.mjs", "modern.mjs"}) {
    auto server = node_server::start(script, {}, "secret");
    if (!server)
      return;
    auto options = speaker::options_for(server->url());
    for (const auto* token : {"", "wrong"}) {
      options.bearer_token = token;
      auto refused = speaker{options}.ping();
      REQUIRE(refused.has_error());
      CHECK(refused.error().code == errc::unauthorized);
      CHECK_THAT(refused.error().message,
                 ContainsSubstring("401") && ContainsSubstring("give the token"));
    }
    options.bearer_token = "secret";
    CHECK(speaker{options}.call("echo", {{"text", "in"}})->text() == "in");
  }
}

TEST_CASE("a wrong path is named, and one that sends on is followed") {
  for_each_kind([](const kind_of_server&, const node_server& server) {
    auto lost = speaker{server.url("/elsewhere")}.ping();
    REQUIRE(lost.has_error());
    CHECK_THAT(lost.error().message,
               ContainsSubstring("404") && ContainsSubstring(server.url("/elsewhere")));
    CHECK(speaker{server.url("/moved")}.call("echo", {{"text", "there"}})->text() == "there");
  });
}

TEST_CASE("an era can be demanded, and the other one is then refused") {
  auto legacy = node_server::start("legacy.mjs");
  auto modern = node_server::start("modern.mjs");
  if (!legacy || !modern)
    return;
  auto options = speaker::options_for(legacy->url());
  options.era = mcp::era_choice::legacy;
  CHECK(speaker{options}.ping());
  options.era = mcp::era_choice::modern;
  CHECK(speaker{options}.ping().has_error());
  options.url = modern->url();
  CHECK(speaker{options}.ping());
  options.era = mcp::era_choice::legacy;
  CHECK(speaker{options}.ping().has_error());
}
