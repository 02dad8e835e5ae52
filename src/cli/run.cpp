// SPDX-License-Identifier: MIT
#include "base/log.hpp"
#include "cli/mcp_commands.hpp"
#include "cli/script_commands.hpp"

#include <CLI/CLI.hpp>

namespace mahavishnu::cli {

namespace {

void add_global_options(CLI::App& app, global_options& global) {
  app.add_option("--output,-o", global.output, "Form of the answer on standard output")
      ->check(CLI::IsMember({"text", "json"}))
      ->default_str("text");
  app.add_option("--state-dir", global.state_dir,
                 "Directory of the instance (default: state_dir of the settings)");
  app.add_option("--settings-dir", global.settings_dir,
                 "Directory of mahavishnu.yaml and local.yaml (default: settings)")
      ->envname("MAHAVISHNU_SETTINGS_DIR");
  app.add_option("--set", global.sets, "KEY=VALUE: a setting for this command only")
      ->allow_extra_args(false)
      ->take_all();
}

} // namespace

int run(int argc, const char* const* argv, const services& above) {
  CLI::App app{"Mahavishnu: pools of workers for shell jobs, with results that do not get lost",
               "mahavishnu"};
  app.require_subcommand(1);
  app.fallthrough(); // global options may stand after the command
  app.get_formatter()->column_width(34);
  invocation now{above, {argv + 1, argv + argc}, {}, {}, {}};
  add_global_options(app, now.global);
  add_server_commands(app, now);
  add_pool_commands(app, now);
  add_task_commands(app, now);
  add_event_commands(app, now);
  add_worker_commands(app, now);
  add_worker_type_commands(app, now);
  add_periodic_commands(app, now);
  add_memory_commands(app, now);
  add_store_commands(app, now);
  add_config_commands(app, now);
  add_mcp_commands(app, now);
  add_auth_commands(app, now);
  add_exec_command(app, now);
  add_run_commands(app, now);
  add_advise_command(app, now);
  app.set_version_flag("--version", "mahavishnu " MAHAVISHNU_VERSION);
  app.footer("Exit codes: 0 done, 1 failed, 2 wrong command line or settings, 3 no server.\n"
             "Results go to standard output, everything else to standard error.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& failure) {
    return app.exit(failure) == 0 ? done : wrong_usage;
  }
  output out{now.global.output == "json"};
  return now.action(out);
}

} // namespace mahavishnu::cli
