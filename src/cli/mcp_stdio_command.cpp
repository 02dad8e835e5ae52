// SPDX-License-Identifier: MIT
#include "base/state_dir.hpp"
#include "cli/mcp_commands.hpp"
#include "cli/mcp_services.hpp"
#include "cli/session.hpp"

#include <CLI/CLI.hpp>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <thread>

namespace mahavishnu::cli {

using namespace std::chrono_literals;

namespace {

struct stdio_options {
  bool connects = false;
  bool embeds = false;
  acquaintance with_server;
};

bridge_wish wish_of(const config::settings& settings, std::string token) {
  bridge_wish wish;
  wish.token = std::move(token);
  wish.max_message_bytes = static_cast<std::size_t>(settings.get<"mcp.max_body_bytes">());
  return wish;
}

/// Where the server of this invocation has its endpoint now.
result<std::string> find_url(const invocation& now, const output& out) {
  auto server = session::open(now, out);
  if (!server)
    return server.error();
  auto door = (*server)->ask<mcp_status>(get_mcp_status{});
  if (!door)
    return door.error();
  if (!door->running)
    return error{errc::unreachable,
                 "the MCP endpoint of the server is closed; open it with: mahavishnu mcp start"};
  return door->url;
}

constexpr auto longest_start = 10s;
constexpr auto between_looks = 100ms;

/// A server that has just been started takes its directory before it listens.
void wait_for_start(const invocation& now, const output& out, const std::filesystem::path& where) {
  auto end = std::chrono::steady_clock::now() + longest_start;
  while (std::chrono::steady_clock::now() < end && server_lock::is_held(where)) {
    if (session::open(now, out))
      return;
    std::this_thread::sleep_for(between_looks);
  }
}

int connect(const invocation& now, const output& out, const std::filesystem::path& where,
            bridge_wish wish, std::string ca_file) {
  wish.ca_file = std::move(ca_file);
  wait_for_start(now, out, where);
  wish.find_url = [&now, &out] { return find_url(now, out); };
  auto ended = bridge_mcp(wish, {});
  return ended ? done : out.failure(ended.error());
}

/// A server in this process, for as long as the client is there.
result<void> embed(const invocation& now, const config::settings& settings, bridge_wish wish) {
  std::jthread bridge;
  result<void> bridged;
  auto ready = [&](const server_status& server) {
    wish.find_url = [url = server.mcp.url]() -> result<std::string> { return url; };
    bridge = std::jthread([&](std::stop_token stop) {
      bridged = bridge_mcp(wish, std::move(stop));
      ::kill(::getpid(), SIGTERM); // the way to end a server
    });
  };
  auto ended = now.above.run_server(settings, ready);
  bridge = {};
  return ended ? bridged : ended;
}

int stdio(invocation& now, const output& out, const stdio_options& options) {
  auto token = read_token(options.with_server.token_file);
  if (!token)
    return out.failure(token.error());
  ::unsetenv("MAHAVISHNU_TOKEN"); // no business of what a server in here runs
  auto found = find_instance(now, out);
  if (!found)
    return out.failure(found.error());
  auto wish = wish_of(found->settings, std::move(*token));
  auto ca_file = trusted_file(options.with_server, found->settings);
  auto connects =
      options.connects || (!options.embeds && server_lock::is_held(found->state_directory));
  if (connects)
    return connect(now, out, found->state_directory, std::move(wish), std::move(ca_file));
  // Others may want the usual port, and nobody is told of this one.
  now.flags.push_back({"mcp.host", "127.0.0.1", "mcp stdio"});
  now.flags.push_back({"mcp.port", "0", "mcp stdio"});
  // Nobody else can listen to what the two of us say.
  now.flags.push_back({"mcp.tls_certificate", "", "mcp stdio"});
  now.flags.push_back({"mcp.tls_key", "", "mcp stdio"});
  auto settings = load_settings(now, out);
  if (!settings)
    return settings.error();
  auto ended = embed(now, *settings, wish);
  // Somebody else was quicker, and shares.
  if (!ended && ended.error().code == errc::already_exists && !options.embeds)
    return connect(now, out, found->state_directory, std::move(wish), std::move(ca_file));
  return ended ? done : out.failure(ended.error());
}

} // namespace

void add_mcp_stdio_command(CLI::App& mcp, invocation& now) {
  auto given = std::make_shared<stdio_options>();
  auto* command = mcp.add_subcommand(
      "stdio", "Be an MCP server on standard input and output, for clients that start one");
  auto* connects = command->add_flag("--connect", given->connects,
                                     "Only pass on to the server that runs, also to a later one");
  command
      ->add_flag("--embedded", given->embeds,
                 "Only with a server in this process, which ends with the input")
      ->excludes(connects);
  add_acquaintance(*command, given->with_server);
  command->callback([&now, given] {
    now.action = [&now, given](output&) {
      // Standard output is for messages of MCP only.
      output out;
      return stdio(now, out, *given);
    };
  });
}

} // namespace mahavishnu::cli
