// SPDX-License-Identifier: MIT
#include "config/yaml_layer.hpp"

#include "config/convert.hpp"
#include "config/mask.hpp"
#include "config/substitute.hpp"

#include <algorithm>
#include <iterator>

namespace mahavishnu::config {

namespace {

/// Collects what a file talks about, key by key.
class locator {
public:
  explicit locator(bool is_legacy) : is_legacy_{is_legacy} {}

  located_content locate(const yaml_node& root) {
    for (const auto& entry : root.entries)
      add_top_level(entry);
    drop_losers();
    return std::move(found_);
  }

private:
  void add_top_level(const yaml_entry& entry) {
    if (find_group(entry.key))
      add_group(entry);
    else if (entry.key == worker_types_key)
      add_worker_types(entry);
    else if (auto at = find_row(entry.key); at && rows[*at].group.empty())
      add(*at, entry, entry.key, false);
    else if (auto old = find_old_name(entry.key))
      add_old_name(*old, entry);
    else
      found_.problems.push_back({entry.key_at, unknown_key_text(entry.key)});
  }

  void add_group(const yaml_entry& group) {
    if (group.value.kind == node_kind::null)
      return;
    if (group.value.kind != node_kind::map) {
      found_.problems.push_back(
          {group.value.at,
           group.key + " is a group of settings; write its keys indented below it"});
      return;
    }
    for (const auto& entry : group.value.entries) {
      auto full_name = group.key + "." + entry.key;
      if (auto at = find_row(full_name))
        add(*at, entry, full_name, false);
      else
        found_.problems.push_back({entry.key_at, unknown_key_text(full_name)});
    }
  }

  void add_worker_types(const yaml_entry& all) {
    auto found = locate_worker_types(all);
    found_.worker_types = std::move(found.types);
    std::ranges::move(found.problems, std::back_inserter(found_.problems));
  }

  void add_old_name(row_index at, const yaml_entry& entry) {
    add(at, entry, entry.key, true);
    // There, this one number was the size of pools too.
    if (is_legacy_ && at == index_of<"workers.max_concurrent">())
      add(index_of<"pools.max_workers">(), entry, entry.key, true);
  }

  void add(row_index at, const yaml_entry& entry, std::string name, bool is_old_name) {
    found_.values.push_back({at, &entry.value, entry.key_at, std::move(name), is_old_name});
  }

  /// How well a name fits its setting: today's name before an old one, and an old name of its own
  /// before one that means two settings.
  static int rank(const located& candidate) {
    if (!candidate.is_old_name)
      return 2;
    const auto& own = rows[candidate.at].old_names;
    return std::find(own.begin(), own.end(), candidate.name) != own.end() ? 1 : 0;
  }

  void drop_losers() {
    std::vector<located> winners;
    for (const auto& candidate : found_.values) {
      auto beats = [&](const located& other) {
        return other.at == candidate.at && rank(other) > rank(candidate);
      };
      if (std::ranges::none_of(found_.values, beats))
        winners.push_back(candidate);
      else if (rank(candidate) > 0)
        found_.ignored.push_back(candidate);
    }
    found_.values = std::move(winners);
  }

  bool is_legacy_;
  located_content found_;
};

result<std::vector<std::string>> item_texts(const row& setting, const yaml_node& list,
                                            const environment& variables) {
  std::vector<std::string> items;
  for (const auto& item : list.items) {
    if (item.kind != node_kind::scalar)
      return error{errc::invalid_settings, refusal(setting, "a list with other things in it")};
    auto text = substitute(item.text, variables);
    if (text.has_error())
      return text.error();
    items.push_back(*std::move(text));
  }
  return items;
}

result<value> empty_value(const row& setting) {
  if (setting.kind == kind::text)
    return value{std::string{}};
  if (setting.kind == kind::text_list)
    return value{std::vector<std::string>{}};
  return error{errc::invalid_settings, refusal(setting, "empty")};
}

} // namespace

located_content locate(const yaml_node& root, bool is_legacy) {
  return locator{is_legacy}.locate(root);
}

result<value> node_value(const row& setting, const yaml_node& node, const environment& variables) {
  if (node.kind == node_kind::null)
    return empty_value(setting);
  if (node.kind == node_kind::map)
    return error{errc::invalid_settings, refusal(setting, "a map")};
  if (node.kind == node_kind::sequence) {
    if (setting.kind != kind::text_list)
      return error{errc::invalid_settings, refusal(setting, "a list")};
    auto items = item_texts(setting, node, variables);
    return items ? convert(setting, *std::move(items)) : result<value>{items.error()};
  }
  auto text = substitute(node.text, variables);
  if (text.has_error())
    return error{errc::invalid_settings, key_of(setting) + ": " + text.error().message};
  return convert(setting, *text);
}

layer_content read_yaml_layer(std::string_view text, const std::string& name, layer which,
                              const environment& variables) {
  auto document = parse_yaml(text);
  auto place = [&](const position& at) { return origin{which, name, at.line, at.column}; };
  layer_content content;
  content.is_complete = document.problems.empty();
  auto report = [&](const position& at, std::string key, std::string message) {
    content.problems.push_back({to_string(place(at)), std::move(key), std::move(message)});
  };
  const bool is_legacy = which == layer::legacy_file;
  auto found = locate(document.root, is_legacy);
  for (auto& trouble : document.problems)
    report(trouble.at, {}, std::move(trouble.message));
  for (auto& trouble : found.problems)
    report(trouble.at, {}, std::move(trouble.message));
  for (const auto& entry : found.values) {
    const auto& setting = rows[entry.at];
    auto made = node_value(setting, *entry.node, variables);
    // Where nothing is written there is no place: the key stands for it.
    auto at = entry.node->kind == node_kind::null ? entry.key_at : entry.node->at;
    content.assignments.push_back(
        {entry.at, made ? std::optional{*made} : std::nullopt, place(at)});
    if (!made)
      report(at, key_of(setting), made.error().message);
    if (entry.is_old_name && !is_legacy)
      content.warnings.push_back(to_string(place(entry.key_at)) + ": " + entry.name +
                                 " is deprecated; use " + key_of(setting));
  }
  for (const auto& type : found.worker_types)
    read_worker_type(type, {which, name}, variables, content);
  for (const auto& entry : found.ignored)
    content.warnings.push_back(to_string(place(entry.key_at)) + ": " + entry.name +
                               " is ignored, because " + key_of(rows[entry.at]) + " is set too");
  return content;
}

} // namespace mahavishnu::config
