// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace mahavishnu::mcp {

/// When a legacy stream that broke is taken up again, and from where; the server says both, within
/// bounds. Unaware of connections.
class resumption {
public:
  /// What a stream has said so far. An id that no header can carry is not taken.
  void note(const std::string& event_id, std::optional<std::chrono::milliseconds> retry);

  /// Allows one more, after a pause; nothing when it has been enough, or there is no place to go on
  /// from.
  std::optional<std::chrono::milliseconds> next();

  /// The last event that has come: what to ask for the rest after.
  const std::string& event_id() const { return event_id_; }
  bool has_begun() const { return in_all_ > 0; }

private:
  std::string event_id_;
  std::chrono::milliseconds pause_{1000};
  /// Since the last event that was new.
  unsigned in_vain_ = 0;
  unsigned in_all_ = 0;
};

} // namespace mahavishnu::mcp
