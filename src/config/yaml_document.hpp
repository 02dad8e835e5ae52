// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/error.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mahavishnu::config {

/// A place in a file, as an editor counts.
struct position {
  int line = 1;
  int column = 1;
  /// Bytes from the start of the text.
  std::size_t offset = 0;
};

enum class node_kind : std::uint8_t { null, scalar, sequence, map };

struct yaml_entry;

/// A value in a YAML file, with its place.
struct yaml_node {
  node_kind kind = node_kind::null;
  /// Of a scalar, without quotes.
  std::string text;
  /// Written as `*name`; the content is a copy of what the name stands for.
  bool is_alias = false;
  /// Written with brackets or braces.
  bool is_flow = false;
  position at;
  /// Of a sequence.
  std::vector<yaml_node> items;
  /// Of a map, in the order of the file.
  std::vector<yaml_entry> entries;

  const yaml_entry* find(std::string_view key) const;
};

/// A key of a map and its value.
struct yaml_entry {
  std::string key;
  position key_at;
  yaml_node value;
};

/// What is wrong with a file, and where.
struct yaml_problem {
  position at;
  std::string message;
};

/// A whole file, or why it is not one. The root is always a map.
struct yaml_document {
  yaml_node root;
  std::vector<yaml_problem> problems;
};

/// Reads one YAML document and refuses what would cost too much or could be misread: duplicate
/// keys, deep nesting, alias bombs, tags of other types, several documents, bytes that are no text.
yaml_document parse_yaml(std::string_view text);

} // namespace mahavishnu::config
