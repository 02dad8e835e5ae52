// SPDX-License-Identifier: MIT
// Companions against servers written with the official SDKs, of both eras, and against broken ones.
#include "mcp/companions/companion.hpp"
#include "mcp/node_server.hpp"
#include "mcp/support.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <random>

using namespace mahavishnu;
using namespace mahavishnu::test;
using namespace std::chrono_literals;
using mcp::companion_options;
using mcp::item_outcome;
using mcp::memory_item;
using mcp::send_outcome;

namespace {

using opener = result<std::unique_ptr<mcp::companion>> (*)(net::http_client&, companion_options);

companion_options options_for(const std::string& url) {
  companion_options options;
  options.url = url;
  options.call_timeout = deadline;
  return options;
}

/// A companion with an HTTP client of its own.
class listener {
public:
  listener(opener open, const companion_options& options) {
    auto started = net::http_client::start({});
    REQUIRE(started);
    http_ = std::move(*started);
    auto opened = open(*http_, options);
    REQUIRE(opened);
    companion_ = std::move(*opened);
  }
  listener(opener open, const std::string& url) : listener(open, options_for(url)) {}

  std::future<std::vector<item_outcome>> start(std::vector<memory_item> batch) {
    auto promise = std::make_shared<std::promise<std::vector<item_outcome>>>();
    auto future = promise->get_future();
    companion_->send(std::move(batch),
                     [promise](auto outcomes) { promise->set_value(std::move(outcomes)); });
    return future;
  }

  std::vector<item_outcome> send(std::vector<memory_item> batch) {
    return wait_for(start(std::move(batch)));
  }

  mcp::companion_check check() {
    std::promise<mcp::companion_check> promise;
    companion_->check([&](auto found) { promise.set_value(std::move(found)); });
    return wait_for(promise.get_future());
  }

  void close() { companion_.reset(); }

private:
  std::unique_ptr<net::http_client> http_;
  std::unique_ptr<mcp::companion> companion_;
};

memory_item item_of(const std::string& id, const std::string& content) {
  return {id,
          content,
          {{"type", "task"},
           {"pool_id", "pool_1"},
           {"pool_name", "build"},
           {"status", "completed"},
           {"timestamp", "2026-11-21T08:00:00.000Z"}}};
}

std::vector<memory_item> many_items(std::size_t count) {
  std::vector<memory_item> items;
  for (std::size_t i = 0; i < count; ++i)
    items.push_back(
        item_of("task_" + std::to_string(i), "what task " + std::to_string(i) + " said"));
  return items;
}

std::size_t sent_in(const std::vector<item_outcome>& outcomes) {
  return static_cast<std::size_t>(
      std::ranges::count(outcomes, send_outcome::sent, &item_outcome::outcome));
}

/// Runs a test against a server of each era that offers these tools.
void for_each_era(const std::string& offer, std::vector<std::string> arguments,
                  const std::function<void(const node_server&)>& test) {
  arguments.push_back("--offer=" + offer);
  for (const auto* script : {"legacy.mjs", "modern.mjs"}) {
    INFO(script);
    auto server = node_server::start(script, arguments);
    if (!server)
      return;
    test(*server);
  }
}

json what_is_stored(const node_server& server) {
  speaker one{server.url()};
  auto said = one.call("what_is_stored");
  REQUIRE(said);
  return json::parse(said->text());
}

/// The era and the tools as a good server has them; then what the test wants.
raw_server until_called(const json& tools,
                        std::function<void(raw_connection&, const std::string&)> answer,
                        std::atomic<int>* listings = nullptr) {
  return raw_server{[tools, answer = std::move(answer), listings](raw_connection& connection) {
    for (std::string request; !(request = connection.receive()).empty();) {
      auto asked = json::parse(request.substr(request.find("\r\n\r\n") + 4), nullptr, false);
      auto method = mcp::string_member(asked, "method");
      json result;
      if (method == "server/discover")
        result = {{"supportedVersions", {"2026-07-28"}}};
      else if (method == "tools/list") {
        result = {{"tools", tools}};
        if (listings)
          ++*listings;
      } else
        return answer(connection, request);
      connection.send(
          raw_answer(json{{"jsonrpc", "2.0"}, {"id", asked["id"]}, {"result", result}}.dump()));
    }
  }};
}

json tool_taking(const std::string& name, const std::vector<std::string>& parameters) {
  auto properties = json::object();
  for (const auto& parameter : parameters)
    properties[parameter] = json::object();
  return {{"name", name}, {"inputSchema", {{"type", "object"}, {"properties", properties}}}};
}

const json conversations =
    json::array({tool_taking("store_conversation", {"content", "metadata"})});
const json reflections = json::array({tool_taking("store_reflection", {"content", "tags"})});

} // namespace

// -- Session-Buddy ------------------------------------------------------------

TEST_CASE("a batch arrives at Session-Buddy, at most four items at once") {
  for_each_era("session_buddy.mjs", {}, [](const node_server& server) {
    listener buddy{mcp::open_session_buddy, server.url()};
    auto outcomes = buddy.send(many_items(20));
    REQUIRE(outcomes.size() == 20);
    for (std::size_t i = 0; i < 20; ++i)
      CHECK(outcomes[i] == item_outcome{"task_" + std::to_string(i), send_outcome::sent, {}});
    auto seen = what_is_stored(server);
    CHECK(seen["stored"].size() == 20);
    CHECK(seen["most_at_once"] <= 4);
    CHECK(seen["most_at_once"] >= 2);
    auto first = seen["stored"][0];
    CHECK(first["tool"] == "store_conversation");
    CHECK(first["project"] == "mahavishnu");
    CHECK(first["metadata"]["pool_name"] == "build");
    CHECK_THAT(first["content"].get<std::string>(), ContainsSubstring("[mahavishnu task task_"));
    CHECK_THAT(
        speaker{server.url()}.call("search_conversations", {{"query", "what task 7 said"}})->text(),
        ContainsSubstring("Found 1 conversations"));
  });
}

TEST_CASE("a short content is long enough for Session-Buddy") {
  for_each_era("session_buddy.mjs", {}, [](const node_server& server) {
    listener buddy{mcp::open_session_buddy, server.url()};
    CHECK(sent_in(buddy.send({item_of("task_1", "ok")})) == 1);
  });
}

TEST_CASE("a Session-Buddy without conversations is sent reflections") {
  for_each_era("session_buddy.mjs", {"--lacks=store_conversation"}, [](const node_server& server) {
    listener buddy{mcp::open_session_buddy, server.url()};
    CHECK(buddy.check().tools == std::vector<std::string>{"store_reflection"});
    CHECK(sent_in(buddy.send(many_items(3))) == 3);
    auto first = what_is_stored(server)["stored"][0];
    CHECK(first["tags"] == json{"mahavishnu", "task", "build", "completed"});
    CHECK_FALSE(first.contains("metadata"));
  });
}

TEST_CASE("what is wrong with one item concerns that item only") {
  for_each_era("session_buddy.mjs", {}, [](const node_server& server) {
    listener buddy{mcp::open_session_buddy, server.url()};
    auto batch = many_items(8);
    batch[1].content = "throw, please";
    batch[2].content = "cross, please";
    batch[3].content = "invalid, please";
    batch[4].content = "guard, please";
    batch[5].content.clear();
    batch[6].id.clear();
    auto outcomes = buddy.send(batch);
    REQUIRE(outcomes.size() == 8);
    CHECK(outcomes[0].outcome == send_outcome::sent);
    CHECK(outcomes[1].outcome == send_outcome::failed);
    CHECK_THAT(outcomes[1].reason, ContainsSubstring("database is locked"));
    CHECK(outcomes[2].outcome == send_outcome::failed);
    CHECK_THAT(outcomes[2].reason, ContainsSubstring("the disk is full"));
    CHECK(outcomes[3].outcome == send_outcome::refused);
    CHECK(outcomes[4].outcome == send_outcome::refused);
    CHECK(outcomes[5].outcome == send_outcome::refused);
    CHECK_THAT(outcomes[5].reason, ContainsSubstring("no content"));
    CHECK(outcomes[6].outcome == send_outcome::refused);
    CHECK(outcomes[7].outcome == send_outcome::sent);
  });
}

TEST_CASE("a server that dies in the middle fails what it was not sent, and no more") {
  for_each_era("session_buddy.mjs", {}, [](const node_server& server) {
    auto options = options_for(server.url());
    options.max_calls = 1;
    listener buddy{mcp::open_session_buddy, options};
    auto batch = many_items(5);
    batch[2].content = "die, please";
    auto outcomes = buddy.send(batch);
    CHECK(sent_in(outcomes) == 2);
    CHECK(outcomes[1].outcome == send_outcome::sent);
    CHECK_THAT(outcomes[2].reason,
               ContainsSubstring("cannot reach") || ContainsSubstring("it may have arrived"));
    CHECK(outcomes[4].outcome == send_outcome::failed);
    CHECK_THAT(outcomes[4].reason, ContainsSubstring("not sent, since an item before it"));
  });
}

TEST_CASE("a server without any of the tools is named, with what was looked for") {
  for_each_era("session_buddy.mjs", {"--lacks=store_conversation,store_reflection"},
               [](const node_server& server) {
                 listener buddy{mcp::open_session_buddy, server.url()};
                 auto outcomes = buddy.send(many_items(2));
                 CHECK(outcomes[1].outcome == send_outcome::failed);
                 CHECK_THAT(outcomes[1].reason,
                            ContainsSubstring("Session-Buddy at " + server.url()) &&
                                ContainsSubstring("store_reflection(content)") &&
                                ContainsSubstring("update Session-Buddy"));
                 auto found = buddy.check();
                 CHECK(found.is_reachable);
                 CHECK_FALSE(found.is_usable());
                 CHECK(found.problem == outcomes[1].reason);
               });
}

TEST_CASE("a companion needs its token") {
  for (const auto* script : {"legacy.mjs", "modern.mjs"}) {
    auto server = node_server::start(script, {"--offer=session_buddy.mjs"}, "secret");
    if (!server)
      return;
    auto options = options_for(server->url());
    {
      listener buddy{mcp::open_session_buddy, options};
      auto outcomes = buddy.send(many_items(2));
      CHECK(sent_in(outcomes) == 0);
      CHECK_THAT(outcomes[0].reason, ContainsSubstring("give the token"));
      auto found = buddy.check();
      CHECK(found.is_reachable);
      CHECK_FALSE(found.is_usable());
    }
    options.bearer_token = "secret";
    CHECK(sent_in(listener{mcp::open_session_buddy, options}.send(many_items(2))) == 2);
  }
}

// -- Akosha -------------------------------------------------------------------

TEST_CASE("a batch arrives at Akosha in two calls, and sending it again does no harm") {
  for_each_era("akosha.mjs", {}, [](const node_server& server) {
    listener akosha{mcp::open_akosha, server.url()};
    CHECK(akosha.check().tools == std::vector<std::string>{"generate_batch_embeddings",
                                                           "batch_store_memories",
                                                           "aggregate_metrics"});
    CHECK(sent_in(akosha.send(many_items(20))) == 20);
    CHECK(comes_true([&] { return what_is_stored(server)["reported"].is_object(); }));
    auto seen = what_is_stored(server);
    CHECK(seen["called"] ==
          json{"generate_batch_embeddings", "batch_store_memories", "aggregate_metrics"});
    CHECK(seen["reported"]["memory_items_count"] == 20);
    CHECK(seen["reported"]["pools_count"] == 1);
    CHECK(seen["memories"].size() == 20);
    auto memory = seen["memories"]["task_3"];
    CHECK(memory["text"] == "what task 3 said");
    CHECK(memory["first"] == 16);
    CHECK(memory["metadata"]["source"] == "mahavishnu");
    CHECK(memory["metadata"]["original_id"] == "task_3");
    CHECK(memory["metadata"]["created_at"] == "2026-11-21T08:00:00.000Z");

    CHECK(sent_in(akosha.send(many_items(20))) == 20);
    CHECK(what_is_stored(server)["memories"].size() == 20);
  });
}

TEST_CASE("an Akosha with tools for one memory, or with its prefix, does as well") {
  for (const auto* argument : {"--lacks=generate_batch_embeddings,aggregate_metrics",
                               "--lacks=batch_store_memories", "--prefixed"})
    for_each_era("akosha.mjs", {argument}, [](const node_server& server) {
      listener akosha{mcp::open_akosha, server.url()};
      CHECK(sent_in(akosha.send(many_items(6))) == 6);
      CHECK(what_is_stored(server)["memories"].size() == 6);
    });
}

TEST_CASE("an item that spoils the batch is found out") {
  for_each_era("akosha.mjs", {"--lacks=aggregate_metrics"}, [](const node_server& server) {
    listener akosha{mcp::open_akosha, server.url()};
    auto batch = many_items(8);
    batch[1].content = "unembeddable text";
    batch[2].content = "locked out";
    batch[3].content = "invalid text";
    batch[4].content = std::string("with a zero \0 in it", 19);
    batch[5].content = std::string(300'000, 'x');
    auto outcomes = akosha.send(batch);
    CHECK(sent_in(outcomes) == 5);
    CHECK(outcomes[1].outcome == send_outcome::failed);
    CHECK_THAT(outcomes[1].reason, ContainsSubstring("the model has no memory left"));
    CHECK(outcomes[2].outcome == send_outcome::failed);
    CHECK(outcomes[3].outcome == send_outcome::refused);
    auto seen = what_is_stored(server)["memories"];
    CHECK(seen["task_5"]["text"].get<std::string>().size() == 262'144);
    CHECK(seen["task_5"]["metadata"]["truncated"] == true);
    CHECK(seen["task_5"]["metadata"]["original_bytes"] == 300'000);
    CHECK(seen["task_7"]["text"] == "what task 7 said");
  });
}

TEST_CASE("embeddings of the wrong size are not stored") {
  for_each_era("akosha.mjs", {}, [](const node_server& server) {
    listener akosha{mcp::open_akosha, server.url()};
    auto outcomes = akosha.send({item_of("task_1", "short vector")});
    CHECK(outcomes[0].outcome == send_outcome::failed);
    CHECK_THAT(outcomes[0].reason, ContainsSubstring("383 numbers instead of 384"));
  });
}

TEST_CASE("an Akosha without embeddings is named, with what was looked for") {
  for_each_era("akosha.mjs", {"--lacks=generate_embedding,generate_batch_embeddings"},
               [](const node_server& server) {
                 listener akosha{mcp::open_akosha, server.url()};
                 CHECK_THAT(akosha.check().problem,
                            ContainsSubstring("Akosha at " + server.url()) &&
                                ContainsSubstring("generate_batch_embeddings(texts)"));
               });
}

// -- servers that fail --------------------------------------------------------

TEST_CASE("a server that is down fails the batch, and is said to be unreachable") {
  std::string url;
  {
    url = raw_server{[](raw_connection&) {}}.url("/mcp");
  }
  for (auto open : {mcp::open_session_buddy, mcp::open_akosha}) {
    listener one{open, url};
    auto outcomes = one.send(many_items(3));
    REQUIRE(outcomes.size() == 3);
    for (const auto& outcome : outcomes) {
      CHECK(outcome.outcome == send_outcome::failed);
      CHECK_THAT(outcome.reason, ContainsSubstring("nothing listens on port"));
    }
    CHECK_FALSE(one.check().is_reachable);
    CHECK(one.send({}).empty());
  }
}

TEST_CASE("a call whose end nobody knows may have arrived, and it is said what that means") {
  for (const auto& [tools, consequence] :
       {std::pair{conversations, "sending it again does no harm"},
        std::pair{reflections, "would store it twice"}}) {
    auto server = until_called(tools, [](raw_connection&, const std::string&) {});
    auto options = options_for(server.url());
    options.max_calls = 1;
    listener buddy{mcp::open_session_buddy, options};
    auto outcomes = buddy.send(many_items(2));
    CHECK(outcomes[0].outcome == send_outcome::failed);
    CHECK_THAT(outcomes[0].reason,
               ContainsSubstring("it may have arrived") && ContainsSubstring(consequence));
    CHECK_THAT(outcomes[1].reason, ContainsSubstring("not sent"));
    CHECK_THAT(outcomes[1].reason, !ContainsSubstring("it may have arrived"));
  }
}

TEST_CASE("a reflection is sent once, whatever becomes of the connection") {
  std::atomic<int> calls{0};
  auto server = until_called(reflections, [&](raw_connection&, const std::string&) { ++calls; });
  listener buddy{mcp::open_session_buddy, server.url()};
  CHECK(sent_in(buddy.send(many_items(1))) == 0);
  CHECK(calls == 1);
}

TEST_CASE("a server that never answers fails what waits once its time is over") {
  auto server = until_called(conversations, [](raw_connection& connection, const std::string&) {
    connection.wait_for_close();
  });
  auto options = options_for(server.url());
  options.call_timeout = 1s;
  listener buddy{mcp::open_session_buddy, options};
  auto outcomes = buddy.send(many_items(20));
  CHECK(sent_in(outcomes) == 0);
  CHECK_THAT(outcomes[0].reason, ContainsSubstring("not answered within 1 s"));
  CHECK_THAT(outcomes[19].reason, ContainsSubstring("not sent"));
}

TEST_CASE("a status that means no concerns all that wait, unless the item is too large") {
  auto outcomes_after = [](const std::string& status) {
    auto server =
        until_called(conversations, [&](raw_connection& connection, const std::string& request) {
          if (request.find("task_1 ") != request.npos || request.find("task_1]") != request.npos)
            connection.send(raw_answer("", "text/plain", status));
          else
            connection.send(raw_answer("", "text/plain", "500 Oops"));
        });
    auto options = options_for(server.url());
    options.max_calls = 1;
    return listener{mcp::open_session_buddy, options}.send(
        {item_of("task_1", "first"), item_of("task_2", "second")});
  };
  for (const auto* status : {"500 Oops", "503 Busy", "401 Unauthorized", "404 Not Found"}) {
    auto outcomes = outcomes_after(status);
    CHECK(outcomes[0].outcome == send_outcome::failed);
    CHECK_THAT(outcomes[0].reason, ContainsSubstring(std::string(status).substr(0, 3)));
    CHECK_THAT(outcomes[1].reason, ContainsSubstring("not sent"));
  }
  auto outcomes = outcomes_after("413 Content Too Large");
  CHECK(outcomes[0].outcome == send_outcome::refused);
  CHECK_THAT(outcomes[1].reason, ContainsSubstring("500"));
}

TEST_CASE("a server that has lost a tool is asked for its tools again") {
  std::atomic<int> calls{0};
  std::atomic<int> listings{0};
  auto server = until_called(
      conversations,
      [&](raw_connection& connection, const std::string& request) {
        auto asked = json::parse(request.substr(request.find("\r\n\r\n") + 4));
        json answer{{"jsonrpc", "2.0"}, {"id", asked["id"]}};
        if (++calls == 1)
          answer["error"] = {{"code", -32602}, {"message", "Tool store_conversation not found"}};
        else
          answer["result"] = {{"content", json::array()}};
        connection.send(
            raw_answer(answer.dump(), "application/json", "200 OK", "Connection: close\r\n"));
      },
      &listings);
  auto options = options_for(server.url());
  options.max_calls = 1;
  listener buddy{mcp::open_session_buddy, options};
  auto outcomes = buddy.send(many_items(2));
  CHECK(sent_in(outcomes) == 0);
  CHECK(outcomes[0].outcome == send_outcome::failed);
  CHECK(listings == 1);
  CHECK(sent_in(buddy.send(many_items(2))) == 2);
  CHECK(sent_in(buddy.send(many_items(2))) == 2);
  CHECK(listings == 2);
}

TEST_CASE("the end of a companion ends what is running and what waits") {
  std::promise<void> called;
  std::once_flag once;
  auto server = until_called(conversations, [&](raw_connection& connection, const std::string&) {
    std::call_once(once, [&] { called.set_value(); });
    connection.wait_for_close();
  });
  listener buddy{mcp::open_session_buddy, server.url()};
  auto running = buddy.start(many_items(20));
  wait_for(called.get_future());
  buddy.close();
  auto outcomes = wait_for(std::move(running));
  REQUIRE(outcomes.size() == 20);
  for (const auto& outcome : outcomes)
    CHECK(outcome.outcome == send_outcome::failed);
  CHECK_THAT(outcomes[0].reason, ContainsSubstring("it may have arrived"));
  CHECK_THAT(outcomes[19].reason, ContainsSubstring("this program ends"));
}

TEST_CASE("more items than may wait fail at once") {
  auto server = until_called(conversations, [](raw_connection& connection, const std::string&) {
    connection.wait_for_close();
  });
  auto options = options_for(server.url());
  options.max_waiting_items = 3;
  listener buddy{mcp::open_session_buddy, options};
  auto running = buddy.start(many_items(5));
  buddy.close();
  auto outcomes = wait_for(std::move(running));
  CHECK_THAT(outcomes[3].reason, ContainsSubstring("3 items wait for Session-Buddy already"));
  CHECK_THAT(outcomes[4].reason, ContainsSubstring("send less at once"));
}

TEST_CASE("whatever a server does, every item has one outcome, in its place") {
  auto akosha_tools = json::array({tool_taking("generate_batch_embeddings", {"texts"}),
                                   tool_taking("batch_store_memories", {"memories"})});
  std::mutex mutex;
  std::mt19937 random{seed()};
  auto roll = [&] {
    std::lock_guard guard{mutex};
    return random();
  };
  auto answer = [&](raw_connection& connection, const std::string& request) {
    auto asked = json::parse(request.substr(request.find("\r\n\r\n") + 4));
    json reply{{"jsonrpc", "2.0"}, {"id", asked["id"]}};
    json result{{"content", json::array()}};
    const auto& arguments = asked["params"]["arguments"];
    if (arguments.contains("texts"))
      result["structuredContent"] = {
          {"embeddings", json(arguments["texts"].size(), json{1, 2, 3})}};
    switch (roll() % 8) {
    case 0: return; // closes
    case 1: connection.send(raw_answer("", "text/plain", "500 Oops")); return;
    case 2: reply["error"] = {{"code", -32603}, {"message", "no"}}; break;
    case 3: result["isError"] = true; [[fallthrough]];
    default: reply["result"] = result;
    }
    connection.send(
        raw_answer(reply.dump(), "application/json", "200 OK", "Connection: close\r\n"));
  };
  for (const auto& [open, tools] : {std::pair<opener, json>{mcp::open_session_buddy, conversations},
                                    std::pair<opener, json>{mcp::open_akosha, akosha_tools}}) {
    auto server = until_called(tools, answer);
    auto options = options_for(server.url());
    options.embedding_size = 3;
    listener one{open, options};
    for (int round = 0; round < 10; ++round) {
      std::vector<std::future<std::vector<item_outcome>>> running;
      std::vector<std::size_t> sizes;
      for (int batch = 0; batch < 4; ++batch) {
        sizes.push_back(roll() % 30);
        running.push_back(one.start(many_items(sizes.back())));
      }
      for (std::size_t batch = 0; batch < running.size(); ++batch) {
        auto outcomes = wait_for(std::move(running[batch]));
        REQUIRE(outcomes.size() == sizes[batch]);
        for (std::size_t i = 0; i < outcomes.size(); ++i) {
          REQUIRE(outcomes[i].id == "task_" + std::to_string(i));
          REQUIRE(outcomes[i].reason.empty() == (outcomes[i].outcome == send_outcome::sent));
        }
      }
    }
  }
}

TEST_CASE("options that cannot be are refused") {
  auto http = net::http_client::start({});
  REQUIRE(http);
  auto problem = [&](const companion_options& options) {
    auto opened = mcp::open_akosha(**http, options);
    return opened ? "none" : opened.error().message;
  };
  CHECK_THAT(problem(options_for("nonsense")), ContainsSubstring("nonsense"));
  auto options = options_for(std::string(mcp::akosha_url));
  CHECK(problem(options) == "none");
  options.source = "two words";
  CHECK_THAT(problem(options), ContainsSubstring("letters"));
  options.source = "mahavishnu";
  options.max_calls = 0;
  CHECK_THAT(problem(options), ContainsSubstring("allow at least one"));
}
