// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/server/caller.hpp"
#include "mcp/server/caller_limits.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace mahavishnu::mcp::server {

/// Tokens that were good, so that each is checked once and not for every request. Only what was
/// signed by somebody whom we trust gets in. On one thread.
class token_cache {
public:
  using second = std::chrono::sys_seconds;

  struct entry {
    std::string token;
    /// Whose `until` is that of the token.
    caller who;
    std::shared_ptr<caller_usage> usage;
  };

  explicit token_cache(std::size_t most) : most_(most) {}

  /// Nothing when it is not there or not good any more. Stays valid until the next call.
  const entry* find(std::string_view token, second now);
  const entry& put(entry checked, second now);
  void clear() { all_.clear(); }
  std::size_t size() const { return all_.size(); }

private:
  void make_room(second now);

  const std::size_t most_;
  /// By a hash, of which each has one place: two tokens with the same take turns.
  std::unordered_map<std::size_t, entry> all_;
};

} // namespace mahavishnu::mcp::server
