// SPDX-License-Identifier: MIT
#include "mcp/tools/pool_tools.hpp"

#include "mcp/tools/run_task.hpp"
#include "mcp/tools/schema.hpp"

namespace mahavishnu::mcp::server {

namespace {

constexpr tool_hints reads{true, false, true, false, auth::scope::read};
constexpr tool_hints makes{false, false, false, false, auth::scope::write};
constexpr tool_hints sets{false, false, true, false, auth::scope::write};
constexpr tool_hints ends{false, true, true, false, auth::scope::write};
/// What a worker runs may do anything.
constexpr tool_hints runs{false, true, false, true, auth::scope::execute};

/// Closing takes the grace of the processes that run.
constexpr std::chrono::minutes close_limit{10};

schema::argument pool_argument() {
  return {"pool_id", schema::name("Id or name of the pool, as pool_list gives them"), true};
}

tool spawn(const control_door& door) {
  using namespace schema;
  return {"pool_spawn",
          "Start a pool",
          "Starts a pool of workers that tasks can be given to, and answers with its pool_id. "
          "worker_type says what the workers run: shell runs prompts as shell scripts.",
          object({{"name", with_default(name("Name of the pool, which no other has"), "default")},
                  {"pool_type", with_default(name("Kind of pool"), "mahavishnu")},
                  {"worker_type",
                   name("What the workers run (default: workers.default_type of the settings)")},
                  {"min_workers", whole("Workers at least (default: pools.min_workers)", 1, 1000)},
                  {"max_workers", whole("Workers at most (default: pools.max_workers)", 1, 1000)},
                  {"auto_scale",
                   {{"type", "boolean"},
                    {"description", "Grow while tasks wait, shrink while workers idle"}}},
                  {"queue_limit", whole("Tasks that may wait", 1, 1000000)},
                  {"durability", choice<durability>("What of its tasks outlives the server")}}),
          schema::of<pool_spawned>(),
          makes,
          [door](const call_ptr& call) {
            pool_config wish;
            wish.name = text_of(*call, "name");
            wish.type = text_of(*call, "pool_type");
            wish.worker_type = text_of(*call, "worker_type");
            wish.min_workers = number_of<std::int32_t>(*call, "min_workers", 0);
            wish.max_workers = number_of<std::int32_t>(*call, "max_workers", 0);
            wish.queue_limit = number_of<std::int32_t>(*call, "queue_limit", 0);
            wish.auto_scale = number_of<bool>(*call, "auto_scale", false);
            if (auto lasts = text_of(*call, "durability"); !lasts.empty())
              wish.durability = *enum_from_string<durability>(lasts);
            pass_on<pool_spawned>(door, call, spawn_pool{wish});
          }};
}

tool execute(const control_door& door) {
  return {"pool_execute",
          "Run a task on a pool",
          "Runs a prompt on the named pool and answers with its result. When it takes longer than "
          "wait_ms, the answer has the task_id: ask task_wait for the result then, and do not send "
          "it again.",
          schema::object(with_task_arguments({pool_argument(), wait_argument()})),
          schema_of_run(),
          runs,
          [door](const call_ptr& call) {
            run_task(door, call, submit_task{task_of(*call), text_of(*call, "pool_id"), {}, {}});
          }};
}

tool route(const control_door& door) {
  return {"pool_route_execute",
          "Run a task on the best pool",
          "Runs a prompt on the pool that pool_selector finds, and answers with its result, as "
          "pool_execute does.",
          schema::object(with_task_arguments(
              {wait_argument(),
               {"pool_selector",
                schema::choice<mahavishnu::pool_selector>(
                    "How to find the pool (default: pools.routing_strategy of the settings)")},
               {"pool_affinity",
                schema::text("For the selector affinity: a pool, or any key, which sticks to one "
                             "pool",
                             256)}})),
          schema_of_run(),
          runs,
          [door](const call_ptr& call) {
            run_task(door, call,
                     submit_task{task_of(*call),
                                 {},
                                 text_of(*call, "pool_selector"),
                                 text_of(*call, "pool_affinity")});
          }};
}

tool list(const control_door& door) {
  return {"pool_list",
          "List the pools",
          "All pools, with their workers, what waits, and how they do.",
          schema::object({}),
          schema::list_of(schema::of<pool_info>()),
          reads,
          [door](const call_ptr& call) {
            ask_for<pool_list>(door, call, list_pools{}, [](const pool_list& all) {
              return structured_list(mahavishnu::json::from(all)["pools"]);
            });
          }};
}

tool monitor(const control_door& door) {
  return {"pool_monitor",
          "Measure pools",
          "What pools have done until now: tasks, durations, workers, memory; by the id of the "
          "pool.",
          schema::object({{"pool_ids", schema::texts("Ids or names (default: all pools)")}}),
          schema::map_of(schema::of<pool_results>()),
          reads,
          [door](const call_ptr& call) {
            ask_for<aggregated_results>(door, call, aggregate_results{texts_of(*call, "pool_ids")},
                                        [](const aggregated_results& all) {
                                          return structured(mahavishnu::json::from(all)["pools"]);
                                        });
          }};
}

tool scale(const control_door& door) {
  return {
      "pool_scale",
      "Scale a pool",
      "Gives a pool so many workers, within its bounds. Busy workers finish what they have.",
      schema::object({pool_argument(),
                      {"target_workers", schema::whole("How many it is to have", 1, 1000), true}}),
      schema::of<pool_scaled>(),
      sets,
      [door](const call_ptr& call) {
        pass_on<pool_scaled>(door, call,
                             scale_pool{text_of(*call, "pool_id"),
                                        number_of<std::int32_t>(*call, "target_workers", 0)});
      }};
}

tool close(const control_door& door) {
  return {
      "pool_close",
      "Close a pool",
      "Closes a pool: what waits in it is cancelled, and what runs is ended.",
      schema::object({pool_argument()}),
      schema::of<pool_closed>(),
      ends,
      [door](const call_ptr& call) {
        pass_on<pool_closed>(door, call, close_pool{text_of(*call, "pool_id"), false}, close_limit);
      }};
}

tool close_all(const control_door& door) {
  return {"pool_close_all",
          "Close all pools",
          "Closes every pool: what waits is cancelled, and what runs is ended.",
          schema::object({}),
          schema::of<pools_closed>(),
          ends,
          [door](const call_ptr& call) {
            pass_on<pools_closed>(door, call, close_all_pools{}, close_limit);
          }};
}

tool health_of_pools(const control_door& door) {
  return {"pool_health",
          "Health of the pools",
          "Whether all pools have the workers that they should have, and if not, why.",
          schema::object({}),
          schema::of<pools_health>(),
          reads,
          [door](const call_ptr& call) { pass_on<pools_health>(door, call, get_health{}); }};
}

tool search(const control_door& door) {
  using namespace schema;
  return {"pool_search_memory",
          "Search what tasks have said",
          "Full-text search over what ended tasks were asked and have said, the best first. All "
          "words must be there; \"phrases\" in quotes; beginnings as deploy*. An empty query gives "
          "the newest.",
          object({{"query", text("What to search for"), true},
                  {"limit", with_default(whole("Results at most", 1, 1000), 100)},
                  {"pool_id", text("Only of this pool, by id or name", 256)},
                  {"status", text("Only of tasks that ended so, such as failed", 32)},
                  {"tags", texts("Only with all of these, as name=value")}}),
          schema::list_of(schema::of<memory_record>()),
          reads,
          [door](const call_ptr& call) {
            search_memory wish;
            wish.query = text_of(*call, "query");
            wish.limit = number_of<std::int32_t>(*call, "limit", 100);
            wish.pool = text_of(*call, "pool_id");
            wish.status = text_of(*call, "status");
            wish.tags = texts_of(*call, "tags");
            ask_for<memory_found>(door, call, wish, [](const memory_found& found) {
              return structured_list(mahavishnu::json::from(found)["results"]);
            });
          }};
}

} // namespace

std::vector<tool> pool_tools(const control_door& door) {
  return {spawn(door),           execute(door), route(door), list(door),
          monitor(door),         scale(door),   close(door), close_all(door),
          health_of_pools(door), search(door)};
}

} // namespace mahavishnu::mcp::server
