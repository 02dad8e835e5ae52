// SPDX-License-Identifier: MIT
#pragma once

#include "config/assignment.hpp"
#include "config/worker_type_fields.hpp"
#include "config/yaml_document.hpp"

#include <string>
#include <vector>

namespace mahavishnu::config {

/// A field of a worker type in a file; the value is not looked at yet.
struct located_field {
  const worker_type_field* field = nullptr;
  const yaml_node* node = nullptr;
  position key_at;
};

/// A worker type in a file.
struct located_worker_type {
  std::string name;
  position at;
  std::vector<located_field> fields;
  /// False when something in it has no meaning, so that a field may be missing.
  bool is_complete = true;
};

/// What a file says about worker types, found by name alone.
struct located_worker_types {
  std::vector<located_worker_type> types;
  std::vector<yaml_problem> problems;
};

/// Finds the types and the fields below the key `worker_types`.
located_worker_types locate_worker_types(const yaml_entry& all);

/// The value that a node means for a field of a type, references resolved.
result<value> field_value(const located_worker_type& of, const located_field& field,
                          const environment& variables);

/// Reads one type of a file and adds it, or what is wrong with it, to the layer. `file` is the
/// origin of the file as a whole.
void read_worker_type(const located_worker_type& from, const origin& file,
                      const environment& variables, layer_content& into);

} // namespace mahavishnu::config
