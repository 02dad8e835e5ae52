// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/server/tasks.hpp"
#include "mcp/tools/server_news.hpp"

#include <memory>
#include <string>

namespace mahavishnu::mcp::server {

/// The tasks of the pools, by their ids: also those of a server that was killed.
class server_tasks : public task_source {
public:
  server_tasks(control_door door, std::shared_ptr<server_news> news)
      : door_(std::move(door)), news_(std::move(news)) {}

  void find(const std::string& name, std::function<void(std::optional<task_view>)> found) override;
  void cancel(const std::string& name, std::function<void(bool)> done) override;
  std::shared_ptr<void> watch(const std::string& name, std::function<void()> changed) override;

private:
  const control_door door_;
  const std::shared_ptr<server_news> news_;
};

} // namespace mahavishnu::mcp::server
