// SPDX-License-Identifier: MIT
#include "cli/client_config.hpp"
#include "support/catch.hpp"

using namespace mahavishnu;
using namespace mahavishnu::cli;

namespace {

using json = nlohmann::ordered_json;

offered_server over_http() {
  offered_server server;
  server.url = "http://127.0.0.1:8680/mcp";
  return server;
}

offered_server over_stdio() {
  offered_server server;
  server.command = "/usr/bin/mahavishnu";
  server.arguments = {"mcp", "stdio"};
  return server;
}

json entry(std::string_view client, const offered_server& server) {
  const auto& kind = *find_client_kind(client);
  return json::parse(client_config(kind, server)).at(std::string{kind.group}).at("mahavishnu");
}

result<std::string> merged(std::string_view client, const std::string& file) {
  return with_server(*find_client_kind(client), over_http(), file);
}

} // namespace

TEST_CASE("each client is told of a server in its own words") {
  CHECK(entry("claude", over_http()) ==
        json{{"type", "http"}, {"url", "http://127.0.0.1:8680/mcp"}});
  CHECK(entry("gemini", over_http()) == json{{"httpUrl", "http://127.0.0.1:8680/mcp"}});
  CHECK(entry("qwen", over_http()) == json{{"httpUrl", "http://127.0.0.1:8680/mcp"}});
  CHECK(entry("cursor", over_http()) == json{{"url", "http://127.0.0.1:8680/mcp"}});
  CHECK(entry("vscode", over_http()) ==
        json{{"type", "http"}, {"url", "http://127.0.0.1:8680/mcp"}});
  CHECK(client_config(*find_client_kind("codex"), over_http()) ==
        "[mcp_servers.mahavishnu]\nurl = \"http://127.0.0.1:8680/mcp\"\n");
  json command{{"command", "/usr/bin/mahavishnu"}, {"args", {"mcp", "stdio"}}};
  CHECK(entry("claude-desktop", over_stdio()) == command);
  CHECK(entry("gemini", over_stdio()) == command);
  CHECK(
      client_config(*find_client_kind("codex"), over_stdio()) ==
      "[mcp_servers.mahavishnu]\ncommand = \"/usr/bin/mahavishnu\"\nargs = [\"mcp\", \"stdio\"]\n");
  json typed{{"type", "stdio"}};
  typed.update(command);
  CHECK(entry("vscode", over_stdio()) == typed);
  CHECK(entry("claude", over_stdio()) == typed);
}

TEST_CASE("a token comes from the environment of the client and is in no file") {
  auto server = over_http();
  server.needs_token = true;
  CHECK(entry("claude", server).at("headers").at("Authorization") == "Bearer ${MAHAVISHNU_TOKEN}");
  CHECK(entry("vscode", server).at("headers").at("Authorization") ==
        "Bearer ${env:MAHAVISHNU_TOKEN}");
  CHECK_THAT(client_config(*find_client_kind("codex"), server),
             ContainsSubstring("bearer_token_env_var = \"MAHAVISHNU_TOKEN\""));
}

TEST_CASE("a client's file keeps all else that is in it, in its order and form") {
  const std::string before = "{\n    \"z\": 1,\n    \"mcpServers\": {\n        \"other\": {\n"
                             "            \"command\": \"x\"\n        }\n    },\n    \"a\": [\n"
                             "        true\n    ]\n}\n";
  auto once = merged("cursor", before).value();
  CHECK(once == "{\n    \"z\": 1,\n    \"mcpServers\": {\n        \"other\": {\n"
                "            \"command\": \"x\"\n        },\n        \"mahavishnu\": {\n"
                "            \"url\": \"http://127.0.0.1:8680/mcp\"\n        }\n    },\n"
                "    \"a\": [\n        true\n    ]\n}\n");
  CHECK(merged("cursor", once).value() == once);
  CHECK(merged("cursor", " \n").value() == client_config(*find_client_kind("cursor"), over_http()));
}

TEST_CASE("what somebody has added to the entry of the server stays") {
  auto text = merged("gemini", R"({"mcpServers": {"mahavishnu":
      {"command": "old", "args": [], "trust": true}}})")
                  .value();
  CHECK(json::parse(text).at("mcpServers").at("mahavishnu") ==
        json{{"httpUrl", "http://127.0.0.1:8680/mcp"}, {"trust", true}});
}

TEST_CASE("a client's file that cannot be understood is refused") {
  for (const auto* each :
       {"// mine\n{}", "{,}", "[]", "{\"a\": 1, \"a\": 2}", "{\"mcpServers\": 7}"}) {
    INFO(each);
    CHECK(merged("claude", each).has_error());
  }
}

TEST_CASE("the file of a client is where the client looks") {
  auto file = [](std::string_view client, bool is_user_wide,
                 std::map<std::string, std::string> environment = {{"HOME", "/home/ann"}}) {
    auto found = client_config_file(*find_client_kind(client), is_user_wide, environment, "/src/p");
    return found ? found->string() : "error: " + found.error().message;
  };
  CHECK(file("claude", true) == "/home/ann/.claude.json");
  CHECK(file("claude", false) == "/src/p/.mcp.json");
  CHECK(file("codex", true) == "/home/ann/.codex/config.toml");
  CHECK(file("codex", true, {{"HOME", "/h"}, {"CODEX_HOME", "/c"}}) == "/c/config.toml");
  CHECK(file("gemini", true) == "/home/ann/.gemini/settings.json");
  CHECK(file("qwen", false) == "/src/p/.qwen/settings.json");
  CHECK(file("cursor", true) == "/home/ann/.cursor/mcp.json");
  CHECK(file("vscode", false) == "/src/p/.vscode/mcp.json");
  CHECK(file("vscode", true, {{"HOME", "/h"}, {"XDG_CONFIG_HOME", "/x"}}) ==
        "/x/Code/User/mcp.json");
  CHECK_THAT(file("claude-desktop", false), ContainsSubstring("--scope project"));
  CHECK_THAT(file("claude", true, {}), ContainsSubstring("HOME"));
}
