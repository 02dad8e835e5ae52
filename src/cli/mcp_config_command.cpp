// SPDX-License-Identifier: MIT
#include "base/durable_file.hpp"
#include "cli/client_config.hpp"
#include "cli/mcp_commands.hpp"
#include "cli/session.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <memory>

namespace mahavishnu::cli {

namespace {

namespace fs = std::filesystem;

struct config_options {
  std::string client;
  std::string scope;
  std::string name = "mahavishnu";
  bool writes = false;
  bool starts_process = false;
};

/// Where the running server is, or will be.
result<std::string> endpoint_url(const invocation& now, const output& out,
                                 const config::settings& settings) {
  if (auto server = session::open(now, out))
    if (auto door = (*server)->ask<mcp_status>(get_mcp_status{}); door && door->running)
      return door->url;
  auto port = settings.get<"mcp.port">();
  if (port == 0)
    return error{errc::unreachable,
                 "no server is running, and mcp.port is 0, so nobody knows the address; start it "
                 "first, set mcp.port, or use --stdio"};
  const auto& host = settings.get<"mcp.host">();
  auto scheme = settings.get<"mcp.tls_certificate">().empty() ? "http://" : "https://";
  return scheme + (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" +
         std::to_string(port) + settings.get<"mcp.path">();
}

/// How a client starts `mcp stdio` for this instance, from whatever directory.
void add_command(const invocation& now, const fs::path& state_directory, offered_server& server) {
  std::error_code failure;
  auto self = fs::read_symlink("/proc/self/exe", failure);
  server.command = failure ? std::string{"mahavishnu"} : self.string();
  server.arguments = {"mcp", "stdio", "--state-dir", fs::absolute(state_directory).string()};
  if (!now.global.settings_dir.empty())
    for (const auto& each :
         {std::string{"--settings-dir"}, fs::absolute(now.global.settings_dir).string()})
      server.arguments.push_back(each);
  for (const auto& each : now.global.sets)
    server.arguments.insert(server.arguments.end(), {"--set", each});
}

result<std::string> read_file(const fs::path& file) {
  constexpr std::size_t longest = std::size_t{64} << 20;
  std::error_code failure;
  if (!fs::exists(file, failure) && !failure)
    return std::string{};
  auto size = fs::file_size(file, failure);
  std::ifstream in{file, std::ios::binary};
  if (failure || !in || size > longest)
    return error{errc::io_failed, "cannot read '" + file.string() + "'"};
  return std::string{std::istreambuf_iterator<char>{in}, {}};
}

/// What became of a file.
struct written {
  bool has_changed = false;
  /// Empty: there was none.
  std::string backup;
};

/// Whoever reads the file sees the old or the new one; the old one is kept beside it.
result<written> write(const fs::path& where, const client_kind& client,
                      const offered_server& server, bool is_private) {
  std::error_code failure;
  // A file that is kept somewhere else and linked to stays there.
  auto file = fs::is_symlink(where, failure) && !fs::exists(where, failure)
                  ? where.parent_path() / fs::read_symlink(where, failure)
                  : fs::weakly_canonical(where, failure);
  if (failure)
    file = where;
  auto before = read_file(file);
  if (!before)
    return before.error();
  auto after = with_server(client, server, *before);
  if (!after)
    return error{after.error().code, "'" + file.string() +
                                         "' is left alone: " + after.error().message +
                                         "; add what 'mahavishnu mcp config --client " +
                                         std::string{client.name} + "' prints by hand"};
  written outcome;
  auto is_there = fs::exists(file, failure);
  if (is_there && *after == *before)
    return outcome;
  auto rights = is_there ? fs::status(file, failure).permissions()
                         : fs::perms::owner_read | fs::perms::owner_write |
                               (is_private ? fs::perms::none
                                           : fs::perms::group_read | fs::perms::others_read);
  fs::create_directories(file.parent_path(), failure);
  if (is_there) {
    auto backup = file;
    backup += ".before-mahavishnu";
    fs::copy_file(file, backup, fs::copy_options::overwrite_existing, failure);
    if (failure)
      return error{errc::io_failed, "cannot keep a copy of '" + file.string() +
                                        "': " + failure.message() + "; it is left alone"};
    outcome.backup = backup.string();
  }
  // A client that runs may have written it meanwhile.
  if (auto still = read_file(file); !still || *still != *before)
    return error{errc::io_failed,
                 "'" + file.string() + "' has just been changed by somebody else; try again"};
  if (auto replaced = replace_file(file, *after); !replaced)
    return replaced.error();
  fs::permissions(file, rights, failure);
  outcome.has_changed = true;
  return outcome;
}

int run_config(const invocation& now, const output& out, const config_options& options) {
  const auto& client = *find_client_kind(options.client);
  auto found = find_instance(now, out);
  if (!found)
    return out.failure(found.error());
  offered_server server;
  server.name = options.name;
  server.needs_token = found->settings.get<"auth.enabled">();
  if (options.starts_process || client.url_key.empty()) {
    add_command(now, found->state_directory, server);
  } else {
    auto url = endpoint_url(now, out, found->settings);
    if (!url)
      return out.failure(url.error());
    server.url = *url;
  }
  // Where an editor looks is usually a matter of the project.
  auto scope = !options.scope.empty()    ? options.scope
               : client.name == "vscode" ? "project"
                                         : "user";
  auto file = client_config_file(client, scope == "user", config::process_environment(),
                                 fs::current_path());
  if (!file)
    return out.failure(file.error());
  auto text = client_config(client, server);
  json::value answer{{"client", client.name}, {"scope", scope}, {"file", file->string()}};
  if (client.is_toml)
    answer["configuration"] = text;
  else
    answer["configuration"] = json::value::parse(text);
  if (!options.writes) {
    out.answer("mcp_client_config", answer, text);
    out.talk("This is for '" + file->string() + "'; --write puts it there.");
    return done;
  }
  auto outcome = write(*file, client, server, scope == "user");
  if (!outcome)
    return out.failure(outcome.error());
  answer["changed"] = outcome->has_changed;
  if (!outcome->backup.empty())
    answer["backup"] = outcome->backup;
  out.answer(
      "mcp_client_config", answer,
      outcome->has_changed
          ? "Wrote '" + file->string() + "'" +
                (outcome->backup.empty() ? ".\n" : "; as it was: '" + outcome->backup + "'.\n")
          : "'" + file->string() + "' says so already.\n");
  if (server.needs_token)
    out.talk("The server asks for a token: set MAHAVISHNU_TOKEN where the client runs (mahavishnu "
             "auth token create).");
  return done;
}

} // namespace

void add_mcp_config_command(CLI::App& mcp, invocation& now) {
  auto given = std::make_shared<config_options>();
  auto* command =
      mcp.add_subcommand("config", "Print how to tell an MCP client of this server, or tell it");
  std::vector<std::string> names;
  for (const auto& each : client_kinds())
    names.emplace_back(each.name);
  command->add_option("--client", given->client, "Which client")
      ->required()
      ->check(CLI::IsMember(names));
  command->add_flag("--write", given->writes,
                    "Put it into the client's file, which keeps all else, with a copy of before");
  command->add_flag("--stdio", given->starts_process,
                    "Have the client start 'mcp stdio' instead of using the URL");
  command
      ->add_option("--scope", given->scope,
                   "For this user, or for the project in this directory (default: user; vscode: "
                   "project)")
      ->check(CLI::IsMember({"user", "project"}));
  command->add_option("--name", given->name, "What the client calls the server")
      ->check([](const std::string& name) {
        auto is_good = !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) {
          return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                 c == '-' || c == '_';
        });
        return is_good ? std::string{} : "a name has letters, digits, - and _ only";
      })
      ->default_str("mahavishnu");
  command->callback([&now, given] {
    now.action = [&now, given](output& out) { return run_config(now, out, *given); };
  });
}

} // namespace mahavishnu::cli
