// SPDX-License-Identifier: MIT
#include "actors/pool_manager.hpp"

#include "actors/batch.hpp"
#include "actors/gather.hpp"
#include "actors/idempotency.hpp"
#include "actors/routing.hpp"
#include "actors/task_rules.hpp"
#include "actors/task_words.hpp"
#include "base/id_source.hpp"
#include "base/log.hpp"
#include "mahavishnu/messages/all.hpp"
#include "messages/packed.hpp"
#include "messages/registry.hpp"

#include <caf/actor_system.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <map>
#include <set>

namespace mahavishnu {

namespace {

constexpr std::chrono::seconds description_limit{5};

/// Routing sees the type of the workers as one more label, so that a task that moves to another
/// pool finds the same workers there. No user's label has a space.
constexpr const char* worker_type_label = "worker type";

using pool_manager_self_actor =
    pool_manager_actor::extend<caf::replies_to<place_tasks>::with<placement>>;

route_reason reason_of(pool_selector selector) {
  switch (selector) {
  case pool_selector::round_robin: return route_reason::round_robin;
  case pool_selector::least_loaded: return route_reason::least_loaded;
  case pool_selector::random: return route_reason::random;
  case pool_selector::affinity: return route_reason::affinity;
  }
  return route_reason::named;
}

std::string text_of(const label_map& labels) {
  std::string text;
  for (const auto& [name, value] : labels)
    text.append(text.empty() ? "" : ", ").append(name).append("=").append(value);
  return text;
}

struct pool_manager_state {
  static inline const char* name = "pool-manager";

  struct entry {
    pool_id id;
    pool_config config;
    pool_actor pool;
    std::shared_ptr<unheard_departures> departures;
    /// It has tasks that wait and may move; and we have asked for some of them.
    bool has_movable_tasks = false;
    bool asked = false;
  };
  struct choice {
    pool_number pool;
    route_note note;
  };

  pool_manager_self_actor::pointer self = nullptr;
  pool_manager_options options;
  worker_facts workers;
  std::optional<id_source> ids;
  std::optional<routing> routes;
  std::optional<idempotency> keys;
  std::map<pool_number, entry> pools; // the oldest first
  std::unordered_map<std::string, pool_number> number_of_id;
  std::map<std::string, pool_number> number_of_name;
  /// Pools that are in the journal and not here, by name: they come back with the next server.
  struct orphan {
    pool_id id;
    std::string why;
  };
  std::map<std::string, orphan> orphans;
  std::unordered_map<batch_id, batch_actor> batches;
  std::set<pool_number> saturated; // those that have movable tasks
  pool_number last_number = 0;
  /// Sticky keys that are to be written down, by their hash, while others are being written.
  std::map<std::uint64_t, store::key_home> unsaved_keys;
  bool is_saving_keys = false;

  /// A batch that has ended keeps its results for minutes, for somebody who may not come again.
  ~pool_manager_state() {
    for (const auto& [id, batch] : batches)
      caf::anon_send_exit(batch, caf::exit_reason::user_shutdown);
  }

  // -- names -----------------------------------------------------------------

  /// Pools are named by name or by id, everywhere.
  std::optional<pool_number> known(const std::string& name_or_id) const {
    if (auto at = number_of_name.find(name_or_id); at != number_of_name.end())
      return at->second;
    if (auto at = number_of_id.find(name_or_id); at != number_of_id.end())
      return at->second;
    return std::nullopt;
  }

  result<pool_number> find(const std::string& name_or_id) const {
    if (auto number = known(name_or_id))
      return *number;
    std::string names;
    for (const auto& [each, number] : number_of_name)
      names.append(names.empty() ? "" : ", ").append(each);
    return error{errc::not_found,
                 "there is no pool '" + name_or_id +
                     (names.empty() ? "' (and no other); spawn one with: mahavishnu pool spawn"
                                    : "'; the pools are " + names)};
  }

  /// The named pool answers in our place.
  template <class Answer, class Question>
  caf::result<Answer> pass_on(const std::string& pool, const Question& question) {
    auto number = find(pool);
    if (!number)
      return to_caf(number.error());
    return self->delegate(pools.at(*number).pool, question);
  }

  // -- pools -----------------------------------------------------------------

  caf::result<pool_spawned> spawn(const spawn_pool& wish) {
    if (!options.enabled)
      return to_caf({errc::unsupported, "pools are turned off; set pools.enabled to true, or use "
                                        "single workers: mahavishnu workers spawn"});
    auto config = complete(wish.config, options.defaults, workers);
    if (!config)
      return to_caf(config.error());
    const auto& type = options.types.at(config->worker_type);
    if (auto runs = can_run(config->worker_type, type); !runs)
      return to_caf({runs.error().code, "pool '" + config->name + "': " + runs.error().message});
    if (known(config->name))
      return to_caf({errc::already_exists, "there is a pool '" + config->name +
                                               "' already; close it or take another name"});
    if (auto left = orphans.find(config->name); left != orphans.end())
      return to_caf({errc::already_exists, "a pool '" + config->name +
                                               "' waits in the journal: " + left->second.why +
                                               "; or close it, or take another name"});
    pool_id id;
    do
      id = ids->next_pool();
    while (number_of_id.contains(id.value) || find_orphan(id.value) != orphans.end());
    start(id, *config, {});
    pool_spawned answer;
    answer.pool = id;
    answer.type = config->type;
    answer.name = config->name;
    answer.worker_type = config->worker_type;
    answer.min_workers = config->min_workers;
    answer.max_workers = config->max_workers;
    if (!options.journal)
      return answer;
    auto promise = self->make_response_promise<pool_spawned>();
    note_pool(id, *config, promise, answer);
    return promise;
  }

  /// The answer goes out when the record is written.
  template <class Answer>
  void note_pool(const pool_id& id, const pool_config& config,
                 caf::typed_response_promise<Answer> promise, const Answer& answer) {
    note({store::pool_opened{id, packed::from(config)}},
         [promise, answer](const result<void>& written) mutable {
           if (written)
             promise.deliver(answer);
           else
             promise.deliver(to_caf(written.error()));
         });
  }

  /// `done` comes when it is written, or never will be.
  void note(std::vector<store::change> what, std::function<void(const result<void>&)> done) {
    if (!options.journal || what.empty())
      return done({});
    journal_changes changes;
    changes.changes = std::move(what);
    self->request(options.journal.journal, caf::infinite, std::move(changes))
        .then([done](const journal_written&) { done({}); },
              [done](const caf::error& why) { done(from_caf(why, "the journal")); });
  }

  std::map<std::string, orphan>::iterator find_orphan(const std::string& name_or_id) {
    return std::ranges::find_if(orphans, [&](const auto& each) {
      return each.first == name_or_id || each.second.id.value == name_or_id;
    });
  }

  void start(const pool_id& id, const pool_config& config, std::vector<restored_task> tasks) {
    pool_options wishes;
    wishes.id = id;
    auto number = wishes.number = ++last_number;
    auto count = static_cast<std::int32_t>(tasks.size());
    wishes.restored = std::move(tasks);
    wishes.journal = options.journal;
    wishes.config = config;
    wishes.type = options.types.at(config.worker_type);
    wishes.worker = options.worker;
    if (options.runner_of) {
      wishes.worker.runner = options.runner_of(wishes.id, config.durability);
      wishes.processes_stay = config.durability != durability::none;
    }
    wishes.feed = options.feed;
    wishes.heartbeat = options.heartbeat;
    wishes.history_bytes = options.history_bytes;
    wishes.seed = options.seed + number;
    auto pool = options.make_pool(self->home_system(), wishes, pool_listener_actor{self});
    self->monitor(pool);
    number_of_name.emplace(config.name, number);
    number_of_id.emplace(id.value, number);
    auto labels = config.labels;
    labels.emplace(worker_type_label, config.worker_type);
    routes->add(number, id, labels, config.first_workers() * config.worker_concurrency);
    routes->dispatched(number, count);
    log::info("pool-manager", "pool '{}' ({}) starts with {} {} workers{}", config.name, id.value,
              config.first_workers(), config.worker_type,
              count > 0 ? " and " + std::to_string(count) + " tasks of an earlier server" : "");
    broadcast({0, {}, id, {}, bus::pool_created{id, config.type, config}});
    pools.emplace(number, entry{id, config, std::move(pool), wishes.departures});
  }

  /// Goes on where an earlier server has ended.
  void restore() {
    for (auto& each : std::exchange(options.restored, {})) {
      const auto& type = each.config.worker_type;
      if (options.types.contains(type) && !known(each.config.name)) {
        start(each.id, each.config, std::move(each.tasks));
        continue;
      }
      auto why = known(each.config.name)
                     ? std::string{"there is another one of that name"}
                     : "there is no worker type '" + type +
                           "' any more; describe it under worker_types and start the server again";
      log::error("pool-manager",
                 "pool '{}' ({}) of an earlier server waits in the journal with {} "
                 "tasks: {}",
                 each.config.name, each.id.value, each.tasks.size(), why);
      orphans.emplace(known(each.config.name) ? each.id.value : each.config.name,
                      orphan{each.id, why});
    }
    for (const auto& each : std::exchange(options.restored_homes, {})) {
      auto number_of = [this](const pool_id& id) {
        auto found = number_of_id.find(id.value);
        return found != number_of_id.end() ? std::optional{found->second} : std::nullopt;
      };
      routing::key_places places{each.key, number_of(each.home), number_of(each.stand_in)};
      if (places.home || places.stand_in)
        routes->remember(places);
    }
    for (auto& each : std::exchange(options.restored_keys, {})) {
      auto pool = number_of_id.find(each.pool.value);
      if (pool == number_of_id.end() || each.spec->idempotency_key.empty() ||
          keys->find(each.spec->idempotency_key))
        continue;
      keys->add(each.spec->idempotency_key, {each.task, pool->second, each.spec});
      if (each.has_ended)
        keys->ended(each.task);
    }
  }

  std::vector<pool_actor> all() const {
    std::vector<pool_actor> handles;
    handles.reserve(pools.size());
    for (const auto& [number, each] : pools)
      handles.push_back(each.pool);
    return handles;
  }

  caf::result<pool_list> list() {
    auto promise = self->make_response_promise<pool_list>();
    gather<pool_info>(self, all(), description_limit, get_pool_info{},
                      [promise](std::vector<pool_info> pools_now) mutable {
                        promise.deliver(pool_list{std::move(pools_now)});
                      });
    return promise;
  }

  caf::result<pools_health> report_health() {
    auto promise = self->make_response_promise<pools_health>();
    gather<pool_info>(
        self, all(), description_limit, get_pool_info{},
        [promise, asked = pools.size()](std::vector<pool_info> pools_now) mutable {
          pools_health answer;
          answer.pools_active = static_cast<std::int32_t>(pools_now.size());
          auto well = std::ranges::count(pools_now, health::healthy, &pool_info::health);
          auto ill = std::ranges::count(pools_now, health::unhealthy, &pool_info::health);
          ill += static_cast<std::ptrdiff_t>(asked - pools_now.size()); // did not answer
          auto total = static_cast<std::ptrdiff_t>(asked);
          answer.status = well == total  ? health::healthy
                          : ill == total ? health::unhealthy
                                         : health::degraded;
          answer.pools = std::move(pools_now);
          promise.deliver(std::move(answer));
        });
    return promise;
  }

  caf::result<aggregated_results> aggregate(const aggregate_results& wish) {
    aggregated_results answer;
    std::vector<pool_actor> asked;
    for (const auto& each : wish.pools) {
      if (auto number = known(each))
        asked.push_back(pools.at(*number).pool);
      else
        answer.pools[each].status = "not_found";
    }
    if (wish.pools.empty())
      asked = all();
    auto promise = self->make_response_promise<aggregated_results>();
    gather<pool_description>(self, asked, description_limit, describe_pool{},
                             [promise, answer](const std::vector<pool_description>& found) mutable {
                               for (const auto& each : found)
                                 answer.pools[each.info.pool.value] = {
                                     each.metrics.memory_count,
                                     std::string{to_string(each.info.status)}, each.metrics};
                               promise.deliver(std::move(answer));
                             });
    return promise;
  }

  /// As many as now, it has with the next server too.
  caf::result<pool_scaled> scale(const scale_pool& wish) {
    auto number = find(wish.pool);
    if (!number)
      return to_caf(number.error());
    auto promise = self->make_response_promise<pool_scaled>();
    self->request(pools.at(*number).pool, caf::infinite, wish)
        .then([this, promise, number = *number](
                  const pool_scaled& answer) mutable { keep_scaled(number, answer, promise); },
              [promise](const caf::error& why) mutable { promise.deliver(why); });
    return promise;
  }

  void keep_scaled(pool_number number, const pool_scaled& answer,
                   caf::typed_response_promise<pool_scaled> promise) {
    auto which = pools.find(number);
    if (which == pools.end()) { // closed meanwhile, also in the journal
      promise.deliver(answer);
      return;
    }
    auto& its = which->second;
    its.config.start_workers = answer.target_workers;
    note_pool(its.id, its.config, promise, answer);
  }

  caf::result<pool_drained> drain(const drain_pool& wish) {
    auto number = find(wish.pool);
    if (!number)
      return to_caf(number.error());
    routes->pause(*number);
    return self->delegate(pools.at(*number).pool, wish);
  }

  caf::result<pool_resumed> resume(const resume_pool& wish) {
    auto number = find(wish.pool);
    if (!number)
      return to_caf(number.error());
    routes->resume(*number);
    return self->delegate(pools.at(*number).pool, wish);
  }

  pool_actor forget(pool_number number, const std::string& reason) {
    auto node = pools.extract(number);
    auto& its = node.mapped();
    routes->remove(number);
    keys->forget(number);
    saturated.erase(number);
    number_of_name.erase(its.config.name);
    number_of_id.erase(its.id.value);
    broadcast({0, {}, its.id, {}, bus::pool_closed{its.id, reason}});
    return std::move(its.pool);
  }

  caf::result<pool_closed> close(const close_pool& wish) {
    if (auto left = find_orphan(wish.pool); left != orphans.end() && !known(wish.pool))
      return close_orphan(left);
    auto number = find(wish.pool);
    if (!number)
      return to_caf(number.error());
    log::info("pool-manager", "pool '{}' closes", pools.at(*number).config.name);
    std::vector<store::change> gone;
    if (!wish.keep_tasks)
      gone.emplace_back(store::pool_closed{pools.at(*number).id});
    auto closed = std::make_shared<pool_closed>();
    auto deliver = answer_when_written<pool_closed>(std::move(gone), closed);
    self->request(forget(*number, "closed on request"), caf::infinite, wish)
        .then(
            [deliver, closed](const pool_closed& answer) {
              *closed = answer;
              deliver.done({});
            },
            [deliver](const caf::error& why) { deliver.done(from_caf(why, "the pool")); });
    return deliver.promise;
  }

  /// Its tasks are cancelled by the next server.
  caf::result<pool_closed> close_orphan(std::map<std::string, orphan>::iterator which) {
    auto closed = std::make_shared<pool_closed>(pool_closed{which->second.id});
    std::vector<store::change> gone{store::pool_closed{which->second.id}};
    orphans.erase(which);
    auto deliver = answer_when_written<pool_closed>(std::move(gone), closed);
    deliver.done({});
    return deliver.promise;
  }

  template <class Answer>
  struct two_steps {
    caf::typed_response_promise<Answer> promise;
    std::function<void(const result<void>&)> done;
  };

  /// The answer goes out when `done` was called and the changes are on disk, or with the first
  /// error of the two.
  template <class Answer>
  two_steps<Answer> answer_when_written(std::vector<store::change> changes,
                                        const std::shared_ptr<Answer>& answer) {
    auto promise = self->make_response_promise<Answer>();
    auto left = std::make_shared<int>(2);
    auto done = [promise, left, answer](const result<void>& how) mutable {
      if (*left == 0)
        return;
      if (!how) {
        *left = 0;
        promise.deliver(to_caf(how.error()));
      } else if (--*left == 0) {
        promise.deliver(*answer);
      }
    };
    note(std::move(changes), done);
    return {promise, done};
  }

  caf::result<pools_closed> close_all(const close_all_pools& wish) {
    if (!unsaved_keys.empty())
      save_keys();
    auto handles = all();
    std::vector<store::change> gone;
    if (!wish.keep_tasks)
      for (const auto& [number, each] : pools)
        gone.emplace_back(store::pool_closed{each.id});
    auto closed = std::make_shared<pools_closed>();
    auto deliver = answer_when_written<pools_closed>(std::move(gone), closed);
    while (!pools.empty())
      forget(pools.begin()->first, wish.keep_tasks ? "the server goes" : "closed on request");
    // A pool that closes ends its processes, which takes their grace at most.
    gather<pool_closed>(self, handles, longest_close(options.worker),
                        close_pool{{}, wish.keep_tasks},
                        [deliver, closed](const std::vector<pool_closed>& answers) {
                          *closed = {static_cast<std::int32_t>(answers.size())};
                          deliver.done({});
                        });
    return deliver.promise;
  }

  void on_down(const caf::down_msg& down) {
    for (const auto& [number, each] : pools)
      if (each.pool.address() == down.source) {
        auto is_kept = options.journal && each.config.durability != durability::none;
        log::error("pool-manager", "pool '{}' ended unexpectedly; {}", each.config.name,
                   is_kept ? "its tasks go on when the server is started again" : "spawn it again");
        if (is_kept)
          orphans.emplace(each.config.name,
                          orphan{each.id, "it ended unexpectedly; start the server again"});
        forget(number, "ended unexpectedly");
        return;
      }
    std::erase_if(batches, [&](const auto& each) { return each.second.address() == down.source; });
  }

  // -- the bus ---------------------------------------------------------------

  /// To every pool, and to whoever listens.
  void broadcast(const notice& what) {
    for (const auto& [number, each] : pools)
      if (each.id != what.source)
        self->send(each.pool, what);
    if (options.feed.wants(what.type()))
      self->send(options.feed.feed, what);
  }

  caf::result<published> publish_notice(const publish& wish) {
    const auto& what = wish.what;
    if (!options.feed.feed)
      return to_caf({errc::unsupported, "this system has no feed"});
    if (what.type() == notice_type::task_delegate)
      return to_caf({errc::invalid_argument,
                     "a notice of type task_delegate comes from pools only; to have a task run, "
                     "submit it"});
    if (!what.target.empty()) {
      auto number = find(what.target.value);
      if (!number)
        return to_caf(number.error());
      self->send(pools.at(*number).pool, what);
    } else {
      for (const auto& [number, each] : pools)
        self->send(each.pool, what);
    }
    return self->delegate(options.feed.feed, wish);
  }

  // -- routing ---------------------------------------------------------------

  choice chosen(pool_number pool, route_reason reason) const {
    return {pool,
            {reason, static_cast<std::int32_t>(routes->in_flight(pool)),
             static_cast<std::int32_t>(routes->capacity(pool))}};
  }

  result<choice> choose_named(const std::string& pool) const {
    auto number = find(pool);
    if (!number)
      return number.error();
    return chosen(*number, route_reason::named);
  }

  result<choice> choose(const std::string& selector_name, const std::string& affinity,
                        const label_map& labels) {
    auto selector = options.selector;
    if (!selector_name.empty()) {
      auto named = enum_from_string<pool_selector>(selector_name);
      if (!named)
        return error{errc::invalid_argument, "pool_selector: " + named.error().message};
      selector = *named;
    }
    if (pools.empty())
      return error{errc::no_pools,
                   "there is no pool to route to; spawn one with: mahavishnu pool spawn"};
    if (selector == pool_selector::affinity) {
      if (affinity.empty())
        return error{errc::invalid_argument, "the selector affinity needs pool_affinity: the name "
                                             "or id of a pool, or any key that is to stick to one"};
      if (auto number = known(affinity))
        return chosen(*number, route_reason::affinity);
    }
    auto pool = routes->choose(selector, labels, affinity);
    if (auto moved = routes->take_moved_key())
      note_key(*moved);
    if (!pool)
      return error{errc::no_pools, labels.empty()
                                       ? "every pool is being drained; resume one, or spawn another"
                                       : "no pool that takes tasks has the labels " +
                                             text_of(labels) + "; spawn one with them"};
    return chosen(*pool, reason_of(selector));
  }

  void note_key(const routing::key_places& places) {
    if (!options.key_keeper || unsaved_keys.size() >= routing::most_keys)
      return;
    auto id_of = [this](std::optional<pool_number> number) {
      auto found = number ? pools.find(*number) : pools.end();
      return found != pools.end() ? found->second.id : pool_id{};
    };
    unsaved_keys.insert_or_assign(
        places.key, store::key_home{places.key, id_of(places.home), id_of(places.stand_in)});
    if (!is_saving_keys)
      save_keys();
  }

  void save_keys() {
    keep_keys next;
    for (auto& [key, each] : std::exchange(unsaved_keys, {}))
      next.changed.push_back(std::move(each));
    is_saving_keys = true;
    auto go_on = [this] {
      is_saving_keys = false;
      if (!unsaved_keys.empty())
        save_keys();
    };
    self->request(options.key_keeper, caf::infinite, std::move(next))
        .then([go_on](const keys_kept&) { go_on(); },
              [this](const caf::error&) { options.key_keeper = nullptr; }); // the server goes
  }

  // -- tasks -----------------------------------------------------------------

  /// A task whose key is known is not run again: this is what to ask the pool that has it.
  /// Nothing when the task is new; it is then known from now on.
  result<std::optional<idempotency::owner>> owner_of(const shared_spec& spec, const choice& place,
                                                     const task_id& task) {
    const auto& key = spec->idempotency_key;
    if (const auto* owner = keys->find(key)) {
      if (!(*owner->spec == *spec))
        return error{errc::invalid_argument, "the idempotency key '" + key +
                                                 "' belongs to the other task '" +
                                                 owner->task.str() + "'; take another key"};
      return std::optional{*owner};
    }
    keys->add(key, {task, place.pool, spec});
    return std::optional<idempotency::owner>{};
  }

  caf::result<task_result> execute(shared_spec spec, const result<choice>& place) {
    if (auto good = check(*spec); !good)
      return to_caf(good.error());
    if (!place)
      return to_caf(place.error());
    auto task = ids->next_task();
    if (!spec->idempotency_key.empty()) {
      auto owner = owner_of(spec, *place, task);
      if (!owner)
        return to_caf(owner.error());
      if (*owner)
        return wait(wait_task{(*owner)->task});
    }
    routes->dispatched(place->pool);
    return self->delegate(pools.at(place->pool).pool,
                          execute_task{task, std::move(spec), place->note});
  }

  caf::result<task_result> execute(execute_on_pool& wish) {
    return execute(std::move(wish.spec), choose_named(wish.pool));
  }

  caf::result<task_result> route(route_task& wish) {
    auto place = choose(wish.selector, wish.affinity, wish.spec->labels);
    return execute(std::move(wish.spec), place);
  }

  caf::result<task_accepted> submit(submit_task& wish) {
    if (auto good = check(*wish.spec); !good)
      return to_caf(good.error());
    auto place = wish.pool.empty() ? choose(wish.selector, wish.affinity, wish.spec->labels)
                                   : choose_named(wish.pool);
    if (!place)
      return to_caf(place.error());
    auto task = ids->next_task();
    if (!wish.spec->idempotency_key.empty()) {
      auto owner = owner_of(wish.spec, *place, task);
      if (!owner)
        return to_caf(owner.error());
      if (*owner)
        return accepted_before(**owner);
    }
    routes->dispatched(place->pool);
    return self->delegate(pools.at(place->pool).pool,
                          accept_task{task, std::move(wish.spec), place->note});
  }

  /// The pool that has the task tells where it stands, or if it ended long ago, the archive.
  caf::result<task_accepted> accepted_before(const idempotency::owner& owner) {
    auto promise = self->make_response_promise<task_accepted>();
    const auto& its = pools.at(owner.pool);
    auto lasts = its.config.durability;
    self->request(its.pool, caf::infinite, confirm_task{owner.task})
        .then(
            [promise](const task_accepted& answer) mutable { promise.deliver(answer); },
            [this, promise, owner, lasts](const caf::error& failure) mutable {
              if (!options.archive || from_caf(failure, "the pool").code != errc::not_found) {
                promise.deliver(failure);
                return;
              }
              self->request(options.archive, description_limit, describe_task{owner.task})
                  .then(
                      [promise, lasts](const task_info& about) mutable {
                        promise.deliver(task_accepted{about.task, about.pool, about.status, lasts});
                      },
                      [promise](const caf::error& why) mutable { promise.deliver(why); });
            });
    return promise;
  }

  /// As a new task, in the same pool if that one was named.
  caf::result<task_accepted> retry(const retry_task& wish) {
    auto promise = self->make_response_promise<task_accepted>();
    self->request(pool_manager_actor{self}, caf::infinite, describe_task{wish.task})
        .then(
            [this, promise](const task_info& about) mutable {
              if (!is_final(about.status)) {
                promise.deliver(to_caf(
                    {errc::invalid_argument,
                     "the task '" + about.task.str() + "' has not ended, it is " +
                         std::string{to_string(about.status)} + "; cancel it first, or wait"}));
                return;
              }
              submit_task again;
              auto spec = *about.spec;
              spec.idempotency_key.clear(); // which is that of the first one
              spec.cancel_with_requester = false;
              spec.metadata[retry_of] = about.task.str();
              again.spec = std::move(spec);
              if (about.route.reason == route_reason::named ||
                  about.route.reason == route_reason::affinity)
                again.pool = about.pool.value;
              promise.delegate(pool_manager_actor{self}, std::move(again));
            },
            [promise](const caf::error& failure) mutable { promise.deliver(failure); });
    return promise;
  }

  caf::result<placement> place(const place_tasks& wish) {
    placement answer;
    for (auto left = wish.count; left > 0;) {
      auto where = wish.pool.empty() ? choose(wish.selector, wish.affinity, wish.labels)
                                     : choose_named(wish.pool);
      if (!where)
        return to_caf(where.error());
      const auto& its = pools.at(where->pool);
      // One choice for as many tasks as one worker takes at a time: they are answered together.
      auto count = std::min(left, its.config.worker_concurrency);
      auto first = ids->next_tasks(static_cast<std::uint64_t>(count));
      routes->dispatched(where->pool, count);
      answer.shares.push_back({its.pool, count, first, where->note});
      left -= count;
    }
    return answer;
  }

  /// Asks the pools, of which one or two (when one of them has it from the other) know the task.
  template <class Answer, class Question, class Better>
  caf::result<Answer> ask_for_task(const Question& question, Better better) {
    auto promise = self->make_response_promise<Answer>();
    gather<Answer>(self, all(), description_limit, question,
                   [this, promise, better, question](std::vector<Answer> found) mutable {
                     if (found.empty()) {
                       ask_archive(promise, question);
                       return;
                     }
                     promise.deliver(std::move(*std::ranges::max_element(
                         found, [&](const auto& a, const auto& b) { return better(b, a); })));
                   });
    return promise;
  }

  /// About a task that no pool knows.
  template <class Answer, class Question>
  void ask_archive(caf::typed_response_promise<Answer>& promise, const Question& question) {
    if (options.archive)
      promise.delegate(options.archive, question);
    else
      promise.deliver(to_caf(unknown(question.task)));
  }
  /// One that has ended cannot be cancelled any more.
  void ask_archive(caf::typed_response_promise<task_cancelled>& promise,
                   const cancel_task& question) {
    if (!options.archive) {
      promise.deliver(to_caf(unknown(question.task)));
      return;
    }
    self->request(options.archive, description_limit, describe_task{question.task})
        .then(
            [promise](const task_info& about) mutable {
              if (is_final(about.status))
                promise.deliver(task_cancelled{about.task, about.status});
              else
                promise.deliver(
                    to_caf({errc::not_found, "the task '" + about.task.str() +
                                                 "' waits in the journal for its pool '" +
                                                 about.pool_name +
                                                 "', which is not here; close that "
                                                 "pool, and its tasks are cancelled"}));
            },
            [promise](const caf::error& failure) mutable { promise.deliver(failure); });
  }

  static error unknown(const task_id& task) {
    return {errc::not_found, "there is no task '" + task.str() +
                                 "'; it may have ended so long ago that it was forgotten"};
  }

  caf::result<task_info> describe(const describe_task& wish) {
    return ask_for_task<task_info>(wish, [](const task_info& a, const task_info& b) {
      return a.route.reason != route_reason::delegated && b.route.reason == route_reason::delegated;
    });
  }

  /// A task stands as its own pool says, and its files are where it runs.
  caf::result<output_location> locate(const locate_output& wish) {
    auto promise = self->make_response_promise<output_location>();
    gather<output_location>(self, all(), description_limit, wish,
                            [this, promise, wish](std::vector<output_location> found) mutable {
                              if (found.empty()) {
                                ask_archive(promise, wish);
                                return;
                              }
                              auto has_files = [](const output_location& each) {
                                return !each.output_file.empty();
                              };
                              auto growing = std::ranges::find_if(found, has_files);
                              auto own = std::ranges::find_if_not(found, has_files);
                              if (own == found.end()) {
                                promise.deliver(std::move(*growing));
                                return;
                              }
                              if (growing != found.end() && own->status == task_status::running) {
                                own->output_file = std::move(growing->output_file);
                                own->error_file = std::move(growing->error_file);
                              }
                              promise.deliver(std::move(*own));
                            });
    return promise;
  }

  caf::result<task_cancelled> cancel(const cancel_task& wish) {
    return ask_for_task<task_cancelled>(
        wish, [](const task_cancelled&, const task_cancelled&) { return false; });
  }

  caf::result<task_result> wait(const wait_task& wish) {
    auto promise = self->make_response_promise<task_result>();
    gather<task_info>(self, all(), description_limit, describe_task{wish.task},
                      [this, promise, wish](const std::vector<task_info>& found) mutable {
                        for (const auto& each : found)
                          if (each.route.reason != route_reason::delegated)
                            if (auto number = known(each.pool.value)) {
                              promise.delegate(pools.at(*number).pool, wish);
                              return;
                            }
                        ask_archive(promise, wish);
                      });
    return promise;
  }

  caf::result<task_list> list(const list_tasks& wish) {
    constexpr std::int32_t longest_list = 10'000;
    if (wish.limit < 1 || wish.limit > longest_list)
      return to_caf({errc::invalid_argument, "the limit of a task list must be between 1 and "
                                             "10000, not " +
                                                 std::to_string(wish.limit)});
    if (!wish.status.empty())
      if (auto status = enum_from_string<task_status>(wish.status); !status)
        return to_caf({errc::invalid_argument, "status: " + status.error().message});
    auto asked = all();
    auto of_archive = wish;
    if (!wish.pool.empty()) {
      auto number = find(wish.pool);
      if (!number)
        return to_caf(number.error());
      const auto& its = pools.at(*number);
      asked = {its.pool};
      of_archive.pool = its.id.value;
    }
    auto promise = self->make_response_promise<task_list>();
    auto deliver = [promise, wish](std::vector<task_list> lists) mutable {
      promise.deliver(merged(std::move(lists), static_cast<std::size_t>(wish.limit)));
    };
    gather<task_list>(
        self, asked, description_limit, wish,
        [this, promise, deliver, of_archive](std::vector<task_list> lists) mutable {
          if (!options.archive) {
            deliver(std::move(lists));
            return;
          }
          self->request(options.archive, description_limit, of_archive)
              .then(
                  [deliver, lists](const task_list& ended) mutable {
                    lists.push_back(ended);
                    deliver(std::move(lists));
                  },
                  [promise](const caf::error& failure) mutable { promise.deliver(failure); });
        });
    return promise;
  }

  /// The newest first. What a pool says of a task counts more than what comes later in the list.
  static task_list merged(std::vector<task_list> lists, std::size_t limit) {
    task_list answer;
    for (auto& each : lists) {
      std::ranges::move(each.tasks, std::back_inserter(answer.tasks));
      std::ranges::move(each.problems, std::back_inserter(answer.problems));
    }
    std::ranges::stable_sort(answer.tasks, std::ranges::greater{}, &task_line::task);
    auto is_same = [](const task_line& a, const task_line& b) { return a.task == b.task; };
    answer.tasks.erase(std::unique(answer.tasks.begin(), answer.tasks.end(), is_same),
                       answer.tasks.end());
    if (answer.tasks.size() > limit)
      answer.tasks.resize(limit);
    return answer;
  }

  // -- batches ---------------------------------------------------------------

  result<batch_actor> new_batch(const execute_batch& wish) {
    if (wish.tasks.empty())
      return error{errc::invalid_argument, "the batch has no tasks; give at least one"};
    if (batches.size() >= options.most_batches)
      return error{errc::pool_full, std::to_string(batches.size()) +
                                        " batches run already; wait until one has ended"};
    auto place =
        wish.pool.empty() ? choose(wish.selector, wish.affinity, {}) : choose_named(wish.pool);
    if (!place)
      return place.error();
    batch_options how;
    do
      how.id = ids->next_batch();
    while (batches.contains(how.id));
    how.in_flight = options.batch_in_flight;
    auto batch = spawn_batch(self->home_system(), how, placer_actor{self});
    self->monitor(batch);
    batches.emplace(how.id, batch);
    return batch;
  }

  template <class Answer, class Question>
  caf::result<Answer> begin_batch(const execute_batch& wish, Question& question) {
    auto batch = new_batch(wish);
    if (!batch)
      return to_caf(batch.error());
    return self->delegate(*batch, std::move(question));
  }

  template <class Question>
  caf::result<batch_news> ask_batch(const Question& question) {
    auto found = batches.find(question.batch);
    if (found == batches.end())
      return to_caf(
          {errc::not_found, "there is no batch '" + question.batch.value +
                                "'; one is forgotten when its results have been fetched"});
    return self->delegate(found->second, question);
  }

  // -- from the pools --------------------------------------------------------

  void left(const tasks_left_pool& what) {
    if (auto found = pools.find(what.pool); found != pools.end()) {
      auto count = found->second.departures->exchange(0);
      if (count >= 0)
        routes->left(what.pool, count);
      else
        routes->dispatched(what.pool, -count);
    }
    for (const auto& task : what.keyed)
      keys->ended(task);
    for (const auto& task : what.refused)
      keys->forget(task);
    if (!saturated.empty())
      relieve();
  }

  void changed(const pool_changed& what) {
    auto found = pools.find(what.pool);
    if (found == pools.end())
      return;
    routes->resize(what.pool, what.capacity);
    found->second.has_movable_tasks = what.has_movable_tasks;
    if (what.has_movable_tasks)
      saturated.insert(what.pool);
    else
      saturated.erase(what.pool);
    if (!saturated.empty())
      relieve();
  }

  void moved(const tasks_moved& what) {
    routes->left(what.from, what.count);
    routes->dispatched(what.to, what.count);
    if (auto found = pools.find(what.from); found != pools.end())
      found->second.asked = false;
    if (!saturated.empty())
      relieve();
  }

  /// Has pools that have more to do than they can give tasks to those that idle.
  void relieve() {
    if (!options.delegation || pools.size() < 2)
      return;
    for (auto number : saturated) {
      auto& from = pools.at(number);
      if (from.asked)
        continue;
      auto labels = from.config.labels;
      labels.emplace(worker_type_label, from.config.worker_type);
      auto to = routes->choose(pool_selector::least_loaded, labels);
      if (!to || *to == number)
        continue;
      auto room = routes->capacity(*to) - routes->in_flight(*to);
      if (room <= 0)
        continue;
      from.asked = true;
      const auto& target = pools.at(*to);
      self->send(from.pool, hand_over_tasks{target.id, *to, static_cast<std::int32_t>(room)},
                 caf::actor_cast<caf::strong_actor_ptr>(target.pool));
    }
  }
};

pool_manager_self_actor::behavior_type
pool_manager(pool_manager_self_actor::stateful_pointer<pool_manager_state> self,
             const pool_manager_options& options) {
  auto& state = self->state;
  state.self = self;
  state.options = options;
  if (!state.options.make_pool)
    state.options.make_pool = spawn_pool_actor;
  for (const auto& [name, type] : options.types)
    state.workers.emplace(name, worker_fact{type.most_concurrency, type.default_timeout});
  state.ids.emplace(*state.options.clock, options.seed);
  state.routes.emplace(options.seed + 1);
  state.keys.emplace(options.keys);
  self->set_default_handler(caf::drop);
  self->set_down_handler([&state](const caf::down_msg& down) { state.on_down(down); });
  state.restore();
  return {
      // CAF compares a message with one after the other, so those that come for every task are
      // first. What they carry is handed on and not copied.
      [&state](route_task& x) { return state.route(x); },
      [&state](const tasks_left_pool& x) { state.left(x); },
      [&state](const place_tasks& x) { return state.place(x); },
      [&state](execute_batch& x) { return state.begin_batch<batch_result>(x, x); },
      [&state](execute_on_pool& x) { return state.execute(x); },
      [&state](submit_task& x) { return state.submit(x); },
      [&state](const retry_task& x) { return state.retry(x); },
      [&state](const spawn_pool& x) { return state.spawn(x); },
      [&state](const list_pools&) { return state.list(); },
      [&state](const get_health&) { return state.report_health(); },
      [&state](const aggregate_results& x) { return state.aggregate(x); },
      [&state](const describe_pool& x) { return state.pass_on<pool_description>(x.pool, x); },
      [&state](const scale_pool& x) { return state.scale(x); },
      [&state](const drain_pool& x) { return state.drain(x); },
      [&state](const resume_pool& x) { return state.resume(x); },
      [&state](const wait_task& x) { return state.wait(x); },
      [&state](const cancel_task& x) { return state.cancel(x); },
      [&state](const describe_task& x) { return state.describe(x); },
      [&state](const list_tasks& x) { return state.list(x); },
      [&state](const locate_output& x) { return state.locate(x); },
      [&state](start_batch& x) { return state.begin_batch<batch_started>(x.batch, x); },
      [&state](const follow_batch& x) { return state.ask_batch(x); },
      [&state](const cancel_batch& x) { return state.ask_batch(x); },
      [&state](const close_pool& x) { return state.close(x); },
      [&state](const close_all_pools& x) { return state.close_all(x); },
      [&state](const publish& x) { return state.publish_notice(x); },
      [&state](const tasks_moved& x) { state.moved(x); },
      [&state](const pool_changed& x) { state.changed(x); },
      [&state](const notice& x) { state.broadcast(x); },
  };
}

} // namespace

pool_manager_actor spawn_pool_manager(caf::actor_system& system, pool_manager_options options) {
  return system.spawn(pool_manager, std::move(options));
}

} // namespace mahavishnu
