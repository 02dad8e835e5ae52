// SPDX-License-Identifier: MIT
#include "mcp/tools/worker_tools.hpp"

#include "mcp/tools/heartbeat.hpp"
#include "mcp/tools/schema.hpp"

#include <set>

namespace mahavishnu::mcp::server {

namespace {

constexpr tool_hints reads{true, false, true, false, auth::scope::read};
constexpr tool_hints makes{false, false, false, false, auth::scope::write};
constexpr tool_hints ends{false, true, true, false, auth::scope::write};
/// What a worker runs may do anything.
constexpr tool_hints runs{false, true, false, true, auth::scope::execute};

/// A worker runs its tasks one after the other, each for as long as its time-out says.
constexpr std::chrono::hours run_limit{24 * 31};
constexpr double longest_timeout = 30.0 * 24 * 3600;
/// Closing takes the grace of the processes that run.
constexpr std::chrono::minutes close_limit{10};

/// What a tool answers with, and which tool to take in its place.
tool_answer with_warning(const std::string& answer, std::string_view instead) {
  return {answer,
          {text_block("Deprecated: single workers are replaced by pools; use " +
                      std::string{instead} + " instead."),
           text_block(answer)},
          false};
}

std::string described(std::string_view what, std::string_view instead) {
  return std::string{what} + " Deprecated: use " + std::string{instead} + " instead.";
}

/// Asks the server; the answer carries the warning.
template <class Answer, class Question, class Show>
void ask_old(const control_door& door, const call_ptr& call, const Question& question,
             std::string_view instead, Show show, std::chrono::milliseconds limit = usual_limit) {
  ask<Answer, Question>(*door.system, door.control, question, limit,
                        [call, instead, show](const result<Answer>& answer) {
                          if (answer)
                            call->finish(with_warning(show(*answer), instead));
                          else
                            call->finish(tool_error(answer.error().message));
                        });
}

template <class Answer>
std::string as_it_is(const Answer& answer) {
  return structured(mahavishnu::json::from(answer));
}

schema::argument worker_argument() {
  return {"worker_id", schema::name("Id of the worker, as worker_spawn and worker_list give it"),
          true};
}

schema::argument workers_argument(std::string_view otherwise) {
  return {"worker_ids", schema::texts("Ids of workers (default: " + std::string{otherwise} + ")")};
}

schema::argument timeout_argument() {
  return {"timeout", schema::seconds("Seconds until a task is ended (default: "
                                     "workers.timeout_seconds of the settings)",
                                     longest_timeout)};
}

json prompt_schema() {
  return schema::text("What the worker is to do: for shell workers a shell script, for agents a "
                      "prompt",
                      std::size_t{1} << 20);
}

std::vector<worker_id> workers_of(const tool_call& call) {
  std::vector<worker_id> ids;
  for (auto& each : texts_of(call, "worker_ids"))
    ids.emplace_back(std::move(each));
  return ids;
}

/// By the id of the worker.
std::string results_by_worker(const worker_results& all) {
  auto map = mahavishnu::json::value::object();
  for (const auto& each : all.results)
    map[each.worker.value] = mahavishnu::json::from(each);
  return structured(map);
}

tool spawn(const control_door& door) {
  static constexpr std::string_view instead = "pool_spawn";
  return {"worker_spawn",
          "Start single workers (deprecated)",
          described("Starts workers that belong to no pool, all or none, and answers with their "
                    "ids in result.",
                    instead),
          schema::object(
              {{"worker_type", schema::name("What they run: shell runs prompts as shell scripts "
                                            "(default: workers.default_type of the settings)")},
               {"count", schema::with_default(schema::whole("How many", 1, 50), 1)}}),
          schema::list_of({{"type", "string"}}),
          makes,
          [door](const call_ptr& call) {
            ask_old<workers_spawned>(door, call,
                                     spawn_workers{text_of(*call, "worker_type"),
                                                   number_of<std::int32_t>(*call, "count", 1)},
                                     instead, [](const workers_spawned& all) {
                                       return structured_list(
                                           mahavishnu::json::from(all)["worker_ids"]);
                                     });
          }};
}

task_spec spec_of(const tool_call& call, std::string prompt) {
  task_spec spec;
  spec.prompt = std::move(prompt);
  spec.timeout = time_of(call, "timeout");
  return spec;
}

tool execute(const control_door& door) {
  static constexpr std::string_view instead = "pool_execute";
  return {
      "worker_execute",
      "Run a task on a single worker (deprecated)",
      described("Runs a prompt on the named worker, after those that it has already, and "
                "answers with its result when it has ended. Who gives up the call ends "
                "nothing: worker_close does.",
                instead),
      schema::object({worker_argument(), {"prompt", prompt_schema(), true}, timeout_argument()}),
      schema::of<worker_result>(),
      runs,
      [door](const call_ptr& call) {
        worker_id worker{text_of(*call, "worker_id")};
        say_that_it_goes_on(door, call, "waiting for " + worker.value);
        ask_old<worker_result>(door, call,
                               execute_on_worker{worker, spec_of(*call, text_of(*call, "prompt"))},
                               instead, as_it_is<worker_result>, run_limit);
      }};
}

tool execute_batch(const control_door& door) {
  static constexpr std::string_view instead = "pool_execute or task_submit";
  return {"worker_execute_batch",
          "Run a task on each of some workers (deprecated)",
          described("Runs the first prompt on the first worker, the second on the second, and so "
                    "on, and answers when all have ended, with the results by the id of the "
                    "worker. One that cannot be run is there as failed.",
                    instead),
          schema::object(
              {{"worker_ids", schema::texts("Ids of workers, as many as prompts, each once"), true},
               {"prompts",
                {{"type", "array"},
                 {"description", "A prompt for each of the workers"},
                 {"items", prompt_schema()},
                 {"maxItems", 1000}},
                true},
               timeout_argument()}),
          schema::map_of(schema::of<worker_result>()),
          runs,
          [door](const call_ptr& call) {
            auto workers = workers_of(*call);
            auto prompts = texts_of(*call, "prompts");
            if (workers.size() != prompts.size() || workers.empty())
              return call->finish(
                  tool_error("worker_execute_batch needs as many prompts as workers, and has " +
                             std::to_string(prompts.size()) + " for " +
                             std::to_string(workers.size()) + "; give one for each"));
            execute_on_workers wish;
            std::set<worker_id> seen;
            for (std::size_t i = 0; i < workers.size(); ++i) {
              if (!seen.insert(workers[i]).second)
                return call->finish(tool_error(
                    "worker '" + workers[i].value +
                    "' is named twice, and has one place in the answer; name each worker once, or "
                    "give the tasks to a pool"));
              wish.tasks.push_back({workers[i], spec_of(*call, std::move(prompts[i]))});
            }
            say_that_it_goes_on(door, call,
                                "waiting for " + std::to_string(workers.size()) + " workers");
            ask_old<worker_results>(door, call, wish, instead, results_by_worker, run_limit);
          }};
}

tool list(const control_door& door) {
  static constexpr std::string_view instead = "pool_list";
  return {"worker_list",
          "List single workers (deprecated)",
          described("The workers that belong to no pool, the oldest first.", instead),
          schema::object({}),
          schema::list_of(schema::of<worker_info>()),
          reads,
          [door](const call_ptr& call) {
            ask_old<worker_list>(door, call, list_workers{}, instead, [](const worker_list& all) {
              return structured_list(mahavishnu::json::from(all)["workers"]);
            });
          }};
}

tool monitor(const control_door& door) {
  static constexpr std::string_view instead = "pool_monitor or task_status";
  return {"worker_monitor",
          "Where single workers stand (deprecated)",
          described("The status of workers at this moment, by their ids: idle, queued, running, or "
                    "how the last task ended.",
                    instead),
          schema::object({workers_argument("all"),
                          {"interval",
                           {{"type", "number"},
                            {"description", "Of no use: the answer comes at once"},
                            {"minimum", 0.1},
                            {"maximum", 10}}}}),
          schema::map_of({{"type", "string"}}),
          reads,
          [door](const call_ptr& call) {
            ask_old<worker_list>(door, call, list_workers{workers_of(*call)}, instead,
                                 [](const worker_list& all) {
                                   auto map = mahavishnu::json::value::object();
                                   for (const auto& each : all.workers)
                                     map[each.worker.value] = each.status;
                                   return structured(map);
                                 });
          }};
}

tool collect(const control_door& door) {
  static constexpr std::string_view instead = "task_result";
  return {
      "worker_collect_results",
      "Last results of single workers (deprecated)",
      described("The last result of each worker, by its id. One that has a task now is there as "
                "running or queued, and one that never had any is left out.",
                instead),
      schema::object({workers_argument("all")}),
      schema::map_of(schema::of<worker_result>()),
      reads,
      [door](const call_ptr& call) {
        ask_old<worker_results>(door, call, collect_results{workers_of(*call)}, instead,
                                results_by_worker);
      }};
}

tool close(const control_door& door) {
  static constexpr std::string_view instead = "pool_close or pool_scale";
  return {
      "worker_close",
      "End a single worker (deprecated)",
      described("Ends a worker: what waits for it is cancelled, and what it runs is ended.",
                instead),
      schema::object({worker_argument()}),
      {{"type", "object"},
       {"properties", {{"success", {{"type", "boolean"}}}, {"worker_id", {{"type", "string"}}}}},
       {"required", {"success", "worker_id"}}},
      ends,
      [door](const call_ptr& call) {
        auto id = text_of(*call, "worker_id");
        ask_old<workers_closed>(
            door, call, close_worker{worker_id{id}}, instead,
            [id](const workers_closed&) {
              return structured({{"success", true}, {"worker_id", id}});
            },
            close_limit);
      }};
}

tool close_all(const control_door& door) {
  static constexpr std::string_view instead = "pool_close_all";
  return {"worker_close_all",
          "End all single workers (deprecated)",
          described("Ends every worker that belongs to no pool, and what it runs.", instead),
          schema::object({}),
          schema::of<workers_closed>(),
          ends,
          [door](const call_ptr& call) {
            ask_old<workers_closed>(door, call, close_all_workers{}, instead,
                                    as_it_is<workers_closed>, close_limit);
          }};
}

tool health_of_workers(const control_door& door) {
  static constexpr std::string_view instead = "pool_health";
  return {"worker_health",
          "Health of single workers (deprecated)",
          described("Whether the workers that belong to no pool do well.", instead),
          schema::object({}),
          schema::of<workers_health>(),
          reads,
          [door](const call_ptr& call) {
            ask_old<workers_health>(door, call, get_workers_health{}, instead,
                                    as_it_is<workers_health>);
          }};
}

} // namespace

std::vector<tool> worker_tools(const control_door& door) {
  return {spawn(door), execute(door),   execute_batch(door),
          list(door),  monitor(door),   collect(door),
          close(door), close_all(door), health_of_workers(door)};
}

} // namespace mahavishnu::mcp::server
