// SPDX-License-Identifier: MIT
#include "base/state_dir.hpp"
#include "cli/command_line.hpp"
#include "cli/detach.hpp"
#include "cli/session.hpp"
#include "cli/wait_for_end.hpp"

#include <CLI/CLI.hpp>

#include <memory>
#include <sstream>

namespace mahavishnu::cli {

namespace {

std::string show_status(const server_status& server) {
  std::ostringstream text;
  text << server.server_name << " " << server.version << " is "
       << (server.shutting_down ? "shutting down" : "up") << "\n  Process: " << server.pid
       << "\n  State: " << server.state_dir << "\n  Uptime: " << std::fixed << std::setprecision(1)
       << std::chrono::duration<double>(server.uptime).count() << " s\n  MCP: "
       << (server.mcp.url.empty() ? "closed; open it with: mahavishnu mcp start" : server.mcp.url)
       << "\n  Pools: " << server.pools_active << "\n";
  return text.str();
}

int up(const invocation& now, const output& out, int ready_descriptor) {
  auto settings = load_settings(now, out);
  if (!settings)
    return settings.error();
  bool is_ready = false;
  auto ready = [&](const server_status& server) {
    is_ready = true;
    if (ready_descriptor >= 0)
      return tell_ready(ready_descriptor, server);
    out.answer("server_status", json::from(server), show_status(server));
    out.talk("Ctrl-C ends it.");
  };
  auto ended = now.above.run_server(*settings, ready);
  if (!ended && !is_ready && ready_descriptor >= 0)
    tell_failure(ready_descriptor, ended.error());
  return ended ? done : out.failure(ended.error());
}

int up_detached(const invocation& now, const output& out) {
  // Wrong settings are told here, by the process that the user looks at.
  auto settings = load_settings(now, out);
  if (!settings)
    return settings.error();
  auto directory = state_directory(*settings);
  if (!directory)
    return out.failure(directory.error());
  if (auto good = state_dir::prepare(*directory); !good)
    return out.failure(good.error());
  auto server = start_detached(now.arguments, *directory / state_dir::detached_log);
  if (!server)
    return out.failure(server.error());
  out.answer("server_status", json::from(*server), show_status(*server));
  return done;
}

void add_up(CLI::App& app, invocation& now) {
  auto* command = app.add_subcommand("up", "Start the server");
  struct options {
    std::string host, port;
    bool detach = false;
    bool fixtures = false;
    int ready_descriptor = -1;
  };
  auto given = std::make_shared<options>();
  command->add_option("--host", given->host, "Address of the MCP endpoint (mcp.host)");
  command->add_option("--port", given->port,
                      "Port of the MCP endpoint, 0 for a free one (mcp.port)");
  command->add_flag("--conformance-fixtures", given->fixtures,
                    "Offer what the official MCP conformance suite calls, too");
  command->add_flag("--detach,-d", given->detach, "Return when the server is ready");
  command->add_option("--ready-fd", given->ready_descriptor)->group(""); // from up --detach
  command->callback([&now, given] {
    if (!given->host.empty())
      now.flags.push_back({"mcp.host", given->host, "--host"});
    if (!given->port.empty())
      now.flags.push_back({"mcp.port", given->port, "--port"});
    if (given->fixtures)
      now.flags.push_back({"mcp.conformance_fixtures", "true", "--conformance-fixtures"});
    now.action = [&now, given](output& out) {
      return given->detach ? up_detached(now, out) : up(now, out, given->ready_descriptor);
    };
  });
}

void say_that_none_runs(const output& out) {
  out.answer("server_status", {{"running", false}}, "");
}

int status(const invocation& now, const output& out) {
  auto server = session::open(now, out);
  if (!server && server.error().code == errc::unreachable && out.is_json()) {
    say_that_none_runs(out);
    return no_server;
  }
  if (!server)
    return out.failure(server.error());
  auto answer = (*server)->ask<server_status>(get_status{});
  if (!answer)
    return out.failure(answer.error());
  auto object = json::value{{"running", true}};
  object.update(json::from(*answer));
  out.answer("server_status", object, show_status(*answer));
  return (*server)->leave(done);
}

int down(const invocation& now, bool cancels, const output& out) {
  auto server = session::open(now, out);
  if (!server && server.error().code == errc::unreachable) {
    say_that_none_runs(out);
    out.talk(told(server.error()).what);
    return done;
  }
  if (!server)
    return out.failure(server.error());
  const auto& settings = (*server)->settings();
  std::chrono::seconds limit{settings.get<"exec.grace_seconds">() +
                             2 * settings.get<"actors.shutdown_timeout_seconds">() + 5};
  if (cancels)
    if (auto closed = (*server)->ask<pools_closed>(close_all_pools{}, limit); !closed)
      return out.failure(closed.error());
  auto answer = (*server)->ask<server_stopping>(shut_down{});
  if (!answer)
    return out.failure(answer.error());
  if (!wait_for_end(answer->pid, limit))
    return out.failure({errc::timeout, "the server (pid " + std::to_string(answer->pid) +
                                           ") has not ended in time; it still ends its tasks"});
  out.answer("server_stopped", {{"running", false}, {"pid", answer->pid}, {"status", "stopped"}},
             "Stopped the server (pid " + std::to_string(answer->pid) + ").\n");
  return done;
}

int show_version(const output& out) {
  out.answer("version", {{"name", "mahavishnu"}, {"version", MAHAVISHNU_VERSION}},
             "mahavishnu " MAHAVISHNU_VERSION "\n");
  return done;
}

} // namespace

void add_server_commands(CLI::App& app, invocation& now) {
  add_up(app, now);
  auto* down_command = app.add_subcommand(
      "down", "End the server; what is in its journal goes on with the next one");
  auto cancels = std::make_shared<bool>(false);
  down_command->add_flag("--cancel", *cancels,
                         "Close all pools first: end what runs or waits there");
  down_command->callback([&now, cancels] {
    now.action = [&now, cancels](output& out) { return down(now, *cancels, out); };
  });
  app.add_subcommand("status", "Say whether the server is up, and where")->callback([&now] {
    now.action = [&now](output& out) { return status(now, out); };
  });
  app.add_subcommand("version", "Print the version")->callback([&now] {
    now.action = [](output& out) { return show_version(out); };
  });
}

} // namespace mahavishnu::cli
