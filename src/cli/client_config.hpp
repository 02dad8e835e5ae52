// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/error.hpp"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The configuration of programs that are clients of MCP servers. Pure: what becomes of files is
/// up to the command.
namespace mahavishnu::cli {

/// How one of these programs is told of a server.
struct client_kind {
  std::string_view name;
  /// The object in its file, or the TOML table, that holds all servers.
  std::string_view group;
  /// The member with the address of a server over HTTP; empty: it only starts processes.
  std::string_view url_key;
  /// What its member `type` says of each; empty: it has none.
  std::string_view http_type, stdio_type;
  /// How it is told to take a token from the environment; empty: by other means.
  std::string_view token;
  bool is_toml = false;
  /// In the home directory, and in a project; empty: there is none.
  std::string_view user_file, project_file;
  /// A variable that names another directory for the user's file.
  std::string_view directory_variable;
};

std::span<const client_kind> client_kinds();
const client_kind* find_client_kind(std::string_view name);

/// The server, as a client is to reach it.
struct offered_server {
  std::string name = "mahavishnu";
  /// Empty: by the command.
  std::string url;
  std::string command;
  std::vector<std::string> arguments;
  /// It asks for a token, which is in MAHAVISHNU_TOKEN.
  bool needs_token = false;
};

/// Where the client looks. `environment` has HOME.
result<std::filesystem::path>
client_config_file(const client_kind& client, bool is_user_wide,
                   const std::map<std::string, std::string>& environment,
                   const std::filesystem::path& project);

/// What a file says that has nothing but this server.
std::string client_config(const client_kind& client, const offered_server& server);

/// A file with this server in it, and all else as it was. The same text when it is there already.
result<std::string> with_server(const client_kind& client, const offered_server& server,
                                const std::string& file);

} // namespace mahavishnu::cli
