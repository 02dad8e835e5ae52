// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/companions/tool_shape.hpp"
#include "mcp/companions/way.hpp"

namespace mahavishnu::mcp {

/// Akosha: asks it for the embeddings of the contents, then stores contents and embeddings; many at
/// once where it has the tools for that. Names of tools may begin with `akosha_`.
///
/// Memories are keyed by the id of the task. A second one under the same id is an error of the
/// server that says so, and counts as sent here.
class akosha_way final : public way {
public:
  struct filing {
    std::string source;
    std::size_t embedding_size = 384;
  };

  static result<std::shared_ptr<const way>> choose(const std::vector<tool>& tools,
                                                   const filing& filed);

  std::vector<std::string> tools() const override;
  /// Those of a delivery go in two calls together, or one by one.
  std::size_t most_items() const override;
  std::unique_ptr<delivery> begin(std::vector<memory_item> items) const override;
  std::optional<planned_call> report(const sent_counts& counts) const override;

  planned_call embedding_call(const std::vector<memory_item>& items) const;
  planned_call storing_call(const std::vector<memory_item>& items,
                            std::vector<json> embeddings) const;
  std::size_t embedding_size() const { return filed_.embedding_size; }

private:
  json memory_for(const memory_item& item, json embedding) const;

  std::string embed_;
  bool embeds_many_ = false;
  std::string store_;
  bool stores_many_ = false;
  /// What one memory may have; where that is left open, what it is known to take.
  parameter_names memory_;
  std::string report_;
  parameter_names report_takes_;
  filing filed_;
};

} // namespace mahavishnu::mcp
