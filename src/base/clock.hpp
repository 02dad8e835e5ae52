// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>

namespace mahavishnu {

/// The time of day. Handed in, so that a whole server can run in virtual time; durations are
/// measured with the clock of the actor system instead.
class wall_clock {
public:
  virtual ~wall_clock() = default;
  virtual std::chrono::system_clock::time_point now() const = 0;
};

/// The one of the machine.
class system_wall_clock final : public wall_clock {
public:
  std::chrono::system_clock::time_point now() const override {
    return std::chrono::system_clock::now();
  }
};

/// Milliseconds since 1970.
inline std::int64_t milliseconds_of(const wall_clock& clock) {
  using namespace std::chrono;
  return duration_cast<milliseconds>(clock.now().time_since_epoch()).count();
}

} // namespace mahavishnu
