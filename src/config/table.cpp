// SPDX-License-Identifier: MIT
#include "mahavishnu/config/table.hpp"

#include "base/text.hpp"
#include "config/convert.hpp"
#include "config/mask.hpp"
#include "mahavishnu/config/worker_type.hpp"

#include <vector>

namespace mahavishnu::config {

namespace {

/// The choices as a person would list them: "a, b or c".
std::string choices_text(const row& setting) {
  std::string text;
  for (std::size_t at = 0; at < setting.choices.count; ++at) {
    if (at > 0)
      text += at + 1 == setting.choices.count ? " or " : ", ";
    text += setting.choices.items[at];
  }
  return text;
}

/// Where else a name is known: "pools.max_workers" for "max_workers" at the top level.
std::optional<std::string> same_name_elsewhere(std::string_view name) {
  for (const auto& setting : rows)
    if (setting.name == name)
      return key_of(setting);
  return std::nullopt;
}

/// Every name that a file may use, old ones too.
std::vector<std::string> all_names() {
  std::vector<std::string> names;
  for (const auto& setting : rows) {
    names.push_back(key_of(setting));
    names.insert(names.end(), setting.old_names.begin(), setting.old_names.end());
  }
  for (const auto& known : groups)
    names.emplace_back(known.name);
  names.emplace_back(worker_types_key);
  return names;
}

/// What a key was probably meant to be: the same name in another group, else the nearest name of
/// its own group, else the nearest of all.
std::optional<std::string> suggestion(std::string_view key) {
  auto dot = key.find('.');
  auto group_name = dot == std::string_view::npos ? std::string_view{} : key.substr(0, dot);
  auto name = dot == std::string_view::npos ? key : key.substr(dot + 1);
  if (auto found = same_name_elsewhere(name))
    return found;
  std::vector<std::string_view> siblings;
  for (const auto& setting : rows_of(group_name))
    siblings.push_back(setting.name);
  if (auto found = nearest(name, siblings))
    return (group_name.empty() ? "" : std::string{group_name} + ".") + std::string{*found};
  auto names = all_names();
  if (auto found = nearest(key, std::vector<std::string_view>(names.begin(), names.end())))
    return std::string{*found};
  return std::nullopt;
}

} // namespace

std::string key_of(const row& setting) {
  if (setting.group.empty())
    return std::string{setting.name};
  return std::string{setting.group} + "." + std::string{setting.name};
}

std::string variable_of(const row& setting) {
  auto group_part = setting.group.empty() ? "" : to_upper(setting.group) + "__";
  return "MAHAVISHNU_" + group_part + to_upper(setting.name);
}

std::string variable_of_old_name(std::string_view flat_name) {
  return "MAHAVISHNU_" + to_upper(flat_name);
}

std::string range_text(const row& setting) {
  if (!setting.has_range())
    return {};
  auto text = number_text(setting.min) + " to " + number_text(setting.max);
  return setting.unit.empty() ? text : text + " " + std::string{setting.unit};
}

std::string expectation(const row& setting) {
  auto between = "between " + number_text(setting.min) + " and " + number_text(setting.max);
  if (!setting.unit.empty())
    between += " " + std::string{setting.unit};
  switch (setting.kind) {
  case kind::boolean: return "true or false";
  case kind::integer: return "an integer " + between;
  case kind::number: return "a number " + between;
  case kind::text: return "a text";
  case kind::choice: return choices_text(setting);
  case kind::text_list: return "a list of texts";
  }
  return {};
}

std::string unknown_key_text(std::string_view key) {
  auto text = "unknown key " + in_quotes(key);
  if (auto meant = suggestion(key))
    text += "; did you mean " + in_quotes(*meant) + "?";
  return text;
}

std::string no_setting_text(std::string_view key) {
  if (is_about_worker_types(key))
    return "worker types are set in a settings file only; change it by hand";
  return unknown_key_text(key);
}

std::span<const row> rows_of(std::string_view group_name) {
  auto belongs = [&](const row& setting) { return setting.group == group_name; };
  auto first = std::ranges::find_if(rows, belongs);
  return {first, std::find_if_not(first, rows.end(), belongs)};
}

} // namespace mahavishnu::config
