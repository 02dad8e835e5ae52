// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/tools/bridge.hpp"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace mahavishnu::mcp::server {

/// The URIs of what there is to read.
namespace uri {
inline constexpr std::string_view pools = "mahavishnu://pools";
inline constexpr std::string_view pool_prefix = "mahavishnu://pools/";
inline constexpr std::string_view task_prefix = "mahavishnu://tasks/";
inline constexpr std::string_view output_suffix = "/output";
} // namespace uri

/// Listens to the notices of the pools for as long as somebody wants to know what changes, and says
/// it by the URIs of what has changed. May be used from any thread.
class server_news : public std::enable_shared_from_this<server_news> {
public:
  explicit server_news(control_door door) : door_(std::move(door)) {}

  /// Calls `changed` for as long as what it returns is there. An empty URI: when a pool comes or
  /// goes.
  std::shared_ptr<void> watch(const std::string& uri, std::function<void()> changed);

private:
  void begin();
  void go_on(std::uint64_t subscription);
  void tell(const notices& what);
  void tell_all();
  /// Forgets those who want nothing any more. False when nobody is left, and then it has stopped.
  bool is_wanted();
  /// After a while, unless the server is about to end.
  void try_again(const error& why);

  using callback = std::function<void()>;

  const control_door door_;
  std::mutex mutex_;
  std::multimap<std::string, std::weak_ptr<callback>, std::less<>> watchers_;
  bool is_running_ = false;
};

} // namespace mahavishnu::mcp::server
