// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace mahavishnu::config {

/// What a value of a setting is.
enum class kind : std::uint8_t {
  /// true or false.
  boolean,
  /// A whole number with a range.
  integer,
  /// A finite number with a range.
  number,
  /// Any text.
  text,
  /// One of the names in `row::choices`; upper and lower case are the same.
  choice,
  /// A list of texts.
  text_list,
};

/// A short list of names that can stand in a constant.
struct name_list {
  constexpr name_list() = default;
  constexpr name_list(std::initializer_list<std::string_view> names) : count{names.size()} {
    std::size_t at = 0;
    for (auto name : names)
      items[at++] = name;
  }

  constexpr const std::string_view* begin() const { return items.data(); }
  constexpr const std::string_view* end() const { return items.data() + count; }
  constexpr bool empty() const { return count == 0; }

  std::array<std::string_view, 5> items{};
  std::size_t count = 0;
};

/// Everything there is to know about one setting.
struct row {
  /// Empty for a setting at the top level.
  std::string_view group;
  std::string_view name;
  config::kind kind = kind::text;
  /// As somebody would write it; items of a list are separated by commas.
  std::string_view default_text;
  /// Both ends are allowed; only for integer and number.
  double min = 0;
  double max = 0;
  std::string_view unit;
  name_list choices;
  std::string_view doc;
  bool secret = false;
  /// Flat names from before there were groups, which files and the environment may still use.
  name_list old_names;
  /// False for a key that is accepted so that existing files load, and that nothing reads yet.
  bool in_use = false;

  constexpr bool has_range() const { return kind == kind::integer || kind == kind::number; }

  // The words below make the table readable: one row, one sentence.
  constexpr row between(double least, double most) const {
    auto copy = *this;
    copy.min = least;
    copy.max = most;
    return copy;
  }
  constexpr row of(name_list names) const {
    auto copy = *this;
    copy.choices = names;
    return copy;
  }
  constexpr row in(std::string_view text) const {
    auto copy = *this;
    copy.unit = text;
    return copy;
  }
  constexpr row used() const {
    auto copy = *this;
    copy.in_use = true;
    return copy;
  }
  constexpr row masked() const {
    auto copy = *this;
    copy.secret = true;
    return copy;
  }
  constexpr row was(name_list names) const {
    auto copy = *this;
    copy.old_names = names;
    return copy;
  }
};

/// A group of settings and what it is about.
struct group {
  std::string_view name;
  std::string_view doc;
};

} // namespace mahavishnu::config
