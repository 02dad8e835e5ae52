// SPDX-License-Identifier: MIT
#include "mahavishnu/app/embedded.hpp"

#include "actors/ask.hpp"
#include "app/core.hpp"

#include <unistd.h>

namespace mahavishnu {

struct embedded::parts {
  std::unique_ptr<core> inside;
};

namespace {

/// Waits as long as a task may take; the actors bound every task themselves.
constexpr std::chrono::hours task_limit{24 * 40};
constexpr std::chrono::seconds answer_limit{60};

server_status identity_of(const config::settings& settings) {
  server_status identity;
  identity.server_name = settings.get<"server_name">();
  identity.pid = ::getpid();
  identity.version = version();
  return identity;
}

} // namespace

result<std::unique_ptr<embedded>> embedded::start(const config::settings& settings) {
  auto inside = core::start(settings, identity_of(settings), [] {});
  if (!inside)
    return inside.error();
  return std::unique_ptr<embedded>{
      new embedded{std::unique_ptr<parts>{new parts{std::move(*inside)}}}};
}

embedded::embedded(std::unique_ptr<parts> inside) : inside_(std::move(inside)) {}

embedded::~embedded() = default;

result<pool_spawned> embedded::spawn_pool(const pool_config& config) {
  return ask<pool_spawned>(system(), control(), mahavishnu::spawn_pool{config}, answer_limit);
}

result<pool_list> embedded::list_pools() {
  return ask<pool_list>(system(), control(), mahavishnu::list_pools{}, answer_limit);
}

result<task_result> embedded::execute(const std::string& pool, const task_spec& task) {
  return ask<task_result>(system(), control(), execute_on_pool{pool, task}, task_limit);
}

result<task_result> embedded::route(const task_spec& task, const std::string& selector,
                                    const std::string& affinity) {
  return ask<task_result>(system(), control(), route_task{task, selector, affinity}, task_limit);
}

result<pool_closed> embedded::close_pool(const std::string& pool) {
  return ask<pool_closed>(system(), control(), mahavishnu::close_pool{pool}, task_limit);
}

result<pools_closed> embedded::close_all_pools() {
  return ask<pools_closed>(system(), control(), mahavishnu::close_all_pools{}, task_limit);
}

caf::actor_system& embedded::system() {
  return inside_->inside->system();
}

const control_actor& embedded::control() const {
  return inside_->inside->control();
}

} // namespace mahavishnu
