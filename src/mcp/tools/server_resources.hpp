// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/server/resource.hpp"
#include "mcp/tools/server_news.hpp"

#include <memory>
#include <string>
#include <vector>

namespace mahavishnu::mcp::server {

/// Pools, tasks and what tasks have written, as things to read and to follow.
class server_resources : public resource_shelf {
public:
  server_resources(control_door door, std::shared_ptr<server_news> news)
      : door_(std::move(door)), news_(std::move(news)) {}

  std::string_view prefix() const override { return "mahavishnu://"; }
  std::vector<resource_template> templates() const override;
  void list(const std::function<void(std::vector<resource>)>& found) override;
  void read(const std::shared_ptr<resource_call>& wish) override;
  std::shared_ptr<void> watch(const std::string& uri, std::function<void()> changed) override;

private:
  const control_door door_;
  const std::shared_ptr<server_news> news_;
};

/// Ids and names of pools that begin so.
completer pool_completer(const control_door& door);
/// Ids of the newest tasks that begin so.
completer task_completer(const control_door& door);

} // namespace mahavishnu::mcp::server
