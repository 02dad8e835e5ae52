// SPDX-License-Identifier: MIT
#include "config/convert.hpp"
#include "config/mask.hpp"
#include "config/render_worker_types.hpp"
#include "config/yaml_text.hpp"
#include "mahavishnu/config/render.hpp"

#include <nlohmann/json.hpp>

#include <type_traits>

namespace mahavishnu::config {

namespace {

using json = nlohmann::ordered_json;

/// A value of which everything secret has been taken out.
value safe_value(const settings& from, row_index at) {
  const auto& setting = rows[at];
  auto safe = from.at(at);
  if (auto* text = std::get_if<std::string>(&safe))
    *text = masked(setting, *text);
  if (auto* items = std::get_if<std::vector<std::string>>(&safe))
    for (auto& item : *items)
      item = masked(setting, item);
  return safe;
}

json json_value(const settings& from, row_index at) {
  return std::visit([](const auto& plain) { return json(plain); }, safe_value(from, at));
}

/// Calls `visit` with the place of each row of a group.
template <class Visit>
void for_rows_of(std::string_view group, Visit visit) {
  for (const auto& setting : rows_of(group))
    visit(static_cast<row_index>(&setting - rows.data()));
}

std::string dump(const json& document) {
  // The name of a file can be any bytes.
  return document.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

/// The row of a name that somebody asks for, new or old.
std::optional<row_index> find_any_name(std::string_view key) {
  auto at = find_row(key);
  return at ? at : find_old_name(key);
}

error unknown(std::string_view key) {
  return {errc::not_found, unknown_key_text(key)};
}

} // namespace

std::string render_settings(const settings& from, origins with) {
  std::string text;
  auto add = [&](std::string_view group, const std::string& indent) {
    for_rows_of(group, [&](row_index at) {
      text += indent + std::string{rows[at].name} + ": " + yaml_value(safe_value(from, at));
      if (with == origins::shown)
        text += "  # " + to_string(from.origin_of(at));
      text += "\n";
    });
  };
  add("", "");
  for (const auto& group : groups) {
    text += std::string{group.name} + ":\n";
    add(group.name, "  ");
  }
  return text + worker_types_text(from, with);
}

std::string render_settings_json(const settings& from, origins with) {
  auto document = json::object();
  auto add = [&](std::string_view group, json& into) {
    for_rows_of(group, [&](row_index at) {
      auto shown = json_value(from, at);
      if (with == origins::shown)
        shown = {{"value", std::move(shown)}, {"origin", to_string(from.origin_of(at))}};
      into[std::string{rows[at].name}] = std::move(shown);
    });
  };
  add("", document);
  for (const auto& group : groups)
    add(group.name, document[std::string{group.name}]);
  document[std::string{worker_types_key}] = worker_types_json(from, with);
  return dump(document);
}

result<std::string> render_value(const settings& from, std::string_view key) {
  if (auto at = find_any_name(key))
    return from.value_text(*at) + "\n";
  if (is_about_worker_types(key))
    return worker_types_value(from, key);
  if (!find_group(key))
    return unknown(key);
  std::string text;
  for_rows_of(key, [&](row_index at) {
    text += std::string{rows[at].name} + ": " + yaml_value(safe_value(from, at)) + "\n";
  });
  return text;
}

result<std::string> render_value_json(const settings& from, std::string_view key) {
  if (auto at = find_any_name(key))
    return dump(json_value(from, *at));
  if (is_about_worker_types(key)) {
    auto found = worker_types_value_json(from, key);
    return found ? dump(*found) : result<std::string>{found.error()};
  }
  if (!find_group(key))
    return unknown(key);
  auto document = json::object();
  for_rows_of(key,
              [&](row_index at) { document[std::string{rows[at].name}] = json_value(from, at); });
  return dump(document);
}

} // namespace mahavishnu::config
