// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/server/exchange.hpp"
#include "mcp/server/hub.hpp"
#include "mcp/server/tasks.hpp"

#include <atomic>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace mahavishnu::mcp::server {

/// What a client of the modern era wants to hear of.
struct listen_filter {
  std::set<offer> lists;
  std::set<std::string, std::less<>> resources;
  std::vector<std::string> tasks;
};

/// Tells one client of the modern era what changes, until it goes away or the server ends.
class listen_stream : public listener, public std::enable_shared_from_this<listen_stream> {
public:
  explicit listen_stream(std::shared_ptr<exchange> request) : request_(std::move(request)) {}

  /// Says what the client will hear of. `watched` is held for as long as this is there. What
  /// happens before this is not told.
  void begin(listen_filter wanted, std::vector<std::shared_ptr<void>> watched);
  void end();
  /// The client has gone. On the thread of begin().
  void leave() { watched_.clear(); }

  void list_changed(offer which) override;
  void resource_changed(const std::string& uri) override;
  void task_changed(const task_view& task);

private:
  void tell(std::string_view method, json params);

  const std::shared_ptr<exchange> request_;
  std::atomic<bool> has_begun_{false};
  // Only set before it has.
  listen_filter wanted_;
  std::vector<std::shared_ptr<void>> watched_;
};

} // namespace mahavishnu::mcp::server
