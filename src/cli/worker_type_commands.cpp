// SPDX-License-Identifier: MIT
#include "cli/ask_and_show.hpp"
#include "cli/command_line.hpp"
#include "cli/text.hpp"

#include <CLI/CLI.hpp>

#include <sstream>

namespace mahavishnu::cli {

namespace {

std::string line_of(const std::vector<std::string>& command) {
  std::string line;
  for (const auto& word : command)
    line += (line.empty() ? "" : " ") + word;
  return line;
}

grid show_types(const worker_type_list& all) {
  grid table{{{.title = "TYPE"},
              {.title = "USABLE"},
              {.title = "PROGRAM", .may_shrink = true},
              {.title = "DESCRIPTION", .may_shrink = true}}};
  for (const auto& each : all.types)
    table.add({each.name, each.usable ? "yes" : "no", each.program, each.description});
  for (const auto& each : all.types)
    if (!each.error.empty())
      table.note(each.name + ": " + each.error);
  return table;
}

std::string show_probes(const worker_type_list& all) {
  std::ostringstream text;
  for (const auto& each : all.types) {
    text << each.name << ": " << (each.usable ? "usable" : "not usable") << "\n  "
         << each.description << "\n";
    if (!each.command.empty())
      text << "  Command: " << line_of(each.command) << "\n";
    text << "  Prompt: " << each.prompt << "\n";
    if (!each.program.empty())
      text << "  Program: " << each.program << "\n";
    if (!each.version.empty())
      text << "  Version: " << each.version << "\n";
    if (!each.error.empty())
      text << "  " << each.error << "\n";
  }
  return text.str();
}

int exit_code_of_probe(const worker_type_list& all) {
  return std::ranges::all_of(all.types, &worker_type_info::usable) ? done : failed;
}

} // namespace

void add_worker_type_commands(CLI::App& app, invocation& now) {
  auto* types = app.add_subcommand("worker-types", "What workers can be, and which can be used");
  types->require_subcommand(1);
  types->add_subcommand("list", "List the worker types")->callback([&now] {
    now.action = [&now](output& out) {
      return ask_and_show<worker_type_list>(now, out, list_worker_types{}, show_types);
    };
  });
  auto* probe = types->add_subcommand(
      "probe", "Ask the programs of worker types for their versions; exit code 1 if a named one "
               "cannot be used");
  auto name = std::make_shared<std::string>();
  probe->add_option("type", *name, "Only this one (default: all)");
  probe->callback([&now, name] {
    now.action = [&now, name](output& out) {
      return ask_and_show<worker_type_list>(now, out, list_worker_types{*name, true}, show_probes,
                                            name->empty() ? nullptr : exit_code_of_probe);
    };
  });
}

} // namespace mahavishnu::cli
