// SPDX-License-Identifier: MIT
#pragma once

#include "config/assignment.hpp"
#include "config/worker_type_layer.hpp"
#include "config/yaml_document.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mahavishnu::config {

/// A value of a file and the setting that it belongs to; the value is not looked at yet.
struct located {
  row_index at = 0;
  const yaml_node* node = nullptr;
  position key_at;
  /// The name that the file uses: the full one, or an old flat one.
  std::string name;
  bool is_old_name = false;
};

/// What a file talks about, found by name alone.
struct located_content {
  /// At most one for each setting.
  std::vector<located> values;
  /// Values under an old name that lose against the new name in the same file.
  std::vector<located> ignored;
  std::vector<located_worker_type> worker_types;
  std::vector<yaml_problem> problems;
};

/// Finds the setting of every key in a file. A legacy file's `max_concurrent_workers` is the size
/// of pools as well.
located_content locate(const yaml_node& root, bool is_legacy);

/// Reads the text of a settings file as a layer. `name` is the file in messages.
layer_content read_yaml_layer(std::string_view text, const std::string& name, layer which,
                              const environment& variables);

/// The value that a node means for a row, references resolved; errors mask what has to be masked.
result<value> node_value(const row& setting, const yaml_node& node, const environment& variables);

} // namespace mahavishnu::config
