// SPDX-License-Identifier: MIT
#pragma once

#include "store/journal_store.hpp"
#include "store/sqlite_memory_session.hpp"

#include <string>
#include <vector>

namespace mahavishnu::store {

/// Forgets records, within a transaction, and changes the state accordingly. What was damaged and
/// had to be left where it is is said in `warnings`.
result<std::size_t> forget_records(const sqlite_memory_session& at, memory_state& state,
                                   const retention& kept, std::size_t step,
                                   std::vector<std::string>& warnings);

} // namespace mahavishnu::store
