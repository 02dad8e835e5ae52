// SPDX-License-Identifier: MIT
// Calls that need something of the client before they can go on, and calls that go on as tasks.
#include "mcp/server_support.hpp"

using namespace mahavishnu;
using namespace mahavishnu::mcp;
using namespace mahavishnu::mcp::server;
using namespace mahavishnu::mcp::server::test;
using namespace std::chrono_literals;

namespace {

json with_capabilities(json params, json capabilities) {
  params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = std::move(capabilities);
  return params;
}

const json elicits{{"elicitation", json::object()}};
const json knows_tasks{{"elicitation", json::object()},
                       {"extensions", {{"io.modelcontextprotocol/tasks", json::object()}}}};

json ask_params(json more = json::object()) {
  json params{{"name", "ask"}, {"arguments", {{"about", "x"}}}};
  params.update(more);
  return with_capabilities(params, elicits);
}

json accepted(const std::string& name) {
  return {{"action", "accept"}, {"content", {{"name", name}}}};
}

} // namespace

// -- rounds ---------------------------------------------------------------------------------------

TEST_CASE("a modern client does what is needed and asks again") {
  some_server s;
  auto first = s.modern("tools/call", ask_params()).body()["result"];
  CHECK(first["resultType"] == "input_required");
  CHECK(first["inputRequests"]["who"]["method"] == "elicitation/create");
  REQUIRE(first["requestState"].is_string());

  json answered{{"inputResponses", {{"who", accepted("Ann")}, {"unknown", 1}}},
                {"requestState", first["requestState"]}};
  auto second = s.modern("tools/call", ask_params(answered)).body()["result"];
  CHECK(second["resultType"] == "complete");
  CHECK(second["structuredContent"] == json{{"about", "x"}, {"who", "Ann"}, {"noted", 1}});

  SECTION("and is asked again for what is missing") {
    auto third = s.modern("tools/call", ask_params({{"requestState", first["requestState"]}}));
    CHECK(third.body()["result"]["resultType"] == "input_required");
  }
}

TEST_CASE("what a call has noted comes back for that call only, and unchanged") {
  some_server s;
  auto state =
      s.modern("tools/call", ask_params()).body()["result"]["requestState"].get<std::string>();
  auto refused = [&](json more) {
    auto answer = s.modern("tools/call", ask_params(std::move(more)));
    return answer.status() == 200 && answer.body().contains("error") &&
           answer.error_code() == -32602;
  };
  CHECK_FALSE(refused({{"requestState", state}}));
  CHECK(refused({{"requestState", state + "-TAMPERED"}}));
  CHECK(refused({{"requestState", ""}}));
  CHECK(refused({{"requestState", 1}}));
  CHECK(refused({{"requestState", state}, {"arguments", {{"about", "y"}}}}));
  auto changed = state;
  changed[4] = changed[4] == 'A' ? 'B' : 'A';
  CHECK(refused({{"requestState", changed}}));
  // Another server does not know it.
  some_server other;
  CHECK(other.modern("tools/call", ask_params({{"requestState", state}})).error_code() == -32602);
}

TEST_CASE("what a client has not declared it is not asked for") {
  some_server s;
  auto answer = s.modern("tools/call", {{"name", "ask"}, {"arguments", {{"about", "x"}}}});
  CHECK(answer.status() == 400);
  CHECK(answer.error_code() == -32021);
  CHECK(answer.body()["error"]["data"]["requiredCapabilities"] == elicits);
}

TEST_CASE("a client of a session is asked while its request waits") {
  some_server s;
  auto id = s.open_session("2025-11-25", elicits);
  auto call = s.legacy(id, "tools/call", {{"name", "ask"}, {"arguments", {{"about", "x"}}}}, 5);
  auto asked = s.messages_of(call).at(0);
  CHECK(asked["method"] == "elicitation/create");
  REQUIRE(asked["id"].is_string());

  SECTION("and goes on when it answers") {
    auto told = s.post({{"jsonrpc", "2.0"}, {"id", asked["id"]}, {"result", accepted("Ann")}},
                       {{"mcp-session-id", id}});
    CHECK(told.status() == 202);
    auto result = s.messages_of(call).at(1);
    CHECK(result["id"] == 5);
    CHECK(result["result"]["structuredContent"] ==
          json{{"about", "x"}, {"who", "Ann"}, {"noted", 1}});
    CHECK(call.has_ended());
  }
  SECTION("and ends when it cannot") {
    s.post({{"jsonrpc", "2.0"},
            {"id", asked["id"]},
            {"error", {{"code", -1}, {"message", "the user is asleep"}}}},
           {{"mcp-session-id", id}});
    auto failed = s.messages_of(call).at(1)["error"]["message"].get<std::string>();
    CHECK(failed.find("the user is asleep") != std::string::npos);
  }
  SECTION("and nobody else answers for it") {
    auto other = s.open_session("2025-11-25", elicits);
    s.post({{"jsonrpc", "2.0"}, {"id", asked["id"]}, {"result", accepted("Eve")}},
           {{"mcp-session-id", other}});
    CHECK(s.messages_of(call).size() == 1);
  }
  SECTION("and may give up") {
    s.post(
        {{"jsonrpc", "2.0"}, {"method", "notifications/cancelled"}, {"params", {{"requestId", 5}}}},
        {{"mcp-session-id", id}});
    CHECK(call.has_ended());
    CHECK(s.messages_of(call).size() == 1);
  }
}

// -- tasks ----------------------------------------------------------------------------------------

TEST_CASE("a call may go on as a task, which is found by its id until its end and after") {
  some_server s;
  auto begun = s.modern("tools/call", with_capabilities({{"name", "long"}}, knows_tasks)).body();
  auto task = begun["result"];
  CHECK(task["resultType"] == "task");
  CHECK(task["status"] == "working");
  CHECK(task["ttlMs"].is_number_integer());
  CHECK_FALSE(task.contains("result"));
  auto id = task["taskId"].get<std::string>();
  auto get = [&](const std::string& which) {
    return s.modern("tasks/get", with_capabilities({{"taskId", which}}, knows_tasks)).body();
  };
  CHECK(get(id)["result"]["status"] == "working");
  CHECK(get(id + "x")["error"]["code"] == -32602);

  SECTION("it ends well") {
    s.calls[0]->finish({R"({"said":1})", {}, false});
    auto ended = get(id)["result"];
    CHECK(ended["status"] == "completed");
    CHECK(ended["result"]["structuredContent"] == json{{"said", 1}});
    CHECK(ended["resultType"] == "complete");
  }
  SECTION("a tool that could not do it has ended well too") {
    s.calls[0]->finish(tool_error("no"));
    CHECK(get(id)["result"]["status"] == "completed");
    CHECK(get(id)["result"]["result"]["isError"] == true);
  }
  SECTION("it fails") {
    s.calls[0]->fail({200, -32603, "no"});
    auto ended = get(id)["result"];
    CHECK(ended["status"] == "failed");
    CHECK(ended["error"]["message"] == "no");
    CHECK_FALSE(ended.contains("result"));
  }
  SECTION("it is cancelled, as often as anybody likes") {
    for (int i = 0; i < 2; ++i)
      CHECK(s.modern("tasks/cancel", with_capabilities({{"taskId", id}}, knows_tasks))
                .body()["result"]["resultType"] == "complete");
    CHECK(get(id)["result"]["status"] == "cancelled");
    CHECK(s.cancelled == 1);
  }
  SECTION("its client listens") {
    auto stream =
        s.modern("subscriptions/listen",
                 with_capabilities({{"notifications", {{"taskIds", {id}}}}}, knows_tasks));
    s.calls[0]->finish({"{}", {}, false});
    auto last = s.messages_of(stream).back();
    CHECK(last["method"] == "notifications/tasks");
    CHECK(last["params"]["taskId"] == id);
    CHECK(last["params"]["status"] == "completed");
  }
  SECTION("clients that know no tasks cannot look") {
    CHECK(s.modern("tasks/get", {{"taskId", id}}).error_code() == -32021);
  }
}

TEST_CASE("a client that knows no tasks waits for its call") {
  some_server s;
  auto call = s.modern("tools/call", {{"name", "long"}});
  CHECK(call.status() == 0);
  s.calls[0]->finish({"{}", {}, false});
  CHECK(call.body()["result"]["resultType"] == "complete");
  auto refused = s.modern("tools/call", {{"name", "only-task"}});
  CHECK(refused.status() == 400);
  CHECK(refused.error_code() == -32021);
}

TEST_CASE("a task may need something of the client, and takes it piece by piece") {
  some_server s;
  auto begun =
      s.modern("tools/call", with_capabilities({{"name", "long-ask"}}, knows_tasks)).body();
  auto id = begun["result"]["taskId"].get<std::string>();
  auto get = [&] {
    return s.modern("tasks/get", with_capabilities({{"taskId", id}}, knows_tasks)).body()["result"];
  };
  auto answer = [&](const std::string& key) {
    return s
        .modern("tasks/update",
                with_capabilities({{"taskId", id}, {"inputResponses", {{key, accepted(key)}}}},
                                  knows_tasks))
        .body()["result"];
  };
  CHECK(get()["status"] == "input_required");
  CHECK(get()["inputRequests"].size() == 2);
  CHECK_FALSE(answer("one").contains("status"));
  CHECK(get()["status"] == "input_required");
  CHECK(get()["inputRequests"].size() == 1);
  answer("one"); // again, and it changes nothing
  CHECK(get()["status"] == "input_required");
  answer("two");
  CHECK(get()["status"] == "completed");
}

TEST_CASE("a task that goes on elsewhere is asked for there, by those who were given its id") {
  some_server s;
  auto begun =
      s.modern("tools/call", with_capabilities({{"name", "elsewhere"}}, knows_tasks)).body();
  auto id = begun["result"]["taskId"].get<std::string>();
  CHECK(id.starts_with("job-1."));
  auto get = [&](const std::string& which) {
    return s.modern("tasks/get", with_capabilities({{"taskId", which}}, knows_tasks)).body();
  };
  CHECK(get(id)["result"]["statusMessage"] == "far away");
  CHECK(get(id)["result"]["taskId"] == id);
  CHECK(get("job-1")["error"]["code"] == -32602);
  CHECK(get("job-2" + id.substr(5))["error"]["code"] == -32602);
  CHECK(get("job-1.")["error"]["code"] == -32602);
}
