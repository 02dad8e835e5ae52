// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/protocol/bounded_json.hpp"

#include <memory>
#include <optional>
#include <string>

namespace mahavishnu::mcp::server {

/// Says whether a value is as a JSON Schema wants it.
class validator {
public:
  /// The schema is one of ours: one that makes no sense ends the program.
  explicit validator(const json& schema);
  validator(validator&&) noexcept;
  ~validator();

  /// Which part of the value is wrong, and why; nothing when all is well.
  std::optional<std::string> problem_of(const json& value) const;

private:
  struct state;
  std::unique_ptr<const state> state_;
};

} // namespace mahavishnu::mcp::server
