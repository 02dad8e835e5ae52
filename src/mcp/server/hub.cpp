// SPDX-License-Identifier: MIT
#include "mcp/server/hub.hpp"

#include <algorithm>

namespace mahavishnu::mcp::server {

std::string_view method_of_change(offer which) {
  switch (which) {
  case offer::tools: return "notifications/tools/list_changed";
  case offer::prompts: return "notifications/prompts/list_changed";
  case offer::resources: break;
  }
  return "notifications/resources/list_changed";
}

void hub::add(const std::weak_ptr<listener>& who) {
  std::lock_guard guard{mutex_};
  if (listeners_.size() >= purge_at_) {
    std::erase_if(listeners_, [](const auto& each) { return each.expired(); });
    purge_at_ = std::max<std::size_t>(64, listeners_.size() * 2);
  }
  listeners_.push_back(who);
}

std::vector<std::shared_ptr<listener>> hub::all() {
  std::lock_guard guard{mutex_};
  std::vector<std::shared_ptr<listener>> there;
  for (const auto& each : listeners_)
    if (auto who = each.lock())
      there.push_back(std::move(who));
  return there;
}

void hub::list_changed(offer which) {
  for (const auto& each : all())
    each->list_changed(which);
}

void hub::resource_changed(const std::string& uri) {
  for (const auto& each : all())
    each->resource_changed(uri);
}

std::shared_ptr<void> hub::watch(const std::string& uri) {
  std::lock_guard guard{mutex_};
  if (!watch_)
    return nullptr;
  std::erase_if(watched_, [](const auto& each) { return each.second.expired(); });
  if (auto found = watched_.find(uri); found != watched_.end())
    if (auto token = found->second.lock())
      return token;
  auto token = watch_(uri, [weak = weak_from_this(), uri] {
    auto self = weak.lock();
    if (self && uri.empty())
      self->list_changed(offer::resources);
    else if (self)
      self->resource_changed(uri);
  });
  if (token)
    watched_[uri] = token;
  return token;
}

} // namespace mahavishnu::mcp::server
