// SPDX-License-Identifier: MIT
#pragma once

#include "messages/json.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mahavishnu::cli {

/// A kind of answer.
struct answer_kind {
  std::string_view kind;
  std::string_view what;
  /// Of its members, without `schema`.
  json::value (*members)();
};

const std::vector<answer_kind>& answer_kinds();

/// The JSON Schema of answers of that kind; null when there is none.
json::value schema_of_kind(std::string_view kind);

/// The page docs/schemas.md.
std::string render_schemas();

} // namespace mahavishnu::cli
