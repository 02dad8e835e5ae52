// SPDX-License-Identifier: MIT
#include "cli/guide_commands.hpp"
#include "cli/man_pages.hpp"
#include "cli/reference.hpp"
#include "cli/schemas.hpp"

#include <CLI/CLI.hpp>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace mahavishnu::cli {

namespace {

int print_reference(const CLI::App& program, const output& out) {
  auto page = page_of(program);
  if (out.is_json())
    out.answer("command_reference", to_json(page), "");
  else
    out.document({}, render_reference(page));
  return done;
}

int write_man_pages(const std::vector<man_page>& pages, const std::filesystem::path& directory,
                    const output& out) {
  std::error_code failure;
  std::filesystem::create_directories(directory, failure);
  auto files = json::value::array();
  std::string text;
  for (const auto& each : pages) {
    auto file = (directory / each.file).string();
    errno = 0;
    std::ofstream to{file, std::ios::binary};
    if (!(to << each.text).flush())
      return out.failure({errc::io_failed, "cannot write '" + file + "': " + std::strerror(errno) +
                                               "; take another --directory"});
    files.push_back(file);
    text += file + "\n";
  }
  out.answer("man_pages", {{"files", std::move(files)}}, text);
  return done;
}

int print_man_page(const std::vector<man_page>& pages, const std::string& name, const output& out) {
  for (const auto& each : pages)
    if (each.file == name + ".1" || each.file == "mahavishnu-" + name + ".1") {
      out.document({{"page", each.text}}, each.text);
      return done;
    }
  return out.failure({errc::not_found, "there is no page '" + name +
                                           "'; these are the commands: mahavishnu --help"});
}

void add_man(CLI::App& group, const CLI::App& program, invocation& now) {
  auto* command = group.add_subcommand("man", "Print a manual page, or write all to a directory");
  struct wish {
    std::string page = "mahavishnu";
    std::string directory;
  };
  auto given = std::make_shared<wish>();
  auto* page = command->add_option("page", given->page, "Of which command (default: of them all)");
  command->add_option("--directory", given->directory, "Write all pages there instead")
      ->excludes(page);
  command->callback([&program, &now, given] {
    now.action = [&program, given](output& out) {
      auto pages = render_man_pages(page_of(program), MAHAVISHNU_VERSION);
      return given->directory.empty() ? print_man_page(pages, given->page, out)
                                      : write_man_pages(pages, given->directory, out);
    };
  });
}

} // namespace

void add_docs_commands(CLI::App& app, invocation& now) {
  auto* group = app.add_subcommand("docs", "Pages that are made from the program itself");
  group->require_subcommand(1);
  group->add_subcommand("cli", "Print the page docs/cli.md, or with -o json what it is made from")
      ->callback(
          [&app, &now] { now.action = [&app](output& out) { return print_reference(app, out); }; });
  group->add_subcommand("schemas", "Print the page docs/schemas.md")->callback([&now] {
    now.action = [](output& out) {
      auto text = render_schemas();
      out.document({{"markdown", text}}, text);
      return done;
    };
  });
  add_man(*group, app, now);
}

} // namespace mahavishnu::cli
