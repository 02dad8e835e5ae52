// SPDX-License-Identifier: MIT
#include "config/worker_type_fields.hpp"

#include "config/convert.hpp"
#include "config/mask.hpp"
#include "config/yaml_text.hpp"

#include <algorithm>
#include <type_traits>
#include <utility>

namespace mahavishnu::config {

const worker_type_field* find_worker_type_field(std::string_view name) {
  for (const auto& field : worker_type_fields)
    if (field.about.name == name)
      return &field;
  return nullptr;
}

row row_in(const worker_type_field& field, std::string_view group) {
  auto about = field.about;
  about.group = group;
  // What is wrong with a list of variables may be anywhere in it, also in a secret.
  about.secret = field.content == content::assignments;
  return about;
}

std::optional<value> value_of(const worker_type_entry& from, const worker_type_field& field) {
  return std::visit(
      [&](auto member) {
        const auto& held = from.*member;
        return held ? std::optional{value{*held}} : std::nullopt;
      },
      field.member);
}

void set_field(worker_type_entry& of, const worker_type_field& field, value to, origin place) {
  std::visit(
      [&](auto member) {
        using held = typename std::remove_reference_t<decltype(of.*member)>::value_type;
        of.*member = std::get<held>(std::move(to));
      },
      field.member);
  of.places.insert_or_assign(std::string{field.about.name}, std::move(place));
}

void overlay(worker_type_entry& base, const worker_type_entry& more) {
  for (const auto& field : worker_type_fields)
    if (auto given = value_of(more, field))
      set_field(base, field, *std::move(given), more.places.at(std::string{field.about.name}));
  base.place = more.place;
}

std::string yaml_example(const worker_type_field& field) {
  // A test reads every example.
  return yaml_value(convert(field.about, field.example).value());
}

value masked(const worker_type_field& field, value of) {
  if (auto* text = std::get_if<std::string>(&of))
    *text = masked(field.about, *text);
  if (auto* items = std::get_if<std::vector<std::string>>(&of))
    for (auto& item : *items)
      item = masked(field.about,
                    field.content == content::assignments ? masked_assignment(item) : item);
  return of;
}

} // namespace mahavishnu::config
