// SPDX-License-Identifier: MIT
#include "actors/pool_manager.hpp"

#include "actors/gather.hpp"
#include "actors/routing.hpp"
#include "actors/task_rules.hpp"
#include "base/id_source.hpp"
#include "base/log.hpp"
#include "mahavishnu/messages/all.hpp"
#include "messages/registry.hpp"

#include <caf/actor_system.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <map>

namespace mahavishnu {

namespace {

constexpr std::chrono::seconds description_limit{5};

struct pool_manager_state {
  static inline const char* name = "pool-manager";

  struct entry {
    pool_config config;
    pool_actor pool;
  };

  pool_manager_actor::pointer self = nullptr;
  pool_manager_options options;
  std::optional<id_source> ids;
  std::optional<routing> routes;
  std::map<std::string, pool_id> id_of_name;
  std::map<std::uint64_t, pool_id> by_age;
  std::unordered_map<pool_id, entry> pools;
  std::uint64_t spawned = 0;

  // -- names -----------------------------------------------------------------

  /// Pools are named by name or by id, everywhere.
  result<pool_id> find(const std::string& name_or_id) const {
    if (auto at = id_of_name.find(name_or_id); at != id_of_name.end())
      return at->second;
    if (pool_id id{name_or_id}; pools.contains(id))
      return id;
    std::string known;
    for (const auto& [each, id] : id_of_name)
      known.append(known.empty() ? "" : ", ").append(each);
    return error{errc::not_found,
                 "there is no pool '" + name_or_id +
                     (known.empty() ? "' (and no other); spawn one with: mahavishnu pool spawn"
                                    : "'; the pools are " + known)};
  }

  // -- pools -----------------------------------------------------------------

  caf::result<pool_spawned> spawn(const spawn_pool& wish) {
    if (!options.enabled)
      return to_caf({errc::unsupported, "pools are turned off; set pools.enabled to true"});
    auto config = complete(wish.config, options.defaults);
    if (!config)
      return to_caf(config.error());
    if (find(config->name))
      return to_caf({errc::already_exists, "there is a pool '" + config->name +
                                               "' already; close it or take another name"});
    pool_options wishes{{}, *config, options.worker, options.make_worker, options.seed + spawned};
    do
      wishes.id = ids->next_pool();
    while (pools.contains(wishes.id));
    auto pool = options.make_pool(self->home_system(), wishes, load_listener_actor{self});
    self->monitor(pool);
    id_of_name.emplace(config->name, wishes.id);
    by_age.emplace(++spawned, wishes.id);
    routes->add(wishes.id, config->min_workers);
    pools.emplace(wishes.id, entry{*config, std::move(pool)});
    log::info("pool-manager", "pool '{}' ({}) runs with {} {} workers", config->name,
              wishes.id.value, config->min_workers, config->worker_type);
    pool_spawned answer;
    answer.pool = wishes.id;
    answer.type = config->type;
    answer.name = config->name;
    answer.worker_type = config->worker_type;
    answer.min_workers = config->min_workers;
    answer.max_workers = config->max_workers;
    return answer;
  }

  std::vector<pool_actor> all() const {
    std::vector<pool_actor> handles;
    for (const auto& [age, id] : by_age)
      handles.push_back(pools.at(id).pool);
    return handles;
  }

  caf::result<pool_list> list() {
    auto promise = self->make_response_promise<pool_list>();
    gather<pool_info>(self, all(), description_limit, describe_pool{},
                      [promise](std::vector<pool_info> pools_now) mutable {
                        promise.deliver(pool_list{std::move(pools_now)});
                      });
    return promise;
  }

  pool_actor forget(const pool_id& id) {
    auto node = pools.extract(id);
    routes->remove(id);
    id_of_name.erase(node.mapped().config.name);
    std::erase_if(by_age, [&](const auto& each) { return each.second == id; });
    return std::move(node.mapped().pool);
  }

  caf::result<pool_closed> close(const close_pool& wish) {
    auto id = find(wish.pool);
    if (!id)
      return to_caf(id.error());
    log::info("pool-manager", "pool '{}' closes", pools.at(*id).config.name);
    return self->delegate(forget(*id), wish);
  }

  caf::result<pools_closed> close_all() {
    auto promise = self->make_response_promise<pools_closed>();
    auto handles = all();
    while (!pools.empty())
      forget(pool_id{pools.begin()->first});
    // A pool that closes ends its processes, which takes their grace at most.
    gather<pool_closed>(
        self, handles,
        longest_run(task_spec{{}, {}, {}, {}, std::chrono::seconds{1}}, options.worker),
        close_pool{}, [promise](const std::vector<pool_closed>& closed) mutable {
          promise.deliver(pools_closed{static_cast<std::int32_t>(closed.size())});
        });
    return promise;
  }

  void on_down(const caf::down_msg& down) {
    for (const auto& [id, each] : pools)
      if (each.pool.address() == down.source) {
        log::error("pool-manager", "pool '{}' ended unexpectedly; spawn it again",
                   each.config.name);
        forget(pool_id{id});
        return;
      }
  }

  // -- tasks -----------------------------------------------------------------

  caf::result<task_result> execute(const execute_on_pool& wish) {
    if (auto good = check(wish.spec); !good)
      return to_caf(good.error());
    auto id = find(wish.pool);
    if (!id)
      return to_caf(id.error());
    return dispatch(*id, wish.spec);
  }

  caf::result<task_result> route(const route_task& wish) {
    if (auto good = check(wish.spec); !good)
      return to_caf(good.error());
    auto selector = options.selector;
    if (!wish.selector.empty()) {
      auto named = enum_from_string<pool_selector>(wish.selector);
      if (!named)
        return to_caf({errc::invalid_argument, "pool_selector: " + named.error().message});
      selector = *named;
    }
    if (routes->empty())
      return to_caf({errc::no_pools, "there is no pool to route to; spawn one with: "
                                     "mahavishnu pool spawn"});
    if (selector != pool_selector::affinity)
      return dispatch(*routes->choose(selector), wish.spec);
    if (wish.affinity.empty())
      return to_caf({errc::invalid_argument,
                     "the selector affinity needs pool_affinity: the name or id of a pool"});
    auto id = find(wish.affinity);
    if (!id)
      return to_caf(id.error());
    return dispatch(*id, wish.spec);
  }

  caf::result<task_result> dispatch(const pool_id& id, const task_spec& spec) {
    routes->dispatched(id);
    return self->delegate(pools.at(id).pool, execute_task{ids->next_task(), spec});
  }
};

pool_manager_actor::behavior_type
pool_manager(pool_manager_actor::stateful_pointer<pool_manager_state> self,
             const pool_manager_options& options) {
  auto& state = self->state;
  state.self = self;
  state.options = options;
  if (!state.options.make_pool)
    state.options.make_pool = spawn_pool_actor;
  state.ids.emplace(*state.options.clock, options.seed);
  state.routes.emplace(options.seed + 1);
  self->set_down_handler([&state](const caf::down_msg& down) { state.on_down(down); });
  return {
      [&state](const spawn_pool& x) { return state.spawn(x); },
      [&state](const list_pools&) { return state.list(); },
      [&state](const execute_on_pool& x) { return state.execute(x); },
      [&state](const route_task& x) { return state.route(x); },
      [&state](const close_pool& x) { return state.close(x); },
      [&state](const close_all_pools&) { return state.close_all(); },
      [&state](const task_left_pool& x) { state.routes->left(x.pool); },
  };
}

} // namespace

pool_manager_actor spawn_pool_manager(caf::actor_system& system, pool_manager_options options) {
  return system.spawn(pool_manager, std::move(options));
}

} // namespace mahavishnu
