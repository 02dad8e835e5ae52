// SPDX-License-Identifier: MIT
#pragma once

#include "store/memory_records.hpp"
#include "store/memory_store.hpp"
#include "store/sqlite_memory_session.hpp"

#include <span>
#include <vector>

namespace mahavishnu::store {

enum class outbox_state : std::uint8_t { waiting = 0, sent = 1, given_up = 2 };

struct outbox_row {
  std::int64_t target = 0;
  std::int64_t content = 0;
  outbox_state state = outbox_state::waiting;
  /// What is new is due at once.
  wall_time due = 0;
  std::uint32_t tries = 0;
  std::string reason = {};

  std::uint32_t sum() const;
};

/// SQLite's code.
int write(const sqlite_memory_session& at, const outbox_row& row);

/// By number.
result<std::vector<std::int64_t>> enabled_targets(const sqlite_memory_session& at);

/// A content goes: nothing waits for it any more.
result<void> forget_outgoing(const sqlite_memory_session& at, std::int64_t content);

result<void> enable_target(const sqlite_memory_session& at, const std::string& name, bool with_all);
result<void> disable_target(const sqlite_memory_session& at, const std::string& name);

struct waiting_contents {
  found<outgoing> whole;
  /// Whose contents are damaged, to be settled: they would come again for ever.
  std::vector<outcome> given_up;
};
result<waiting_contents> waiting_for(const sqlite_memory_session& at, const std::string& name,
                                     wall_time now, std::size_t most);

result<void> settle_outgoing(const sqlite_memory_session& at, const std::string& name,
                             std::span<const outcome> outcomes);
result<std::vector<target_state>> states_of_targets(const sqlite_memory_session& at);

} // namespace mahavishnu::store
