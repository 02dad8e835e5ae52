// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/error.hpp"

#include <cstdlib>
#include <iostream>
#include <string>
#include <utility>

/// What a measurement cannot go on without.
namespace mahavishnu::bench {

[[noreturn]] inline void die(const std::string& why) {
  std::cerr << "benchmark: " << why << "\n";
  std::_Exit(1);
}

template <class Value>
Value good(result<Value> given) {
  if (!given)
    die(given.error().message);
  return std::move(*given);
}

inline void good(const result<void>& given) {
  if (!given)
    die(given.error().message);
}

} // namespace mahavishnu::bench
