// SPDX-License-Identifier: MIT
#include "actors/key_keeper.hpp"

#include "base/log.hpp"

#include <caf/actor_system.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <optional>
#include <utility>

namespace mahavishnu {

namespace {

struct key_keeper_state {
  static inline const char* name = "key-keeper";

  std::optional<store::key_homes_file> file;
  /// It is said once, and once more when it goes well again.
  bool is_failing = false;

  keys_kept keep(const keep_keys& what) {
    auto written = file->add(what.changed);
    if (!written && !is_failing)
      log::error("pool-manager",
                 "{}; the next server sends the tasks of these keys where their "
                 "hash says",
                 written.error().message);
    else if (written && is_failing)
      log::info("pool-manager", "the pools of sticky keys are written down again");
    is_failing = !written;
    return {};
  }
};

key_keeper_actor::behavior_type
key_keeper(key_keeper_actor::stateful_pointer<key_keeper_state> self,
           const store::key_homes_file& file) {
  self->state.file = file;
  self->set_default_handler(caf::drop);
  return {[self](const keep_keys& what) { return self->state.keep(what); }};
}

} // namespace

key_keeper_actor spawn_key_keeper(caf::actor_system& system, store::key_homes_file file,
                                  bool detached) {
  return detached ? system.spawn<caf::detached>(key_keeper, std::move(file))
                  : system.spawn(key_keeper, std::move(file));
}

} // namespace mahavishnu
