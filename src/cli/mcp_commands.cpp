// SPDX-License-Identifier: MIT
#include "cli/mcp_commands.hpp"

#include "base/state_dir.hpp"
#include "cli/detach.hpp"
#include "cli/kinds.hpp"
#include "cli/mcp_services.hpp"
#include "cli/session.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>

namespace mahavishnu::cli {

namespace {

/// Where to listen, as given on the command line.
struct listening_options {
  std::string host;
  std::int32_t port = -1;
};

std::string show(const mcp_status& door) {
  std::ostringstream text;
  if (!door.running) {
    text << "MCP is closed (it was on port " << door.port << ").\n";
    return text.str();
  }
  text << "MCP is open\n  URL: " << door.url << "\n  Uptime: " << std::fixed << std::setprecision(1)
       << std::chrono::duration<double>(door.uptime).count()
       << " s\n  Connections: " << door.connections << "\n  Requests: " << door.requests << "\n";
  return text.str();
}

int no_server_is_running(const output& out, const error& why, int code) {
  out.answer(kind_of<mcp_status>(), {{"running", false}}, "");
  out.talk(why.message);
  return code;
}

/// The command line of a server for this invocation.
std::vector<std::string> arguments_of_server(const invocation& now,
                                             const listening_options& options) {
  std::vector<std::string> words{"up"};
  auto add = [&](const char* option, const std::string& value) {
    if (!value.empty())
      words.insert(words.end(), {option, value});
  };
  add("--state-dir", now.global.state_dir);
  add("--settings-dir", now.global.settings_dir);
  for (const auto& each : now.global.sets)
    add("--set", each);
  add("--host", options.host);
  add("--port", options.port < 0 ? std::string{} : std::to_string(options.port));
  return words;
}

int show_door(const invocation& now, const output& out) {
  auto server = session::open(now, out);
  if (!server)
    return out.failure(server.error());
  auto door = (*server)->ask<mcp_status>(get_mcp_status{});
  if (!door)
    return out.failure(door.error());
  out.answer(kind_of<mcp_status>(), json::from(*door), show(*door));
  return done;
}

int start_server(invocation& now, const output& out, const listening_options& options) {
  // Wrong settings are told here, by the process that the user looks at.
  if (!options.host.empty())
    now.flags.push_back({"mcp.host", options.host, "--host"});
  if (options.port >= 0)
    now.flags.push_back({"mcp.port", std::to_string(options.port), "--port"});
  auto found = find_instance(now, out);
  if (!found)
    return out.failure(found.error());
  const auto& directory = found->state_directory;
  if (auto good = state_dir::prepare(directory); !good)
    return out.failure(good.error());
  auto server =
      start_detached(arguments_of_server(now, options), directory / state_dir::detached_log);
  if (!server)
    return out.failure(server.error());
  out.talk("Started a server (pid " + std::to_string(server->pid) +
           "); end it with: mahavishnu down");
  return show_door(now, out);
}

int change_door(invocation& now, const output& out, mcp_change change,
                const listening_options& options) {
  auto server = session::open(now, out);
  if (!server && server.error().code == errc::unreachable)
    return change == mcp_change::stop ? no_server_is_running(out, server.error(), done)
                                      : start_server(now, out, options);
  if (!server)
    return out.failure(server.error());
  auto door = (*server)->ask<mcp_status>(change_mcp{change, options.host, options.port});
  if (!door)
    return out.failure(door.error());
  out.answer(kind_of<mcp_status>(), json::from(*door), show(*door));
  if (change == mcp_change::stop)
    out.talk("The server goes on; end it with: mahavishnu down");
  return done;
}

int status(const invocation& now, const output& out) {
  auto server = session::open(now, out);
  if (!server)
    return server.error().code == errc::unreachable
               ? no_server_is_running(out, server.error(), no_server)
               : out.failure(server.error());
  auto door = (*server)->ask<mcp_status>(get_mcp_status{});
  if (!door)
    return out.failure(door.error());
  out.answer(kind_of<mcp_status>(), json::from(*door), show(*door));
  return door->running ? done : failed;
}

int health(const invocation& now, const output& out, const acquaintance& given) {
  auto unhealthy = [&](const std::string& why, int code) {
    out.answer("mcp_health", {{"status", "unhealthy"}, {"error", why}}, "unhealthy: " + why + "\n");
    return code;
  };
  auto token = read_token(given.token_file);
  if (!token)
    return out.failure(token.error());
  auto found = find_instance(now, out);
  if (!found)
    return out.failure(found.error());
  auto server = session::open(now, out);
  if (!server)
    return server.error().code == errc::unreachable ? unhealthy(server.error().message, no_server)
                                                    : out.failure(server.error());
  auto door = (*server)->ask<mcp_status>(get_mcp_status{});
  if (!door)
    return unhealthy(door.error().message, failed);
  if (!door->running)
    return unhealthy("MCP is closed; open it with: mahavishnu mcp start", failed);
  auto said = ask_endpoint(door->url, *token, trusted_file(given, found->settings));
  auto is_good = said.http_problem.empty() && said.mcp_problem.empty();
  auto word = [](const std::string& problem) {
    return problem.empty() ? std::string{"ok"} : problem;
  };
  std::ostringstream text;
  text << (is_good ? "healthy" : "unhealthy") << ": " << door->url
       << "\n  HTTP: " << word(said.http_problem) << "\n  MCP: " << word(said.mcp_problem)
       << "\n  Round trip: " << said.round_trip.count() << " ms\n";
  out.answer("mcp_health",
             {{"status", is_good ? "healthy" : "unhealthy"},
              {"url", door->url},
              {"http", word(said.http_problem)},
              {"mcp", word(said.mcp_problem)},
              {"round_trip", std::chrono::duration<double>(said.round_trip).count()}},
             text.str());
  return is_good ? done : failed;
}

void add_change(CLI::App& mcp, invocation& now, mcp_change change, const char* name,
                const char* what) {
  auto* command = mcp.add_subcommand(name, what);
  auto given = std::make_shared<listening_options>();
  if (change != mcp_change::stop) {
    command->add_option("--host", given->host, "Address to listen on (otherwise as it was)");
    command
        ->add_option("--port,-p", given->port,
                     "Port to listen on, 0 for a free one (otherwise as it was)")
        ->check(CLI::Range(0, 65535));
  }
  command->callback([&now, given, change] {
    now.action = [&now, given, change](output& out) {
      return change_door(now, out, change, *given);
    };
  });
}

} // namespace

void add_acquaintance(CLI::App& command, acquaintance& given) {
  command.add_option("--token-file", given.token_file,
                     "File with the token to show the server (default: MAHAVISHNU_TOKEN)");
  command
      .add_option("--ca-file", given.ca_file,
                  "Certificates to trust, in PEM (default: mcp.tls_certificate, and without that "
                  "those of the system)")
      ->check(CLI::ExistingFile);
}

std::string trusted_file(const acquaintance& given, const config::settings& settings) {
  return !given.ca_file.empty() ? given.ca_file : settings.get<"mcp.tls_certificate">();
}

result<std::string> read_token(const std::string& file) {
  std::string token;
  if (!file.empty()) {
    constexpr std::size_t longest = 16384;
    std::error_code failure;
    std::ifstream in;
    if (!std::filesystem::is_directory(file, failure))
      in.open(file, std::ios::binary);
    token.resize(longest + 1);
    if (!in.is_open() || in.read(token.data(), longest + 1).bad())
      return error{errc::invalid_argument, "cannot read the token file '" + file + "'"};
    token.resize(static_cast<std::size_t>(in.gcount()));
    if (token.size() > longest)
      return error{errc::invalid_argument, "the token file '" + file + "' is too long for a token"};
  } else if (const auto* given = std::getenv("MAHAVISHNU_TOKEN")) {
    token = given;
  }
  auto end = token.find_last_not_of(" \t\r\n");
  token.resize(end == std::string::npos ? 0 : end + 1);
  if (std::ranges::any_of(token, [](char c) { return c <= ' ' || c > '~'; }))
    return error{errc::invalid_argument,
                 "the token has characters that no token has; give one line with nothing else"};
  return token;
}

void add_mcp_commands(CLI::App& app, invocation& now) {
  auto* group = app.add_subcommand("mcp", "The MCP endpoint of the server, and its clients");
  group->require_subcommand(1);
  add_change(*group, now, mcp_change::start, "start",
             "Open the MCP endpoint; starts a server where none runs");
  add_change(*group, now, mcp_change::stop, "stop",
             "Close the MCP endpoint, with /livez and the like; the server goes on");
  add_change(*group, now, mcp_change::restart, "restart",
             "Close and open the MCP endpoint; starts a server where none runs");
  group->add_subcommand("status", "Say where the MCP endpoint is; exit code 1 when it is closed")
      ->callback([&now] { now.action = [&now](output& out) { return status(now, out); }; });
  auto given = std::make_shared<acquaintance>();
  auto* asking = group->add_subcommand(
      "health", "Ask the MCP endpoint over HTTP; exit code 1 when it does not answer as it should");
  add_acquaintance(*asking, *given);
  asking->callback([&now, given] {
    now.action = [&now, given](output& out) { return health(now, out, *given); };
  });
  add_mcp_stdio_command(*group, now);
  add_mcp_config_command(*group, now);
}

} // namespace mahavishnu::cli
