// SPDX-License-Identifier: MIT
#include "cli/guide_commands.hpp"
#include "cli/schemas.hpp"

#include <CLI/CLI.hpp>

namespace mahavishnu::cli {

namespace {

int list_kinds(const output& out) {
  auto kinds = json::value::array();
  grid table{{{.title = "KIND"}, {.title = "IS", .may_shrink = true}}};
  for (const auto& each : answer_kinds()) {
    kinds.push_back({{"kind", std::string{each.kind}}, {"what", std::string{each.what}}});
    table.add({std::string{each.kind}, std::string{each.what}});
  }
  out.answer("schema_list", {{"kinds", std::move(kinds)}}, table);
  return done;
}

int print_schema(const output& out, const std::string& kind) {
  auto schema = schema_of_kind(kind);
  if (schema.is_null())
    return out.failure(
        {errc::not_found, "there is no kind '" + kind + "'; list them with: mahavishnu schema"});
  out.document(schema, json::text(schema, true) + "\n");
  return done;
}

} // namespace

void add_schema_command(CLI::App& app, invocation& now) {
  auto* command =
      app.add_subcommand("schema", "Print the JSON Schema of a kind of answer, or list the kinds");
  auto kind = std::make_shared<std::string>();
  command->add_option("kind", *kind, "Such as pool_list (default: all kinds are listed)");
  command->callback([&now, kind] {
    now.action = [kind](output& out) {
      return kind->empty() ? list_kinds(out) : print_schema(out, *kind);
    };
  });
}

} // namespace mahavishnu::cli
