// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/companions/tool_shape.hpp"
#include "mcp/companions/way.hpp"

namespace mahavishnu::mcp {

/// Session-Buddy: one call for each item. Prefers `store_conversation` where that takes metadata,
/// then `store_reflection`, which takes tags at best, then the `store_memory` that Python's
/// Mahavishnu has called and that no Session-Buddy is known to have.
///
/// The content ends with a line that names the task. Conversations are keyed by their content, so
/// the same item twice is one conversation, and two tasks that say the same are two. Reflections
/// are keyed by nothing: one that is sent twice is there twice.
class session_buddy_way final : public way {
public:
  static result<std::shared_ptr<const way>> choose(const std::vector<tool>& tools,
                                                   const std::string& source);

  std::vector<std::string> tools() const override { return {tool_}; }
  std::size_t most_items() const override { return 1; }
  std::unique_ptr<delivery> begin(std::vector<memory_item> items) const override;
  std::optional<planned_call> report(const sent_counts&) const override { return std::nullopt; }

  planned_call call_for(const memory_item& item) const;

private:
  std::string tool_;
  parameter_names takes_;
  bool is_keyed_ = false;
  std::string source_;
};

} // namespace mahavishnu::mcp
