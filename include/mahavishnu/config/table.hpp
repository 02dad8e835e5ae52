// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/config/rows.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace mahavishnu::config {

/// Place of a row in `rows`; values and origins are kept under it.
using row_index = std::size_t;

/// The name of a setting as a template argument: `get<"pools.max_workers">()`.
template <std::size_t Size>
struct key_name {
  consteval key_name(const char (&text)[Size]) { std::copy_n(text, Size, characters); }

  constexpr std::string_view view() const { return {characters, Size - 1}; }

  char characters[Size]{};
};

/// True if `key` ("group.name", or "name" at the top level) is the full name of the row.
constexpr bool is_named(const row& candidate, std::string_view key) {
  if (candidate.group.empty())
    return candidate.name == key;
  return key.size() == candidate.group.size() + 1 + candidate.name.size() &&
         key.starts_with(candidate.group) && key[candidate.group.size()] == '.' &&
         key.ends_with(candidate.name);
}

/// The row of that full name, if there is one.
constexpr std::optional<row_index> find_row(std::string_view key) {
  for (row_index at = 0; at < rows.size(); ++at)
    if (is_named(rows[at], key))
      return at;
  return std::nullopt;
}

/// The row that had this flat name before there were groups.
constexpr std::optional<row_index> find_old_name(std::string_view flat_name) {
  for (row_index at = 0; at < rows.size(); ++at)
    for (auto old_name : rows[at].old_names)
      if (old_name == flat_name)
        return at;
  return std::nullopt;
}

/// The group of that name, or nothing.
constexpr const group* find_group(std::string_view name) {
  for (const auto& candidate : groups)
    if (candidate.name == name)
      return &candidate;
  return nullptr;
}

/// Place of a row that is known to be in the table; a wrong name does not compile.
template <key_name Key>
consteval row_index index_of() {
  constexpr auto found = find_row(Key.view());
  static_assert(found.has_value(), "there is no setting of this name");
  return *found;
}

/// "group.name", or "name" at the top level.
std::string key_of(const row& setting);

/// The environment variable that sets it: `MAHAVISHNU_POOLS__MAX_WORKERS`.
std::string variable_of(const row& setting);

/// The environment variable of a flat name: `MAHAVISHNU_MAX_CONCURRENT_WORKERS`.
std::string variable_of_old_name(std::string_view flat_name);

/// What a value has to be, to stand after "must be": "an integer between 1 and 100".
std::string expectation(const row& setting);

/// "1 to 100 seconds"; empty without a range.
std::string range_text(const row& setting);

/// An unknown name and what was probably meant: `unknown key "pools.max_wokers"; did you mean ...?`
std::string unknown_key_text(std::string_view key);

/// Why a flag or an edit cannot set a key that is no row: unknown, or a matter of files.
std::string no_setting_text(std::string_view key);

/// The rows of one group ("" for the top level), which stand together in the table.
std::span<const row> rows_of(std::string_view group_name);

} // namespace mahavishnu::config
