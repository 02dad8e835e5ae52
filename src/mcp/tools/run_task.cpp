// SPDX-License-Identifier: MIT
#include "mcp/tools/run_task.hpp"

#include "mcp/tools/heartbeat.hpp"

#include <algorithm>

namespace mahavishnu::mcp::server {

namespace {

/// Many clients give up a call after a minute.
constexpr std::int64_t usual_wait_ms = 45'000;
constexpr std::int64_t longest_wait_ms = 3'600'000;
constexpr double longest_timeout = 30.0 * 24 * 3600;

std::chrono::milliseconds wait_of(const tool_call& call) {
  return std::chrono::milliseconds{number_of<std::int64_t>(call, "wait_ms", usual_wait_ms)};
}

/// A task that takes longer than its call: what there is to ask for later.
tool_answer still_runs(const task_id& task, const pool_id& pool, std::string_view status) {
  mahavishnu::json::value where{
      {"task_id", task.str()}, {"pool_id", pool.value}, {"status", status}};
  auto text = structured(where);
  return {text,
          {text_block("The task " + task.str() +
                      " has not ended yet and goes on. Call task_wait with this task_id for its "
                      "result, or task_cancel to end it; do not send it again."),
           text_block(text)},
          false};
}

std::string shown(const task_result& how) {
  return structured(mahavishnu::json::from(how));
}

} // namespace

tool_answer answer_of(const task_result& how) {
  return {shown(how), {}, false};
}

json schema_of_run() {
  auto made = schema::of<task_result>();
  // One that goes on has only these.
  made["required"] = json::array({"task_id", "pool_id", "status"});
  return made;
}

schema::argument wait_argument() {
  return {"wait_ms",
          schema::with_default(
              schema::whole("How long to wait for the end, in milliseconds. When that is over, the "
                            "answer has the task_id, and the task goes on",
                            0, longest_wait_ms),
              usual_wait_ms)};
}

std::vector<schema::argument> with_task_arguments(std::vector<schema::argument> all) {
  all.push_back({"prompt",
                 schema::text("What the worker is to do: for shell workers a shell script, for "
                              "agents a prompt",
                              std::size_t{1} << 20),
                 true});
  all.push_back({"timeout", schema::seconds("Seconds until an attempt is ended (default: that of "
                                            "the pool)",
                                            longest_timeout)});
  all.push_back({"idempotency_key",
                 schema::text("A second call with this key runs nothing: it gets the answer of the "
                              "first",
                              256)});
  all.push_back(
      {"priority",
       schema::with_default(
           schema::whole("Tasks with a higher one leave the queue first", -1000, 1000), 0)});
  return all;
}

task_spec task_of(const tool_call& call) {
  task_spec spec;
  spec.prompt = text_of(call, "prompt");
  spec.timeout = time_of(call, "timeout");
  spec.idempotency_key = text_of(call, "idempotency_key");
  spec.priority = number_of<std::int32_t>(call, "priority", 0);
  return spec;
}

namespace {

/// A call that waits for the end of a task.
struct waiting {
  control_door door;
  call_ptr call;
  task_id task;
  /// What becomes of the call when the task takes longer.
  std::function<void()> on_expiry;
  std::chrono::steady_clock::time_point begin = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point end = begin + wait_of(*call);
};

/// In pieces, so that it ends soon after the call has, and can say that it is still there.
void go_on_waiting(const std::shared_ptr<const waiting>& it) {
  auto now = std::chrono::steady_clock::now();
  if (it->call->is_over())
    return;
  auto left = std::chrono::ceil<std::chrono::milliseconds>(it->end - now);
  if (left.count() <= 0)
    return it->on_expiry();
  auto passed = std::chrono::duration<double>(now - it->begin).count();
  it->call->progress(passed, std::nullopt, "waiting for " + it->task.str());
  ask<task_result, mahavishnu::wait_task>(*it->door.system, it->door.control,
                                          mahavishnu::wait_task{it->task},
                                          std::min<std::chrono::milliseconds>(left, between_news),
                                          [it](const result<task_result>& how) {
                                            if (how)
                                              it->call->finish(answer_of(*how));
                                            else if (how.error().code == errc::timeout)
                                              go_on_waiting(it);
                                            else
                                              it->call->finish(tool_error(how.error().message));
                                          });
}

} // namespace

void wait_for_task(const control_door& door, const call_ptr& call, const task_id& task) {
  go_on_waiting(std::make_shared<const waiting>(
      waiting{door, call, task, [door, call, task] { tell_result(door, call, task); }}));
}

void tell_result(const control_door& door, const call_ptr& call, const task_id& task) {
  ask<task_info, describe_task>(
      *door.system, door.control, describe_task{task}, usual_limit,
      [door, call, task](const result<task_info>& about) {
        if (!about)
          call->finish(tool_error(about.error().message));
        else if (is_final(about->status))
          ask_for<task_result>(door, call, mahavishnu::wait_task{task}, shown);
        else
          call->finish(still_runs(task, about->pool, to_string(about->status)));
      });
}

void run_task(const control_door& door, const call_ptr& call, const submit_task& wish) {
  // Others may wait for a task that has a key.
  auto is_own = wish.spec->idempotency_key.empty();
  ask<task_accepted, submit_task>(
      *door.system, door.control, wish, submit_limit,
      [door, call, is_own](const result<task_accepted>& taken) {
        if (!taken)
          return call->finish(tool_error(taken.error().message));
        auto lasts = taken->durability != durability::none;
        auto name = taken->task.str();
        // It goes on by itself then, as the client knows.
        if (lasts && !call->arguments().contains("wait_ms") && call->become_task_of(name))
          return;
        if (is_own)
          call->on_cancel([door, task = taken->task] {
            ask<task_cancelled, cancel_task>(*door.system, door.control, cancel_task{task},
                                             usual_limit, [](const result<task_cancelled>&) {});
          });
        if (lasts)
          call->on_stopping([where = *taken](tool_call& whose) {
            whose.finish(still_runs(where.task, where.pool, to_string(where.status)));
          });
        go_on_waiting(std::make_shared<const waiting>(
            waiting{door, call, taken->task, [door, call, task = taken->task, lasts, name] {
                      if (!lasts || !call->become_task_of(name))
                        tell_result(door, call, task);
                    }}));
      });
}

} // namespace mahavishnu::mcp::server
