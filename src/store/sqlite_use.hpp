// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace mahavishnu::store {

enum class sqlite_use : std::uint8_t {
  /// Makes what is missing, and brings an older schema up to date.
  write,
  /// Of a file that is there.
  read,
};

} // namespace mahavishnu::store
