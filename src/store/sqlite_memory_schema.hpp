// SPDX-License-Identifier: MIT
#pragma once

#include <span>

namespace mahavishnu::store {

/// The SQL that makes each version of the memory's schema from the one before; the first one makes
/// it from nothing. What has been released is never changed: append.
std::span<const char* const> memory_schema();

} // namespace mahavishnu::store
