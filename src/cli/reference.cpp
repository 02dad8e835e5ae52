// SPDX-License-Identifier: MIT
#include "cli/reference.hpp"

#include "cli/exit_codes.hpp"

#include <algorithm>
#include <cctype>

namespace mahavishnu::cli {

namespace {

constexpr const char* head =
    "# Commands\n"
    "\n"
    "Made by `mahavishnu docs cli > docs/cli.md`; do not edit. What the commands are for, and how "
    "they\n"
    "go together: [using.md](using.md).\n"
    "\n"
    "## Output\n"
    "\n"
    "Data goes to standard output, in one of six forms (`-o`, `--output`):\n"
    "\n"
    "| form | |\n"
    "|---|---|\n"
    "| `table` | for people; cut to the width of a terminal, and coloured there unless `NO_COLOR` "
    "is set |\n"
    "| `wide` | the same, with all columns |\n"
    "| `json` | one object; commands that print things as they come: one on each line |\n"
    "| `jsonl` | one object on each line: of a list its items, else the answer |\n"
    "| `yaml` | what `json` has |\n"
    "| `name` | the names or ids alone, one on each line |\n"
    "\n"
    "Warnings, errors, hints and progress go to standard error; with `--quiet` only errors do. In "
    "JSON\n"
    "and YAML every answer says by `schema` of which kind it is, and in which version\n"
    "([schemas.md](schemas.md), `mahavishnu schema`). A failure "
    "is an\n"
    "object, too:\n"
    "`{\"schema\": \"failure/1\", \"status\": \"failed\", \"error\": \"...\", \"code\": "
    "\"not_found\", "
    "\"fix\": \"...\"}`.\n"
    "\n"
    "## Exit codes\n"
    "\n"
    "| code | means |\n"
    "|---|---|\n";

/// What would be markup of a table or HTML.
std::string plain(const std::string& text) {
  std::string made;
  for (char c : text) {
    if (c == '|' || c == '<' || c == '*' || c == '_')
      made += '\\';
    made += c;
  }
  return made;
}

std::string code(const std::string& text) {
  return "`" + text + "`";
}

void add_table(const char* title, const std::vector<option_page>& options, std::string& text) {
  if (options.empty())
    return;
  text += std::string{"\n| "} + title + " | |\n|---|---|\n";
  for (const auto& each : options)
    text += "| " + code(signature_of(each)) + " | " + plain(help_of(each)) + " |\n";
}

/// `--help` is everywhere.
std::vector<option_page> own_options(const command_page& page) {
  auto options = page.options;
  std::erase_if(options, [](const auto& each) { return each.names.front() == "--help"; });
  return options;
}

void add_page(const command_page& page, int depth, std::string& text) {
  text += "\n" + std::string(static_cast<std::size_t>(std::min(depth, 4)), '#') + " " +
          page.path.substr(page.path.find(' ') + 1) + "\n\n" + plain(page.summary) + ".\n";
  if (!page.is_group())
    text += "\n```\n" + usage_of(page) + "\n```\n";
  add_table("argument", page.arguments, text);
  add_table("option", own_options(page), text);
  if (!page.examples.empty()) {
    text += "\n```\n";
    for (const auto& each : page.examples)
      text += each + "\n";
    text += "```\n";
  }
  for (const auto& each : page.commands)
    add_page(each, depth + 1, text);
}

/// As renderers of Markdown make them of headings.
std::string anchor_of(const std::string& heading) {
  std::string anchor;
  for (char c : heading)
    anchor += c == ' ' ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return anchor;
}

} // namespace

std::vector<exit_code_meaning> exit_code_meanings() {
  return {{done, "done; for a command that waits for tasks: all of them completed"},
          {failed,
           "the request failed, a task ended other than completed, or something is not healthy"},
          {wrong_usage, "the command line or the settings are wrong"},
          {no_server, "no server can be reached, or it went away while the command waited"},
          {not_permitted, "not permitted"},
          {not_found, "there is no such thing"},
          {refused, "refused, or full"},
          {timed_out, "timed out"},
          {interrupted, "interrupted"}};
}

std::string render_reference(const command_page& program) {
  std::string text = head;
  for (const auto& each : exit_code_meanings())
    text += "| " + std::to_string(each.code) + " | " + each.meaning + " |\n";
  text += std::string{"\n"} + exit_codes_of_others + "\n";
  text += "\n## Options of every command\n\nThey may stand before the command or behind it.\n";
  add_table("option", program.options, text);
  text += "\n## All commands\n\n| command | |\n|---|---|\n";
  each_page(program, [&](const command_page& page) {
    if (page.is_group())
      return;
    auto command = page.path.substr(page.path.find(' ') + 1);
    text += "| [" + command + "](#" + anchor_of(command) + ") | " + plain(page.summary) + " |\n";
  });
  text += "\n`mahavishnu` alone says how things stand, and what may be done next.\n";
  for (const auto& each : program.commands)
    add_page(each, 2, text);
  return text;
}

} // namespace mahavishnu::cli
