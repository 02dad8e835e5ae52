// SPDX-License-Identifier: MIT
#include "cli/man_pages.hpp"

#include "cli/reference.hpp"

#include <algorithm>
#include <cctype>

namespace mahavishnu::cli {

namespace {

/// Text of which no character is taken for a request of the formatter.
std::string plain(const std::string& text) {
  std::string made;
  bool at_begin = true;
  for (char c : text) {
    if (at_begin && (c == '.' || c == '\''))
      made += "\\&";
    at_begin = c == '\n';
    switch (c) {
    case '\\': made += "\\e"; break;
    case '-': made += "\\-"; break;
    case '\'': made += "\\(aq"; break;
    case '`': made += "\\(ga"; break;
    case '^': made += "\\(ha"; break;
    case '~': made += "\\(ti"; break;
    case '"': made += "\\(dq"; break;
    default: made += c;
    }
  }
  return made;
}

std::string bold(const std::string& text) {
  return "\\fB" + plain(text) + "\\fR";
}
std::string slanted(const std::string& text) {
  return "\\fI" + plain(text) + "\\fR";
}

std::string dashed(const command_page& page) {
  auto name = page.path;
  std::ranges::replace(name, ' ', '-');
  return name;
}

std::string signature(const option_page& option) {
  if (option.is_argument)
    return slanted(signature_of(option));
  std::string text;
  for (const auto& each : option.names)
    text += (text.empty() ? "" : ", ") + bold(each);
  return text + (option.value.empty() ? "" : " " + slanted(option.value));
}

void add_options(const std::vector<option_page>& options, std::string& text) {
  for (const auto& each : options)
    if (each.names.front() != "--help")
      text += ".TP\n" + signature(each) + "\n" + plain(help_of(each)) + ".\n";
}

bool has_own_options(const command_page& page) {
  return !page.arguments.empty() || page.options.size() > 1;
}

void add_examples(const command_page& page, std::string& text) {
  for (const auto& each : page.examples)
    text += ".PP\n.nf\n.RS 4\n" + plain(each) + "\n.RE\n.fi\n";
}

void add_synopsis(const command_page& page, std::string& text) {
  if (page.is_group())
    for (const auto& each : page.commands)
      add_synopsis(each, text);
  else
    text += ".PP\n" + bold(page.path) + plain(usage_of(page).substr(page.path.size())) + "\n";
}

/// A command below the one of the page.
void add_command(const command_page& page, std::string& text) {
  if (!page.is_group()) {
    text += ".SS " + plain(page.path.substr(page.path.find(' ') + 1)) + "\n" + plain(page.summary) +
            ".\n";
    add_options(page.arguments, text);
    add_options(page.options, text);
    add_examples(page, text);
  }
  for (const auto& each : page.commands)
    add_command(each, text);
}

std::string head(const command_page& page, const std::string& version) {
  auto title = dashed(page);
  std::ranges::transform(title, title.begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  auto summary = page.summary;
  return ".\\\" Made by mahavishnu docs man; do not edit.\n.TH " + plain(title) +
         " 1 \"\" \"mahavishnu " + version + "\" \"Mahavishnu\"\n.SH NAME\n" + plain(dashed(page)) +
         " \\- " + plain(summary) + "\n.SH SYNOPSIS\n";
}

std::string exit_status() {
  std::string text = ".SH EXIT STATUS\n";
  for (const auto& each : exit_code_meanings())
    text += ".TP\n" + bold(std::to_string(each.code)) + "\n" + plain(each.meaning) + ".\n";
  return text + ".PP\n" + plain(exit_codes_of_others) + "\n";
}

man_page page_of_program(const command_page& program, const std::string& version) {
  auto text = head(program, version);
  text += bold(program.name) + " [" + slanted("OPTIONS") + "] [" + slanted("COMMAND") + "]\n";
  text +=
      ".SH DESCRIPTION\nWithout a command it says how things stand, and what may be done next.\n"
      "Data goes to standard output, everything else to standard error.\n";
  text += ".SH COMMANDS\n";
  for (const auto& each : program.commands)
    text += ".TP\n" + bold(dashed(each)) + "(1)\n" + plain(each.summary) + ".\n";
  text += ".SH OPTIONS\nEvery command takes these, before its name or behind it.\n";
  add_options(program.options, text);
  text += exit_status();
  text += ".SH ENVIRONMENT\n.TP\n" + bold("MAHAVISHNU_{GROUP}__{FIELD}") + "\nA setting, such as " +
          bold("MAHAVISHNU_POOLS__MAX_WORKERS") +
          ". The settings and what they mean: " + bold("mahavishnu config show") + ".\n";
  text += ".SH EXAMPLES\n";
  add_examples(program, text);
  return {dashed(program) + ".1", text};
}

man_page page_of_command(const command_page& page, const std::string& version) {
  auto text = head(page, version);
  add_synopsis(page, text);
  text += ".SH DESCRIPTION\n" + plain(page.summary) + ".\n";
  if (page.is_group()) {
    text += ".SH COMMANDS\n";
    for (const auto& each : page.commands)
      add_command(each, text);
  } else {
    if (has_own_options(page)) {
      text += ".SH OPTIONS\n";
      add_options(page.arguments, text);
      add_options(page.options, text);
    }
    text += ".SH EXAMPLES\n";
    add_examples(page, text);
  }
  text += ".SH SEE ALSO\n" + bold("mahavishnu") +
          "(1) has the options that every command takes, and the exit codes.\n";
  return {dashed(page) + ".1", text};
}

} // namespace

std::vector<man_page> render_man_pages(const command_page& program, const std::string& version) {
  std::vector<man_page> pages{page_of_program(program, version)};
  for (const auto& each : program.commands)
    pages.push_back(page_of_command(each, version));
  return pages;
}

} // namespace mahavishnu::cli
