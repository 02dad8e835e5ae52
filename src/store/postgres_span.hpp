// SPDX-License-Identifier: MIT
#pragma once

#include "store/journal_records.hpp"
#include "store/postgres_connection.hpp"

#include <functional>
#include <span>

namespace mahavishnu::store {

/// Gives the statements that write a span of changes, in their order: few, with many rows each. An
/// error for what cannot be written at all; then nothing may be.
result<void> each_call(std::span<const change> changes,
                       const std::function<void(postgres_call)>& take);

} // namespace mahavishnu::store
