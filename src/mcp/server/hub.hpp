// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/protocol/bounded_json.hpp"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace mahavishnu::mcp::server {

/// A list that a client may have read.
enum class offer { tools, prompts, resources };

/// The notification that it has changed.
std::string_view method_of_change(offer which);

/// Who wants to hear of what changes. Called from any thread.
class listener {
public:
  virtual ~listener() = default;
  virtual void list_changed(offer which) = 0;
  virtual void resource_changed(const std::string& uri) = 0;
};

/// Tells those who listen what has changed. May be used from any thread.
class hub : public std::enable_shared_from_this<hub> {
public:
  /// Begins to look after a resource; what it returns ends that. Nothing when there is none. An
  /// empty URI: after the list of them.
  using watcher =
      std::function<std::shared_ptr<void>(const std::string& uri, std::function<void()> changed)>;

  /// Before anything else.
  void set_watcher(watcher watch) { watch_ = std::move(watch); }

  /// For as long as it is there.
  void add(const std::weak_ptr<listener>& who);
  void list_changed(offer which);
  void resource_changed(const std::string& uri);

  /// Looks after a resource for as long as somebody holds what it returns: one look for all.
  /// An empty URI: after the list of resources. Nothing when there can be no such resource.
  std::shared_ptr<void> watch(const std::string& uri);

private:
  std::vector<std::shared_ptr<listener>> all();

  watcher watch_;
  std::mutex mutex_;
  std::vector<std::weak_ptr<listener>> listeners_;
  std::size_t purge_at_ = 64;
  std::map<std::string, std::weak_ptr<void>> watched_;
};

} // namespace mahavishnu::mcp::server
