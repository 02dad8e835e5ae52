// SPDX-License-Identifier: MIT
#include "config/convert.hpp"
#include "config/worker_type_fields.hpp"
#include "config/yaml_text.hpp"
#include "mahavishnu/config/render.hpp"

namespace mahavishnu::config {

namespace {

constexpr std::string_view head =
    "# Settings of Mahavishnu, as \"mahavishnu config init\" writes them.\n"
    "#\n"
    "# Nothing is set here: each line \"# key: value\" shows a default. To change one, take away "
    "the\n"
    "# \"# \" before the key, or say \"mahavishnu config set KEY VALUE --save\".\n"
    "#\n"
    "# Stronger than this file are local.yaml beside it (for one machine, and for secrets), the\n"
    "# environment variable that stands with each key, and flags of the command line.\n"
    "# \"mahavishnu config show --origin\" tells where each value comes from.\n"
    "#\n"
    "# ${NAME} and ${NAME:-default} in a value stand for an environment variable.\n";

void add_row(const row& setting, const std::string& indent, std::string& text) {
  auto comment = indent + "# ";
  text += "\n" + comment + std::string{setting.doc} + "\n";
  if (setting.kind != kind::text)
    text += comment + "Must be " + expectation(setting) + ".\n";
  text += comment + "Environment: " + variable_of(setting) + "\n";
  if (setting.secret)
    text += comment + "Secret: keep it in local.yaml or in the environment.\n";
  if (!setting.in_use)
    text += comment + "Accepted so that existing files load; nothing reads it yet.\n";
  text += comment + std::string{setting.name} + ": " + yaml_value(default_of(setting)) + "\n";
}

/// One complete example, each line of it a comment.
void add_worker_types(std::string& text) {
  text += "\n# " + std::string{worker_types_doc} + "\n" + std::string{worker_types_key} +
          ":\n\n  # my-tool:\n";
  for (const auto& field : worker_type_fields) {
    const auto& about = field.about;
    text += "  #   # " + std::string{about.doc} + "\n";
    if (about.kind != kind::text)
      text += "  #   # Must be " + expectation(about) + ".\n";
    if (field.is_for_containers_only)
      text += "  #   # For containers only.\n";
    text += "  #   " + std::string{about.name} + ": " + yaml_example(field) + "\n";
  }
}

} // namespace

std::string render_template() {
  std::string text{head};
  for (const auto& setting : rows_of(""))
    add_row(setting, "", text);
  for (const auto& group : groups) {
    text += "\n# " + std::string{group.doc} + "\n" + std::string{group.name} + ":\n";
    for (const auto& setting : rows_of(group.name))
      add_row(setting, "  ", text);
  }
  add_worker_types(text);
  return text;
}

} // namespace mahavishnu::config
