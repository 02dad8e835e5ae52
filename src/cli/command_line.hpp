// SPDX-License-Identifier: MIT
#pragma once

#include "cli/output.hpp"
#include "mahavishnu/config/load.hpp"
#include "mahavishnu/messages/server.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace mahavishnu::cli {

class journal_care;

/// What a client on standard input needs to reach a server.
struct bridge_wish {
  std::function<result<std::string>()> find_url;
  /// Empty: none.
  std::string token;
  std::size_t max_message_bytes = 0;
};

/// What an MCP endpoint has said; a problem that is empty is none.
struct endpoint_health {
  std::string http_problem;
  std::string mcp_problem;
  std::chrono::milliseconds round_trip{0};
};

/// Called once a server can be reached, with a way to end it.
using ready_callback = std::function<void(const server_status&, const std::function<void()>& end)>;

/// What commands need from the composition root, which is above them.
struct services {
  /// Runs a server until somebody ends it.
  std::function<result<void>(const config::settings&, const ready_callback& on_ready)> run_server;
  std::shared_ptr<journal_care> journals;
  /// Serves the client on standard input until that ends.
  std::function<result<void>(const bridge_wish&, std::stop_token)> bridge_mcp;
  /// Asks an endpoint how it is.
  std::function<endpoint_health(const std::string& url, const std::string& token)> ask_endpoint;
};

/// What holds for every command, as given on the command line.
struct global_options {
  std::string output = "text";
  std::string state_dir;
  std::string settings_dir;
  std::vector<std::string> sets; // KEY=VALUE
};

/// One invocation: commands add themselves to the parser, and the one that was given leaves what it
/// has to do in `action`.
struct invocation {
  const services& above;
  std::vector<std::string> arguments; // without the name of the program
  global_options global;
  /// Settings that a command has flags of its own for, such as `--port`.
  std::vector<config::flag> flags;
  std::function<int(output&)> action;
};

void add_server_commands(CLI::App& app, invocation& now);
void add_pool_commands(CLI::App& app, invocation& now);
/// Of the group `pool`.
void add_pool_task_commands(CLI::App& pool, invocation& now);
void add_batch_command(CLI::App& pool, invocation& now);
/// Of the group `pool`.
void add_pool_memory_command(CLI::App& pool, invocation& now);
void add_memory_commands(CLI::App& app, invocation& now);
void add_task_commands(CLI::App& app, invocation& now);
void add_event_commands(CLI::App& app, invocation& now);
void add_worker_commands(CLI::App& app, invocation& now);
void add_worker_type_commands(CLI::App& app, invocation& now);
void add_periodic_commands(CLI::App& app, invocation& now);
void add_store_commands(CLI::App& app, invocation& now);
void add_config_commands(CLI::App& app, invocation& now);
void add_auth_commands(CLI::App& app, invocation& now);
void add_mcp_commands(CLI::App& app, invocation& now);

/// Parses the command line, runs the command, and returns the exit code of the process.
int run(int argc, const char* const* argv, const services& above);

} // namespace mahavishnu::cli
