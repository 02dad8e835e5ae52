// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/error.hpp"

#include <caf/fwd.hpp>

#include <string_view>

namespace mahavishnu {

/// Makes every message type and our error category known to an actor system.
void register_messages(caf::actor_system_config& config);

/// Our error as CAF carries it, and back. Errors of CAF itself (a receiver that is gone, no answer
/// in time) become ours here and nowhere else; `what` says what was asked of whom.
caf::error to_caf(const error& failure);
error from_caf(const caf::error& failure, std::string_view what);

} // namespace mahavishnu
