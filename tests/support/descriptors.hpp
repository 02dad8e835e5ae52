// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <filesystem>
#include <iterator>

namespace mahavishnu::test {

/// Of this process.
inline std::size_t open_descriptors() {
  const std::filesystem::directory_iterator open{"/proc/self/fd"};
  return static_cast<std::size_t>(std::distance(begin(open), end(open)));
}

} // namespace mahavishnu::test
