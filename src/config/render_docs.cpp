// SPDX-License-Identifier: MIT
#include "config/convert.hpp"
#include "config/worker_type_fields.hpp"
#include "config/yaml_text.hpp"
#include "mahavishnu/config/render.hpp"

namespace mahavishnu::config {

namespace {

constexpr std::string_view head =
    "# Settings\n"
    "\n"
    "Made by `mahavishnu config docs > docs/settings.md`; do not edit.\n"
    "\n"
    "A value comes from the strongest layer that sets it, the weakest first:\n"
    "\n"
    "1. the defaults below\n"
    "2. `settings/mahavishnu.yaml`\n"
    "3. `settings/local.yaml`, for one machine and for secrets\n"
    "4. environment variables, `MAHAVISHNU_{GROUP}__{FIELD}`\n"
    "5. flags of the command line\n"
    "\n"
    "Maps are merged key by key, lists are replaced. In a file, `${NAME}` and `${NAME:-default}` "
    "stand\n"
    "for an environment variable, and `$${` for a plain `${`. A list in a variable is separated "
    "by\n"
    "commas, or a JSON array.\n"
    "\n"
    "Keys marked *not read yet* are accepted so that existing files load; nothing reads them "
    "yet.\n";

std::string code(const std::string& text) {
  return "`" + text + "`";
}

/// What values there are, in a few words.
std::string type_text(const row& setting) {
  switch (setting.kind) {
  case kind::boolean: return "boolean";
  case kind::integer: return "integer, " + range_text(setting);
  case kind::number: return "number, " + range_text(setting);
  case kind::text: return "text";
  case kind::choice: return expectation(setting);
  case kind::text_list: return "list of texts";
  }
  return {};
}

constexpr std::string_view table_head = "\n| key | type | default | meaning |\n|---|---|---|---|\n";

/// The line of a row up to its meaning, which more may follow.
std::string table_line(const row& setting) {
  return "| " + code(std::string{setting.name}) + " | " + type_text(setting) + " | " +
         code(yaml_value(default_of(setting))) + " | " + std::string{setting.doc};
}

void add_table(std::string_view group, std::string& text) {
  text += table_head;
  for (const auto& setting : rows_of(group)) {
    text += table_line(setting);
    if (setting.secret)
      text += " *Secret.*";
    if (!setting.in_use)
      text += " *Not read yet.*";
    text += " |\n";
  }
}

void add_worker_types(std::string& text) {
  auto key = std::string{worker_types_key};
  text += "\n## " + key + "\n\n" + std::string{worker_types_doc} +
          " A name has 1 to 64 letters, digits,\n"
          "`.`, `_` and `-`, and no `-` at the start. The built-in types are";
  for (auto name : builtin_worker_types)
    text += (name == builtin_worker_types.front() ? " " : ", ") + code(std::string{name});
  text += ";\nan entry of such a name changes only the fields that it sets.\n\n```yaml\n" + key +
          ":\n  my-tool:\n";
  for (const auto& field : worker_type_fields)
    text += "    " + std::string{field.about.name} + ": " + yaml_example(field) + "\n";
  text += "```\n";
  text += table_head;
  for (const auto& field : worker_type_fields)
    text += table_line(field.about) +
            (field.is_for_containers_only ? " *Containers only.* |\n" : " |\n");
}

void add_old_names(std::string& text) {
  text += "\n## Old names\n\n"
          "These names from before there were groups still work, with a warning.\n\n"
          "| old key | old variable | now |\n|---|---|---|\n";
  for (const auto& setting : rows)
    for (auto old_name : setting.old_names)
      text += "| " + code(std::string{old_name}) + " | " + code(variable_of_old_name(old_name)) +
              " | " + code(key_of(setting)) + " |\n";
  text += "\nWithout any file in `settings/`, an `oneiric.yaml` in the working directory is read; "
          "there\n"
          "`max_concurrent_workers` sets `pools.max_workers` as well.\n";
}

} // namespace

std::string render_docs() {
  std::string text{head};
  text += "\n## Top level\n\nEnvironment: `MAHAVISHNU_{KEY}`, as in `MAHAVISHNU_LOG_LEVEL`.\n";
  add_table("", text);
  for (const auto& group : groups) {
    auto variables = variable_of(words::plain(kind::text, group.name, "{KEY}", "", ""));
    text += "\n## " + std::string{group.name} + "\n\n" + std::string{group.doc} +
            " Environment: " + code(variables) + ".\n";
    add_table(group.name, text);
  }
  add_worker_types(text);
  add_old_names(text);
  return text;
}

} // namespace mahavishnu::config
