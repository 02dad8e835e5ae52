// SPDX-License-Identifier: MIT
#pragma once

#include "actors/memory_target.hpp"
#include "mahavishnu/config/settings.hpp"
#include "mcp/companions/companion.hpp"

#include <memory>
#include <vector>

namespace mahavishnu {

namespace store {
class memory_store;
}

/// The servers that are to have the records of the memory as well, as the settings name them.
class companions {
public:
  /// And has new records wait for those, and for no others. What is wrong with one is said in the
  /// log, and the rest goes on.
  static std::unique_ptr<companions> open(const config::settings& settings,
                                          store::memory_store& memory);

  /// They live as long as this.
  const std::vector<std::shared_ptr<memory_target>>& targets() const { return targets_; }

private:
  std::unique_ptr<net::http_client> http_;
  std::vector<std::shared_ptr<memory_target>> targets_;
};

} // namespace mahavishnu
