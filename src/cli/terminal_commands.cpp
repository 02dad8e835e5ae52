// SPDX-License-Identifier: MIT
#include "cli/ask_and_show.hpp"
#include "cli/task_options.hpp"
#include "cli/text.hpp"

#include <CLI/CLI.hpp>

namespace mahavishnu::cli {

namespace {

std::string show_launched(const terminals_launched& all) {
  std::string text;
  for (const auto& each : all.terminals)
    text += "Opened terminal: " + each + "\n";
  for (const auto& each : all.terminals)
    text += "  mahavishnu attach " + each + "\n";
  return text;
}

grid show_list(const terminal_list& all) {
  grid table{{{.title = "TERMINAL"},
              {.title = "STATUS"},
              {.title = "EXIT", .is_number = true},
              {.title = "SIZE"},
              {.title = "STARTED"},
              {.title = "COMMAND", .may_shrink = true},
              {.title = "TITLE", .is_rare = true},
              {.title = "NOTE", .is_rare = true}}};
  for (const auto& each : all.terminals)
    table.add({each.terminal, each.status, each.exit_code < 0 ? "" : std::to_string(each.exit_code),
               std::to_string(each.columns) + "x" + std::to_string(each.rows),
               age_of_moment(each.started), each.command, each.title, each.note});
  table.when_empty("No terminals. Open one with: mahavishnu terminal launch bash");
  return table;
}

std::string show_captured(const terminals_captured& all) {
  std::string text;
  for (const auto& each : all.terminals) {
    if (all.terminals.size() > 1)
      text += "-- " + each.about.terminal + " --\n";
    text += each.text + (each.text.ends_with('\n') ? "" : "\n");
  }
  return text;
}

std::string show_typed(const typed_into_terminal& how) {
  return how.taken ? "" : "The program in terminal " + how.terminal + " does not read it yet.\n";
}

std::string show_closed(const terminals_closed& how) {
  return "Closed terminals: " + std::to_string(how.closed_count) + "\n";
}

void add_launch(CLI::App& group, invocation& now) {
  auto* command = group.add_subcommand("launch", "Run a command in terminals of their own");
  auto wish = std::make_shared<launch_terminals>();
  command->add_option("command", wish->command, "For /bin/sh; bash alone is a shell to type into")
      ->required();
  command->add_option("--count,-c", wish->count, "How many (default: 1)")->check(CLI::Range(1, 10));
  command->add_option("--columns", wish->columns, "40 to 300 (default: that of the settings)")
      ->check(CLI::Range(40, 300));
  command->add_option("--rows", wish->rows, "10 to 200 (default: that of the settings)")
      ->check(CLI::Range(10, 200));
  command->add_option("--cwd", wish->working_directory,
                      "Where it runs (default: where this command runs)");
  command->callback([&now, wish] {
    now.action = [&now, wish](output& out) {
      std::error_code failure;
      auto directory = std::filesystem::absolute(
          wish->working_directory.empty() ? "." : wish->working_directory, failure);
      wish->working_directory = directory.lexically_normal().string();
      return ask_and_show<terminals_launched>(now, out, *wish, show_launched);
    };
  });
}

/// The wish about a terminal that is named by the beginning of its id.
template <class Wish>
auto about(const std::string& terminal, Wish wish) {
  return [terminal, wish](session& server) -> result<Wish> {
    auto id = find_terminal(server, terminal);
    if (!id)
      return id.error();
    auto whole = wish;
    if constexpr (requires { whole.terminals; })
      whole.terminals = {*id};
    else
      whole.terminal = *id;
    return whole;
  };
}

void add_send(CLI::App& group, invocation& now) {
  auto* command = group.add_subcommand("send", "Type a line into a terminal");
  struct given {
    std::string terminal, text;
    bool keeps_open = false;
  };
  auto wish = std::make_shared<given>();
  command->add_option("terminal", wish->terminal, "Its id, or the beginning of it")->required();
  command->add_option("text", wish->text, "What to type; '-' is standard input")->required();
  command->add_flag("--no-enter", wish->keeps_open, "Do not press Enter after it");
  command->callback([&now, wish] {
    now.action = [&now, wish](output& out) {
      auto text = wish->text == "-" ? read_text("-") : wish->text;
      if (!text)
        return out.failure(text.error());
      return ask_and_show<typed_into_terminal>(
          now, out, about(wish->terminal, type_into_terminal{{}, *text, !wish->keeps_open}),
          show_typed,
          +[](const typed_into_terminal& how) -> int { return how.taken ? done : refused; });
    };
  });
}

void add_capture(CLI::App& group, invocation& now) {
  auto* command = group.add_subcommand("capture", "Show what a terminal shows");
  struct given {
    std::string terminal;
    std::int32_t lines = 0;
  };
  auto wish = std::make_shared<given>();
  command->add_option("terminal", wish->terminal, "Its id, or the beginning of it")->required();
  command
      ->add_option("--lines,-l", wish->lines,
                   "The last so many (default: terminal.capture_lines of the settings)")
      ->check(CLI::Range(1, 10'000));
  command->callback([&now, wish] {
    now.action = [&now, wish](output& out) {
      return ask_and_show<terminals_captured>(
          now, out, about(wish->terminal, capture_terminals{{}, wish->lines}), show_captured);
    };
  });
}

void add_close(CLI::App& group, invocation& now) {
  auto* command = group.add_subcommand("close", "End what runs in a terminal, and forget it");
  auto terminal = std::make_shared<std::string>();
  command->add_option("terminal", *terminal, "Its id, the beginning of it, or all")->required();
  command->callback([&now, terminal] {
    now.action = [&now, terminal](output& out) {
      constexpr std::chrono::minutes limit{2};
      if (*terminal == "all")
        return ask_and_show<terminals_closed>(now, out, close_all_terminals{}, show_closed, nullptr,
                                              limit);
      return ask_and_show<terminals_closed>(now, out, about(*terminal, close_terminal{}),
                                            show_closed, nullptr, limit);
    };
  });
}

} // namespace

void add_terminal_commands(CLI::App& app, invocation& now) {
  auto* group = app.add_subcommand("terminal", "Programs that are typed into");
  group->require_subcommand(1);
  add_launch(*group, now);
  group->add_subcommand("list", "List the terminals")->callback([&now] {
    now.action = [&now](output& out) {
      return ask_and_show<terminal_list>(now, out, list_terminals{}, show_list);
    };
  });
  add_send(*group, now);
  add_capture(*group, now);
  add_close(*group, now);
}

} // namespace mahavishnu::cli
