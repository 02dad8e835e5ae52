// SPDX-License-Identifier: MIT
#include "cli/client_config.hpp"

#include "cli/toml_table.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <set>

namespace mahavishnu::cli {

namespace {

using json = nlohmann::ordered_json;

constexpr std::array<client_kind, 7> kinds{{
    {.name = "claude",
     .group = "mcpServers",
     .url_key = "url",
     .http_type = "http",
     .stdio_type = "stdio",
     .token = "${MAHAVISHNU_TOKEN}",
     .user_file = ".claude.json",
     .project_file = ".mcp.json",
     .directory_variable = "CLAUDE_CONFIG_DIR"},
    {.name = "claude-desktop",
     .group = "mcpServers",
     .url_key = {},
     .http_type = {},
     .stdio_type = {},
     .token = {},
     .user_file = ".config/Claude/claude_desktop_config.json",
     .project_file = {},
     .directory_variable = {}},
    {.name = "codex",
     .group = "mcp_servers",
     .url_key = "url",
     .http_type = {},
     .stdio_type = {},
     .token = {},
     .is_toml = true,
     .user_file = ".codex/config.toml",
     .project_file = ".codex/config.toml",
     .directory_variable = "CODEX_HOME"},
    {.name = "gemini",
     .group = "mcpServers",
     .url_key = "httpUrl",
     .http_type = {},
     .stdio_type = {},
     .token = "$MAHAVISHNU_TOKEN",
     .user_file = ".gemini/settings.json",
     .project_file = ".gemini/settings.json",
     .directory_variable = {}},
    {.name = "cursor",
     .group = "mcpServers",
     .url_key = "url",
     .http_type = {},
     .stdio_type = "stdio",
     .token = "${env:MAHAVISHNU_TOKEN}",
     .user_file = ".cursor/mcp.json",
     .project_file = ".cursor/mcp.json",
     .directory_variable = {}},
    {.name = "vscode",
     .group = "servers",
     .url_key = "url",
     .http_type = "http",
     .stdio_type = "stdio",
     .token = "${env:MAHAVISHNU_TOKEN}",
     .user_file = ".config/Code/User/mcp.json",
     .project_file = ".vscode/mcp.json",
     .directory_variable = {}},
    {.name = "qwen",
     .group = "mcpServers",
     .url_key = "httpUrl",
     .http_type = {},
     .stdio_type = {},
     .token = "$MAHAVISHNU_TOKEN",
     .user_file = ".qwen/settings.json",
     .project_file = ".qwen/settings.json",
     .directory_variable = {}},
}};

/// What a client is told to reach us by; none of it may be left over from before.
constexpr std::array<std::string_view, 7> own_members{"type",    "url",  "httpUrl", "serverUrl",
                                                      "command", "args", "headers"};

json json_entry(const client_kind& client, const offered_server& server) {
  json entry = json::object();
  auto is_http = !server.url.empty();
  auto type = is_http ? client.http_type : client.stdio_type;
  if (!type.empty())
    entry["type"] = type;
  if (is_http) {
    entry[std::string{client.url_key}] = server.url;
    if (server.needs_token)
      entry["headers"] = {{"Authorization", "Bearer " + std::string{client.token}}};
  } else {
    entry["command"] = server.command;
    entry["args"] = server.arguments;
  }
  return entry;
}

std::string toml_entry(const client_kind& client, const offered_server& server) {
  auto is_bare = std::ranges::all_of(server.name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
  auto text = "[" + std::string{client.group} + "." +
              (is_bare ? server.name : toml_string(server.name)) + "]\n";
  if (!server.url.empty()) {
    text += std::string{client.url_key} + " = " + toml_string(server.url) + "\n";
    if (server.needs_token)
      text += "bearer_token_env_var = \"MAHAVISHNU_TOKEN\"\n";
    return text;
  }
  text += "command = " + toml_string(server.command) + "\nargs = [";
  for (const auto& each : server.arguments)
    text += (&each == &server.arguments.front() ? "" : ", ") + toml_string(each);
  text += "]\n";
  if (server.needs_token)
    text += "env_vars = [\"MAHAVISHNU_TOKEN\"]\n";
  return text;
}

/// As the file does it, with blanks or tabs.
std::pair<int, char> indentation_of(std::string_view text) {
  for (auto at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) {
    auto end = text.find_first_not_of(text.substr(at + 1, 1), at + 1);
    if (at + 1 < text.size() && end != std::string_view::npos &&
        (text[at + 1] == ' ' || text[at + 1] == '\t'))
      return {static_cast<int>(end - at - 1), text[at + 1]};
  }
  return {2, ' '};
}

/// Nothing when there is no JSON, or a member comes twice: one of the two would be lost.
std::optional<json> parse_file(std::string_view text) {
  std::vector<std::set<std::string>> names;
  auto comes_twice = false;
  auto look = [&](int, json::parse_event_t event, json& value) {
    if (event == json::parse_event_t::object_start)
      names.emplace_back();
    else if (event == json::parse_event_t::object_end)
      names.pop_back();
    else if (event == json::parse_event_t::key && !names.back().insert(value).second)
      comes_twice = true;
    return true;
  };
  auto read = json::parse(text, look, false);
  if (read.is_discarded() || comes_twice)
    return std::nullopt;
  return read;
}

/// What somebody has added to the entry, such as a time limit, stays.
json renewed(const json& before, const json& entry) {
  json after = entry;
  if (before.is_object())
    for (const auto& [name, value] : before.items())
      if (!std::ranges::count(own_members, name))
        after[name] = value;
  return after;
}

} // namespace

std::span<const client_kind> client_kinds() {
  return kinds;
}

const client_kind* find_client_kind(std::string_view name) {
  const auto* found = std::ranges::find(kinds, name, &client_kind::name);
  return found == kinds.end() ? nullptr : found;
}

result<std::filesystem::path>
client_config_file(const client_kind& client, bool is_user_wide,
                   const std::map<std::string, std::string>& environment,
                   const std::filesystem::path& project) {
  auto variable = [&](std::string_view name) {
    auto found = environment.find(std::string{name});
    return found == environment.end() ? std::string{} : found->second;
  };
  auto relative = is_user_wide ? client.user_file : client.project_file;
  if (relative.empty())
    return error{errc::invalid_argument, std::string{client.name} +
                                             " has no configuration of its own for a project; "
                                             "leave out --scope project"};
  if (!is_user_wide)
    return project / relative;
  constexpr std::string_view config_home = ".config/";
  if (auto moved = variable(client.directory_variable);
      !client.directory_variable.empty() && !moved.empty())
    return std::filesystem::path{moved} / std::filesystem::path{relative}.filename();
  if (auto moved = variable("XDG_CONFIG_HOME"); relative.starts_with(config_home) && !moved.empty())
    return std::filesystem::path{moved} / relative.substr(config_home.size());
  auto home = variable("HOME");
  if (home.empty())
    return error{errc::invalid_argument,
                 "HOME is not set, so it is unknown where the configuration of " +
                     std::string{client.name} + " is; set it, or use --scope project"};
  return std::filesystem::path{home} / relative;
}

std::string client_config(const client_kind& client, const offered_server& server) {
  if (client.is_toml)
    return toml_entry(client, server);
  json file;
  file[std::string{client.group}][server.name] = json_entry(client, server);
  return file.dump(2) + "\n";
}

result<std::string> with_server(const client_kind& client, const offered_server& server,
                                const std::string& file) {
  if (client.is_toml)
    return with_toml_table(file, client.group, server.name, toml_entry(client, server));
  if (file.find_first_not_of(" \t\r\n") == std::string::npos)
    return client_config(client, server);
  auto read = parse_file(file);
  if (!read || !read->is_object())
    return error{
        errc::invalid_argument,
        "it is no plain JSON object (comments, or a member that comes twice, are neither)"};
  auto& servers = (*read)[std::string{client.group}];
  if (!servers.is_null() && !servers.is_object())
    return error{errc::invalid_argument, "its '" + std::string{client.group} + "' is no object"};
  auto& entry = servers[server.name];
  auto after = renewed(entry, json_entry(client, server));
  if (entry == after)
    return file;
  entry = std::move(after);
  auto [width, with] = indentation_of(file);
  return read->dump(width, with) + "\n";
}

} // namespace mahavishnu::cli
