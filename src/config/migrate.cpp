// SPDX-License-Identifier: MIT
#include "mahavishnu/config/migrate.hpp"

#include "config/file.hpp"
#include "config/mask.hpp"
#include "config/substitute.hpp"
#include "config/yaml_layer.hpp"
#include "config/yaml_text.hpp"

#include <algorithm>
#include <utility>

namespace mahavishnu::config {

namespace {

bool is_legacy_name(const std::string& name) {
  return std::filesystem::path{name}.filename() == "oneiric.yaml";
}

bool holds_reference(const yaml_node& node) {
  return has_reference(node.text) || std::ranges::any_of(node.items, holds_reference);
}

/// A value as it goes into the new file; references stay references.
std::string carried_over(const row& setting, const yaml_node& node) {
  if (node.kind == node_kind::null)
    return setting.kind == kind::text_list ? "[]" : "\"\"";
  if (node.kind == node_kind::scalar)
    return yaml_value_of(setting, node.text);
  std::vector<std::string> items;
  for (const auto& item : node.items)
    items.push_back(item.text);
  return yaml_list(items);
}

/// Writes the found values in the order of the table.
class writer {
public:
  explicit writer(const located_content& found)
      : values_{found.values}, worker_types_{found.worker_types} {}

  std::string write(const std::string& old_name) {
    text_ = "# Made from " + printable(old_name) + ".\n";
    write_rows("", "");
    for (const auto& group : groups)
      write_rows(group.name, "  ");
    write_worker_types();
    return std::move(text_);
  }

private:
  void write_rows(std::string_view group, const std::string& indent) {
    bool is_first = true;
    for (const auto& setting : rows_of(group)) {
      auto at = find_row(key_of(setting));
      auto found = std::ranges::find(values_, *at, &located::at);
      if (found == values_.end())
        continue;
      if (is_first && !group.empty())
        text_ += "\n" + std::string{group} + ":\n";
      is_first = false;
      if (found->is_old_name)
        text_ += indent + "# was " + found->name + "\n";
      text_ +=
          indent + std::string{setting.name} + ": " + carried_over(setting, *found->node) + "\n";
    }
  }

  void write_worker_types() {
    if (!worker_types_.empty())
      text_ += "\n" + std::string{worker_types_key} + ":\n";
    for (const auto& type : worker_types_) {
      text_ += "  " + yaml_scalar(type.name) + ":\n";
      for (const auto& [field, node, key_at] : type.fields)
        text_ += "    " + std::string{field->about.name} + ": " +
                 carried_over(field->about, *node) + "\n";
    }
  }

  const std::vector<located>& values_;
  const std::vector<located_worker_type>& worker_types_;
  std::string text_;
};

/// In one text there may be a secret behind any comma.
bool sets_secret_variable(const located_worker_type& type) {
  auto is_secret = [](const yaml_node& item) { return is_secret_assignment(item.text); };
  return std::ranges::any_of(type.fields, [&](const located_field& one) {
    return one.field->content == content::assignments &&
           (one.node->kind == node_kind::scalar || std::ranges::any_of(one.node->items, is_secret));
  });
}

bool holds_secret(std::string_view text) {
  auto document = parse_yaml(text);
  auto found = locate(document.root, false);
  return std::ranges::any_of(found.values,
                             [](const located& one) { return rows[one.at].secret; }) ||
         std::ranges::any_of(found.worker_types, sets_secret_variable);
}

} // namespace

migration migrate_text(std::string_view old_text, const std::string& old_name) {
  migration made;
  auto report = [&](const position& at, std::string key, std::string message) {
    made.problems.push_back({to_string(origin{layer::legacy_file, old_name, at.line, at.column}),
                             std::move(key), std::move(message)});
  };
  auto document = parse_yaml(old_text);
  auto found = locate(document.root, is_legacy_name(old_name));
  for (auto& trouble : document.problems)
    report(trouble.at, {}, std::move(trouble.message));
  for (auto& trouble : found.problems)
    report(trouble.at, {}, std::move(trouble.message));
  for (const auto& one : found.values) {
    const auto& setting = rows[one.at];
    // What a reference stands for is known only where the new file is used.
    if (!holds_reference(*one.node))
      if (auto converted = node_value(setting, *one.node, {}); converted.has_error())
        report(one.node->at, key_of(setting), converted.error().message);
    if (one.is_old_name)
      made.moved.push_back(one.name + " is now " + key_of(setting));
  }
  for (const auto& type : found.worker_types)
    for (const auto& field : type.fields)
      if (!holds_reference(*field.node))
        if (auto given = field_value(type, field, {}); given.has_error())
          report(field.node->at,
                 std::string{worker_types_key} + "." + type.name + "." +
                     std::string{field.field->about.name},
                 given.error().message);
  for (const auto& one : found.ignored)
    made.moved.push_back(one.name + " is left out, because " + key_of(rows[one.at]) +
                         " is set too");
  if (made.problems.empty())
    made.text = writer{found}.write(old_name);
  return made;
}

migration migrate_file(const std::filesystem::path& old_file, const std::filesystem::path& new_file,
                       bool force) {
  auto failed = [](const std::filesystem::path& file, std::string message) {
    migration none;
    none.problems.push_back({file.string(), {}, std::move(message)});
    return none;
  };
  std::error_code trouble;
  auto status = std::filesystem::symlink_status(new_file, trouble);
  if (status.type() != std::filesystem::file_type::not_found && !force)
    return failed(new_file, "exists already; give --force to replace it");
  auto text = read_file(old_file);
  if (!text)
    return failed(old_file, text.error().message);
  auto made = migrate_text(*text, old_file.string());
  if (made.text)
    if (auto failure = write_file(new_file, *made.text, holds_secret(*made.text) ? 0600 : 0644))
      return failed(new_file, failure->message);
  return made;
}

} // namespace mahavishnu::config
