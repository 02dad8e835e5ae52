// SPDX-License-Identifier: MIT
#pragma once

#include <mahavishnu/auth/scope.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace mahavishnu::mcp::server {

/// Who has sent a request, as far as that is known.
struct caller {
  /// What belongs to one caller is for no other; empty where only one may come in.
  std::string name;
  auth::scope_set may = auth::scope::admin;
  /// How it has shown that: `own_user`, `jwt`, `claude_subscription` or `codex_subscription`.
  /// Always a constant.
  std::string_view method = "own_user";
  /// What it has shown is good for nothing from then on; nothing: it stays good.
  std::optional<std::chrono::sys_seconds> until{};
};

} // namespace mahavishnu::mcp::server
