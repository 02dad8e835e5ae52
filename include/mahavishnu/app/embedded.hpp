// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/actors/interfaces.hpp"
#include "mahavishnu/config/settings.hpp"
#include "mahavishnu/messages/all.hpp"

#include <memory>
#include <string>

namespace mahavishnu {

/// Mahavishnu inside another program: the same actors as in the server, without its doors.
///
/// The methods block until the answer is there and may be called from any thread that is not one of
/// the actor system's own. Programs that speak to actors themselves use `system` and `control`;
/// they must let go of what they hold there before this object goes.
class embedded {
public:
  static result<std::unique_ptr<embedded>>
  start(const config::settings& settings = config::settings::defaults());

  /// Closes all pools and ends what runs in them.
  ~embedded();

  embedded(const embedded&) = delete;
  embedded& operator=(const embedded&) = delete;

  result<pool_spawned> spawn_pool(const pool_config& config);
  result<pool_list> list_pools();
  /// On the pool of that name or id.
  result<task_result> execute(const std::string& pool, const task_spec& task);
  /// On the pool that the selector finds; an empty one is that of the settings.
  result<task_result> route(const task_spec& task, const std::string& selector = {},
                            const std::string& affinity = {});
  result<pool_closed> close_pool(const std::string& pool);
  result<pools_closed> close_all_pools();

  caf::actor_system& system();
  const control_actor& control() const;

private:
  struct parts;
  explicit embedded(std::unique_ptr<parts> inside);
  std::unique_ptr<parts> inside_;
};

/// `MAJOR.MINOR.PATCH` of this library.
const char* version();

} // namespace mahavishnu
