// SPDX-License-Identifier: MIT
#pragma once

#include <utility>

namespace mahavishnu::exec {

/// Calls it if it is one. What it throws is dropped: one faulty caller must not spoil it for all
/// others.
template <class Callback, class... Arguments>
void call_back(const Callback& done, Arguments&&... arguments) {
  try {
    if (done)
      done(std::forward<Arguments>(arguments)...);
  } catch (...) {
  }
}

} // namespace mahavishnu::exec
