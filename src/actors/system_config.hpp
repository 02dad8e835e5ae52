// SPDX-License-Identifier: MIT
#pragma once

#include <caf/actor_system_config.hpp>

#include <chrono>
#include <string>

namespace mahavishnu {

/// How the actor system of a server or of a command runs.
struct system_options {
  /// `sharing` costs nothing while the server rests, `stealing` is faster within the process.
  std::string scheduler = "sharing";
  /// 0: as many as the machine has cores, at least 2.
  std::size_t threads = 0;
  /// Messages that an actor handles before the next one gets its turn.
  std::size_t max_throughput = 100;
  /// A peer that says nothing for `peer_timeout` is gone; both sides must have these set.
  std::chrono::seconds heartbeat{2};
  std::chrono::seconds peer_timeout{10};
};

/// CAF's settings, all set here in code: CAF never reads a file or the command line by itself.
class system_config : public caf::actor_system_config {
public:
  explicit system_config(const system_options& options);
};

} // namespace mahavishnu
