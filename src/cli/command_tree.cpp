// SPDX-License-Identifier: MIT
#include "cli/command_tree.hpp"

#include "cli/command_page.hpp"
#include "cli/guide_commands.hpp"
#include "cli/mcp_commands.hpp"
#include "cli/script_commands.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>

namespace mahavishnu::cli {

namespace {

/// Commands that one function adds to the program.
struct family {
  void (*add)(CLI::App& app, invocation& now);
  std::vector<std::string_view> names;
};

/// In the order of the help.
const std::vector<family>& families() {
  static const std::vector<family> all{
      {add_server_commands, {"up", "down", "status", "version"}},
      {add_pool_commands, {"pool"}},
      {add_task_commands, {"task", "ps", "logs", "wait", "cancel"}},
      {add_attach_command, {"attach"}},
      {add_inspect_command, {"inspect"}},
      {add_event_commands, {"events"}},
      {add_terminal_commands, {"terminal"}},
      {add_top_command, {"top"}},
      {add_worker_commands, {"workers"}},
      {add_worker_type_commands, {"worker-types"}},
      {add_periodic_commands, {"periodic"}},
      {add_memory_commands, {"memory"}},
      {add_store_commands, {"store"}},
      {add_config_commands, {"config"}},
      {add_mcp_commands, {"mcp"}},
      {add_auth_commands, {"auth"}},
      {add_exec_command, {"exec"}},
      {add_each_command, {"each"}},
      {add_run_commands, {"runs"}},
      {add_advise_command, {"advise"}},
      {add_doctor_command, {"doctor"}},
      {add_schema_command, {"schema"}},
      {add_docs_commands, {}}, // which tell of all others
      {add_completion_command, {"completion"}},
  };
  return all;
}

constexpr const char* exit_codes =
    "Exit codes: 0 done, 1 failed, 2 wrong command line or settings, 3 no server, 4 not "
    "permitted,\n"
    "5 not found, 6 refused or full, 124 timed out, 130 interrupted; exec, each, wait and attach\n"
    "end with the code of what they ran.\n"
    "Results go to standard output, everything else to standard error.";

std::unique_ptr<CLI::App> tree_of(const std::vector<family>& wanted, invocation& now) {
  auto tree = std::make_unique<CLI::App>(
      "Mahavishnu: pools of workers for shell jobs, with results that do not get lost",
      "mahavishnu");
  tree->require_subcommand(0, 1);
  tree->fallthrough(); // global options may stand after the command
  write_help_by_pages(*tree);
  add_global_options(*tree, now.global);
  for (const auto& each : wanted)
    each.add(*tree, now);
  tree->set_version_flag("--version", "mahavishnu " MAHAVISHNU_VERSION);
  tree->footer(exit_codes);
  return tree;
}

} // namespace

void add_global_options(CLI::App& app, global_options& global) {
  app.add_option("--output,-o", global.output,
                 "Form of the answer: table, wide, json, jsonl, yaml or name (default: table)")
      ->check([](const std::string& name) {
        return output_form_of(name)
                   ? ""
                   : "there is no form '" + name + "'; take table, wide, json, jsonl, yaml or name";
      });
  app.add_flag("--quiet", global.quiet, "Say nothing on standard error but what went wrong");
  app.add_flag("--no-input", global.no_input, "Ask nothing, and read nothing from a terminal");
  app.add_option("--state-dir", global.state_dir,
                 "Directory of the instance (default: state_dir of the settings)");
  app.add_option("--settings-dir", global.settings_dir,
                 "Directory of mahavishnu.yaml and local.yaml (default: settings)")
      ->envname("MAHAVISHNU_SETTINGS_DIR");
  app.add_option("--set", global.sets, "KEY=VALUE: a setting for this command only")
      ->allow_extra_args(false)
      ->take_all();
}

std::unique_ptr<CLI::App> command_tree(invocation& now) {
  return tree_of(families(), now);
}

std::unique_ptr<CLI::App> tree_for(invocation& now) {
  if (!now.arguments.empty())
    for (const auto& each : families())
      if (std::ranges::find(each.names, now.arguments.front()) != each.names.end())
        return tree_of({each}, now);
  return command_tree(now);
}

} // namespace mahavishnu::cli
