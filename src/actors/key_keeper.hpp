// SPDX-License-Identifier: MIT
#pragma once

#include "store/key_homes.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/fwd.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

#include <vector>

namespace mahavishnu {

/// Sticky keys that have come to other pools; answered by `keys_kept` whether it went well or not:
/// the log says it, and nobody can do anything about it. Never leaves this process.
struct keep_keys {
  std::vector<store::key_home> changed;
};

struct keys_kept {};

/// Writes down to which pools sticky keys go.
using key_keeper_actor = caf::typed_actor<caf::replies_to<keep_keys>::with<keys_kept>>;

/// Writes files: `detached` gives it a thread of its own.
key_keeper_actor spawn_key_keeper(caf::actor_system& system, store::key_homes_file file,
                                  bool detached = true);

} // namespace mahavishnu

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mahavishnu::keep_keys)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mahavishnu::keys_kept)
