// SPDX-License-Identifier: MIT
#pragma once

#include "cli/output.hpp"
#include "mahavishnu/config/load.hpp"
#include "mahavishnu/messages/server.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace mahavishnu::cli {

class journal_care;

/// What commands need from the composition root, which is above them.
struct services {
  /// Runs a server until somebody ends it; `on_ready` is called once it can be reached.
  std::function<result<void>(const config::settings&,
                             const std::function<void(const server_status&)>& on_ready)>
      run_server;
  std::shared_ptr<journal_care> journals;
};

/// What holds for every command, as given on the command line.
struct global_options {
  std::string output = "table";
  bool quiet = false;
  bool no_input = false;
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
  /// Whether the process has nothing to do after this command, so that the command may end it.
  bool is_whole_process = false;
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
void add_attach_command(CLI::App& app, invocation& now);
void add_inspect_command(CLI::App& app, invocation& now);
void add_event_commands(CLI::App& app, invocation& now);
void add_terminal_commands(CLI::App& app, invocation& now);
void add_worker_commands(CLI::App& app, invocation& now);
void add_worker_type_commands(CLI::App& app, invocation& now);
void add_periodic_commands(CLI::App& app, invocation& now);
void add_store_commands(CLI::App& app, invocation& now);
void add_config_commands(CLI::App& app, invocation& now);
void add_auth_commands(CLI::App& app, invocation& now);
void add_top_command(CLI::App& app, invocation& now);
void add_each_command(CLI::App& app, invocation& now);
/// Takes `--` out of `each -k -- echo ::: a`, behind which all belongs to the command that is run.
void leave_out_end_of_options(invocation& now);

/// The options that hold for every command; for one that takes no others behind its own.
void add_global_options(CLI::App& app, global_options& global);

/// `mahavishnu` alone: how things stand, and what to do next.
int show_overview(const invocation& now, const output& out);

/// Parses the command line, runs the command, and returns the exit code of the process.
int run(int argc, const char* const* argv, const services& above);

} // namespace mahavishnu::cli
