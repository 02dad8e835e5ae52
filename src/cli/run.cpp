// SPDX-License-Identifier: MIT
#include "base/log.hpp"
#include "cli/command_page.hpp"
#include "cli/completion.hpp"
#include "cli/completion_command.hpp"
#include "cli/guide_commands.hpp"
#include "cli/mcp_commands.hpp"
#include "cli/script_commands.hpp"
#include "cli/task_options.hpp"
#include "cli/wrong_line.hpp"

#include <CLI/CLI.hpp>
#include <unistd.h>

#include <cstdlib>

namespace mahavishnu::cli {

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

namespace {

constexpr const char* exit_codes =
    "Exit codes: 0 done, 1 failed, 2 wrong command line or settings, 3 no server, 4 not "
    "permitted,\n"
    "5 not found, 6 refused or full, 124 timed out, 130 interrupted; exec, each, wait and attach\n"
    "end with the code of what they ran.\n"
    "Results go to standard output, everything else to standard error.";

output output_of(const global_options& global) {
  auto environment = [](const char* name) { return std::getenv(name); };
  return output{output_form_of(global.output).value_or(output_form::table),
                look_of(terminal_width_of(STDOUT_FILENO), environment),
                look_of(terminal_width_of(STDERR_FILENO), environment), global.quiet};
}

} // namespace

std::unique_ptr<CLI::App> command_tree(invocation& now) {
  auto tree = std::make_unique<CLI::App>(
      "Mahavishnu: pools of workers for shell jobs, with results that do not get lost",
      "mahavishnu");
  auto& app = *tree;
  app.require_subcommand(0, 1);
  app.fallthrough(); // global options may stand after the command
  write_help_by_pages(app);
  add_global_options(app, now.global);
  add_server_commands(app, now);
  add_pool_commands(app, now);
  add_task_commands(app, now);
  add_attach_command(app, now);
  add_inspect_command(app, now);
  add_event_commands(app, now);
  add_terminal_commands(app, now);
  add_top_command(app, now);
  add_worker_commands(app, now);
  add_worker_type_commands(app, now);
  add_periodic_commands(app, now);
  add_memory_commands(app, now);
  add_store_commands(app, now);
  add_config_commands(app, now);
  add_mcp_commands(app, now);
  add_auth_commands(app, now);
  add_exec_command(app, now);
  add_each_command(app, now);
  add_run_commands(app, now);
  add_advise_command(app, now);
  add_doctor_command(app, now);
  add_schema_command(app, now);
  add_docs_commands(app, now);
  add_completion_command(app, now);
  app.set_version_flag("--version", "mahavishnu " MAHAVISHNU_VERSION);
  app.footer(exit_codes);
  return tree;
}

int run(int argc, const char* const* argv, const services& above) {
  invocation now{above, {argv + 1, argv + argc}, {}, {}, {}, true};
  leave_out_end_of_options(now);
  auto app = command_tree(now);
  if (!now.arguments.empty() && now.arguments.front() == completion_request)
    return answer_completion(now, page_of(*app));
  try {
    app->parse(std::vector<std::string>{now.arguments.rbegin(), now.arguments.rend()});
  } catch (const CLI::Success& wanted) { // help, version
    return code_when_written(app->exit(wanted));
  } catch (const CLI::ParseError& failure) {
    return output_of(now.global).failure(wrong_line(*app, failure));
  }
  auto out = output_of(now.global);
  out.belongs_to(command_path(*app));
  if (now.global.no_input)
    ask_nothing();
  return code_when_written(now.action ? now.action(out) : show_overview(now, out));
}

} // namespace mahavishnu::cli
