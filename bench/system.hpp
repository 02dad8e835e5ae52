// SPDX-License-Identifier: MIT
#pragma once

#include "actors/system_config.hpp"
#include "app/core.hpp"
#include "mahavishnu/messages/batch.hpp"
#include "report.hpp"

#include <filesystem>
#include <map>

namespace mahavishnu::bench {

/// For an actor system without the program.
system_config config_of(const arguments& how, const std::string& scheduler);

/// The whole program without its doors, wired as in the server. `set` are settings that differ from
/// the defaults.
/// With a state directory, its pools are durable.
std::unique_ptr<core> start_core(const arguments& how, const std::string& scheduler,
                                 std::map<std::string, std::string> set = {},
                                 const std::filesystem::path& state_dir = {});

/// How many pools, and what is in each.
struct pools_wish {
  int pools = 100;
  std::int32_t workers = 10;
  std::string worker_type = "noop";
  std::int32_t concurrency = 1;
  std::int32_t queue_limit = 0;
};

/// Spawns them, named `pool-0` and so on, and waits until all of them run with all their workers.
void start_pools(caf::actor_system& system, const pool_manager_actor& manager,
                 const pools_wish& wish);
inline void start_pools(core& inside, const pools_wish& wish) {
  start_pools(inside.system(), inside.manager(), wish);
}

/// A task as a client makes it: a fresh prompt of 100 bytes, and two entries of metadata.
task_spec fresh_task();

/// So many fresh ones.
execute_batch fresh_batch(std::size_t tasks);

} // namespace mahavishnu::bench
