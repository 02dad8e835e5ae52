// SPDX-License-Identifier: MIT
#include "config/worker_type_layer.hpp"

#include "base/text.hpp"
#include "config/convert.hpp"
#include "config/mask.hpp"
#include "config/substitute.hpp"
#include "config/worker_type_rules.hpp"
#include "config/yaml_layer.hpp"

#include <algorithm>

namespace mahavishnu::config {

namespace {

std::string key_of_type(std::string_view name) {
  return std::string{worker_types_key} + "." + std::string{name};
}

/// Where a value stands, or its key where nothing is written.
const position& place_of(const located_field& field) {
  return field.node->kind == node_kind::null ? field.key_at : field.node->at;
}

std::string unknown_field_text(std::string_view type_name, std::string_view field_name) {
  std::vector<std::string_view> names;
  for (const auto& field : worker_type_fields)
    names.push_back(field.about.name);
  auto prefix = key_of_type(type_name) + ".";
  auto text = "unknown key " + in_quotes(prefix + std::string{field_name});
  if (auto meant = nearest(field_name, names))
    text += "; did you mean " + in_quotes(prefix + std::string{*meant}) + "?";
  return text;
}

located_worker_type locate_type(const yaml_entry& entry, std::vector<yaml_problem>& problems) {
  located_worker_type found{entry.key, entry.key_at, {}, true};
  auto kind = entry.value.kind;
  if (kind != node_kind::map && kind != node_kind::null) {
    found.is_complete = false;
    problems.push_back({entry.value.at, key_of_type(entry.key) +
                                            " is a worker type; write its fields indented below "
                                            "it, like \"command: [my-tool, --fast]\""});
  }
  for (const auto& item : entry.value.entries) {
    if (const auto* field = find_worker_type_field(item.key)) {
      found.fields.push_back({field, &item.value, item.key_at});
      continue;
    }
    found.is_complete = false;
    problems.push_back({item.key_at, unknown_field_text(entry.key, item.key)});
  }
  return found;
}

bool has_blank(std::string_view text) {
  return text.find_first_of(" \t") != std::string_view::npos;
}

/// A command line as the list that it should be; an example where only a shell could tell.
std::string as_list(std::string_view command_line) {
  constexpr std::string_view safe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                    "_./-= ";
  if (!has_blank(command_line) || command_line.find_first_not_of(safe) != std::string_view::npos)
    return "[my-tool, --fast]";
  std::string list;
  while (true) {
    auto start = command_line.find_first_not_of(' ');
    if (start == std::string_view::npos)
      return "[" + list + "]";
    auto end = std::min(command_line.find(' ', start), command_line.size());
    list += (list.empty() ? "" : ", ") + std::string{command_line.substr(start, end - start)};
    command_line.remove_prefix(end);
  }
}

/// A command in one text would need the rules of some shell to be taken apart.
std::optional<error> command_in_one_text(const row& about, const yaml_node& node,
                                         const environment& variables) {
  if (node.kind != node_kind::scalar)
    return std::nullopt;
  auto text = substitute(node.text, variables);
  if (text.has_error() || text->starts_with('[') || !has_blank(*text))
    return std::nullopt;
  // The text of the file: what a variable holds may be a secret.
  return error{errc::invalid_settings,
               key_of(about) +
                   " must be a list of texts; write it as a list: " + as_list(node.text)};
}

} // namespace

located_worker_types locate_worker_types(const yaml_entry& all) {
  located_worker_types found;
  if (all.value.kind != node_kind::map && all.value.kind != node_kind::null)
    found.problems.push_back(
        {all.value.at, all.key + " holds worker types; write their names indented below it"});
  for (const auto& entry : all.value.entries) {
    if (is_worker_type_name(entry.key))
      found.types.push_back(locate_type(entry, found.problems));
    else
      found.problems.push_back(
          {entry.key_at,
           in_quotes(entry.key) +
               " cannot be the name of a worker type; use 1 to 64 letters, digits, \".\", \"_\" "
               "and \"-\", and no \"-\" at the start"});
  }
  return found;
}

result<value> field_value(const located_worker_type& of, const located_field& field,
                          const environment& variables) {
  auto group = key_of_type(of.name);
  auto about = row_in(*field.field, group);
  if (field.field->content == content::command)
    if (auto trouble = command_in_one_text(about, *field.node, variables))
      return *trouble;
  auto made = node_value(about, *field.node, variables);
  if (made)
    if (auto trouble = check_content(field.field->content, *made))
      return error{errc::invalid_settings, key_of(about) + " " + *trouble};
  return made;
}

void read_worker_type(const located_worker_type& from, const origin& file,
                      const environment& variables, layer_content& into) {
  auto place = [&](const position& at) {
    return origin{file.layer, file.name, at.line, at.column};
  };
  worker_type_entry made;
  made.name = from.name;
  made.place = place(from.at);
  auto is_good = from.is_complete;
  for (const auto& field : from.fields) {
    auto at = place(place_of(field));
    auto given = field_value(from, field, variables);
    if (given) {
      set_field(made, *field.field, *std::move(given), std::move(at));
      continue;
    }
    is_good = false;
    into.problems.push_back({to_string(at),
                             key_of_type(from.name) + "." + std::string{field.field->about.name},
                             given.error().message});
  }
  if (!is_good)
    into.bad_worker_types.insert(from.name);
  into.worker_types.push_back(std::move(made));
}

} // namespace mahavishnu::config
