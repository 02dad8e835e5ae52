// SPDX-License-Identifier: MIT
#include "cli/command_page.hpp"
#include "cli/command_tree.hpp"
#include "cli/completion.hpp"
#include "cli/completion_command.hpp"
#include "cli/task_options.hpp"
#include "cli/wrong_line.hpp"

#include <CLI/CLI.hpp>
#include <unistd.h>

#include <cstdlib>

namespace mahavishnu::cli {

namespace {

output output_of(const global_options& global) {
  auto environment = [](const char* name) { return std::getenv(name); };
  return output{output_form_of(global.output).value_or(output_form::table),
                look_of(terminal_width_of(STDOUT_FILENO), environment),
                look_of(terminal_width_of(STDERR_FILENO), environment), global.quiet};
}

} // namespace

int run(int argc, const char* const* argv, const services& above) {
  invocation now{above, {argv + 1, argv + argc}, {}, {}, {}, true};
  leave_out_end_of_options(now);
  if (!now.arguments.empty() && now.arguments.front() == completion_request)
    return answer_completion(now, page_of(*command_tree(now)));
  auto app = tree_for(now);
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
