// SPDX-License-Identifier: MIT
#include "config/render_worker_types.hpp"

#include "base/text.hpp"
#include "config/convert.hpp"
#include "config/mask.hpp"
#include "config/worker_type_fields.hpp"
#include "config/yaml_text.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace mahavishnu::config {

namespace {

using json = nlohmann::ordered_json;

std::string with_origin(const origin& place, origins with) {
  return with == origins::shown ? "  # " + to_string(place) : "";
}

/// Lines "field: value" of the fields that are set.
std::string fields_text(const worker_type_entry& type, const std::string& indent, origins with) {
  std::string text;
  for (const auto& field : worker_type_fields)
    if (auto given = value_of(type, field)) {
      auto name = std::string{field.about.name};
      text += indent + name + ": " + yaml_value(masked(field, *std::move(given))) +
              with_origin(type.places.at(name), with) + "\n";
    }
  return text;
}

json field_json(const worker_type_field& field, value given) {
  return std::visit([](const auto& plain) { return json(plain); }, masked(field, std::move(given)));
}

json fields_json(const worker_type_entry& type, origins with) {
  auto object = json::object();
  for (const auto& field : worker_type_fields)
    if (auto given = value_of(type, field)) {
      auto name = std::string{field.about.name};
      auto shown = field_json(field, *std::move(given));
      if (with == origins::shown)
        shown = {{"value", std::move(shown)}, {"origin", to_string(type.places.at(name))}};
      object[name] = std::move(shown);
    }
  return object;
}

/// Nothing of this key exists; names the nearest one that does.
error no_worker_type(const std::vector<worker_type_entry>& all, std::string_view key) {
  std::vector<std::string> names;
  for (const auto& type : all) {
    names.push_back(std::string{worker_types_key} + "." + type.name);
    for (const auto& [field, place] : type.places)
      names.push_back(std::string{worker_types_key} + "." + type.name + "." + field);
  }
  auto text = "no settings file has " + in_quotes(key);
  if (auto meant = nearest(key, std::vector<std::string_view>(names.begin(), names.end())))
    text += "; did you mean " + in_quotes(*meant) + "?";
  return {errc::not_found, text};
}

/// What a key below `worker_types` means; names may hold dots, so only a look at them can tell.
struct found_worker_type {
  const worker_type_entry* type = nullptr;
  /// Nothing when the key is the one of the whole type.
  const worker_type_field* field = nullptr;
};

/// The type, or the field of a type, of a key like "worker_types.my-tool.image".
result<found_worker_type> find_worker_type(const settings& from, std::string_view key) {
  auto rest = key.substr(worker_types_key.size() + 1);
  const auto& all = from.worker_types();
  auto same = std::ranges::find(all, rest, &worker_type_entry::name);
  if (same != all.end())
    return found_worker_type{&*same, nullptr};
  auto dot = rest.rfind('.');
  auto name = rest.substr(0, dot);
  auto owner = std::ranges::find(all, name, &worker_type_entry::name);
  const auto* field = dot == rest.npos ? nullptr : find_worker_type_field(rest.substr(dot + 1));
  if (owner == all.end() || !field)
    return no_worker_type(all, key);
  if (!value_of(*owner, *field))
    return error{errc::not_found, in_quotes(key) + " is not set in any settings file"};
  return found_worker_type{&*owner, field};
}

} // namespace

std::string worker_types_text(const settings& from, origins with) {
  const auto& all = from.worker_types();
  if (all.empty())
    return std::string{worker_types_key} + ": {}\n";
  auto text = std::string{worker_types_key} + ":\n";
  for (const auto& type : all) {
    auto fields = fields_text(type, "    ", with);
    text += "  " + yaml_scalar(type.name) + ":" + (fields.empty() ? " {}" : "");
    text += with_origin(type.place, with) + "\n" + fields;
  }
  return text;
}

nlohmann::ordered_json worker_types_json(const settings& from, origins with) {
  auto document = json::object();
  for (const auto& type : from.worker_types())
    document[type.name] = fields_json(type, with);
  return document;
}

result<std::string> worker_types_value(const settings& from, std::string_view key) {
  if (key == worker_types_key)
    return worker_types_text(from, origins::hidden);
  auto found = find_worker_type(from, key);
  if (!found)
    return found.error();
  if (!found->field)
    return fields_text(*found->type, "", origins::hidden);
  return to_text(masked(*found->field, *value_of(*found->type, *found->field))) + "\n";
}

result<nlohmann::ordered_json> worker_types_value_json(const settings& from, std::string_view key) {
  // In place, since JSON can be made from anything, also from a result.
  constexpr auto good = boost::system::in_place_value;
  if (key == worker_types_key)
    return {good, worker_types_json(from, origins::hidden)};
  auto found = find_worker_type(from, key);
  if (!found)
    return found.error();
  if (!found->field)
    return {good, fields_json(*found->type, origins::hidden)};
  return {good, field_json(*found->field, *value_of(*found->type, *found->field))};
}

} // namespace mahavishnu::config
