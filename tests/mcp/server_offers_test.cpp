// SPDX-License-Identifier: MIT
// Resources, prompts and what may be put in the place of what somebody types.
#include "mcp/server_support.hpp"

using namespace mahavishnu;
using namespace mahavishnu::mcp;
using namespace mahavishnu::mcp::server;
using namespace mahavishnu::mcp::server::test;

TEST_CASE("resources are listed, read, and not found as each era says it") {
  some_server s;
  auto id = s.open_session();
  for (auto* list : {"resources/list", "resources/templates/list", "prompts/list"}) {
    auto modern = s.modern(list).body()["result"];
    CHECK(modern["ttlMs"].is_number_integer());
    CHECK(modern["cacheScope"].is_string());
    CHECK_FALSE(s.legacy(id, list).body()["result"].contains("ttlMs"));
    CHECK(s.modern(list, {{"cursor", "nonsense"}}).error_code() == -32602);
  }
  CHECK(s.modern("resources/list").body()["result"]["resources"][0]["uri"] == "test://one");
  CHECK(s.modern("resources/templates/list").body()["result"]["resourceTemplates"][0] ==
        json{{"uriTemplate", "test://{name}"},
             {"name", "any"},
             {"title", "Any"},
             {"description", "Any of them"},
             {"mimeType", "text/plain"}});

  auto read = s.modern("resources/read", {{"uri", "test://one"}}).body()["result"];
  CHECK(read["contents"] ==
        json::array({{{"uri", "test://one"}, {"mimeType", "text/plain"}, {"text", "the first"}}}));
  CHECK(read["cacheScope"] == "private");
  CHECK(s.legacy(id, "resources/read", {{"uri", "test://bytes"}})
            .body()["result"]["contents"][0]["blob"] == "AP8=");

  for (auto* uri : {"test://none", "other://one", ""}) {
    auto modern = s.modern("resources/read", {{"uri", uri}});
    CHECK(modern.status() == 200);
    CHECK(modern.error_code() == -32602);
    CHECK(modern.body()["error"]["data"]["uri"] == uri);
    CHECK(s.legacy(id, "resources/read", {{"uri", uri}}).error_code() == -32002);
  }
  CHECK(s.modern("resources/read").status() == 400);
}

TEST_CASE("a prompt takes texts, and those that it needs") {
  some_server s;
  auto listed = s.modern("prompts/list").body()["result"]["prompts"][0];
  CHECK(listed["name"] == "greet");
  CHECK(listed["arguments"][0] ==
        json{{"name", "name"}, {"description", "Whom"}, {"required", true}});
  auto got = s.modern("prompts/get", {{"name", "greet"}, {"arguments", {{"name", "Ann"}}}})
                 .body()["result"];
  CHECK(got["description"] == "A greeting");
  CHECK(got["messages"][0]["content"]["text"] == "Greet Ann");
  CHECK(s.modern("prompts/get", {{"name", "greet"}}).error_code() == -32602);
  CHECK(s.modern("prompts/get", {{"name", "greet"}, {"arguments", {{"name", 1}}}}).error_code() ==
        -32602);
  CHECK(s.modern("prompts/get", {{"name", "none"}}).error_code() == -32602);
}

TEST_CASE("what may come next is found for prompts and for templates") {
  some_server s;
  auto complete = [&](const json& ref, const std::string& argument) {
    return s.modern("completion/complete",
                    {{"ref", ref}, {"argument", {{"name", argument}, {"value", "A"}}}});
  };
  json prompt{{"type", "ref/prompt"}, {"name", "greet"}};
  CHECK(complete(prompt, "name").body()["result"]["completion"] ==
        json{{"values", {"Ann"}}, {"total", 1}, {"hasMore", false}});
  CHECK(complete(prompt, "how").body()["result"]["completion"]["values"].empty());
  CHECK(complete(prompt, "none").error_code() == -32602);
  json any{{"type", "ref/resource"}, {"uri", "test://{name}"}};
  CHECK(complete(any, "name").body()["result"]["completion"]["values"] == json{"A-a", "A-b"});
  CHECK(complete({{"type", "ref/resource"}, {"uri", "other://{x}"}}, "x").error_code() == -32602);
  CHECK(complete({{"type", "ref/other"}}, "x").status() == 400);
  CHECK(s.modern("completion/complete").status() == 400);
}
