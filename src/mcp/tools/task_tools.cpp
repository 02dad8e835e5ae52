// SPDX-License-Identifier: MIT
#include "mcp/tools/task_tools.hpp"

#include "mcp/tools/run_task.hpp"
#include "mcp/tools/schema.hpp"

#include <algorithm>

namespace mahavishnu::mcp::server {

namespace {

constexpr tool_hints reads{true, false, true, false, auth::scope::read};
constexpr tool_hints runs{false, true, false, true, auth::scope::execute};
constexpr tool_hints ends{false, true, true, false, auth::scope::execute};

constexpr std::int64_t longest_output = std::int64_t{1} << 20;

schema::argument task_argument() {
  return {"task_id", schema::name("Id of the task, as the tool that began it has given it"), true};
}

/// The task that a call names; none when that is no id, and then the call has ended.
std::optional<task_id> named_task(const call_ptr& call) {
  auto text = text_of(*call, "task_id");
  auto task = task_id::parse(text);
  if (!task)
    call->finish(tool_error("'" + text + "' is no id of a task; task_list gives them"));
  return task;
}

tool submit(const control_door& door) {
  const auto arguments = with_task_arguments(
      {{"pool_id",
        schema::text("Id or name of the pool; empty: any that pool_selector finds", 256)},
       {"pool_selector", schema::choice<mahavishnu::pool_selector>("How to find the pool")},
       {"pool_affinity", schema::text("For the selector affinity: a pool or any key", 256)}});
  return {"task_submit",
          "Begin a task",
          "Gives a task to a pool and answers at once with its task_id. Ask task_wait for its "
          "result, task_status where it stands, task_logs what it writes.",
          schema::object(arguments),
          schema::of<task_accepted>(),
          runs,
          [door](const call_ptr& call) {
            pass_on<task_accepted>(door, call,
                                   submit_task{task_of(*call), text_of(*call, "pool_id"),
                                               text_of(*call, "pool_selector"),
                                               text_of(*call, "pool_affinity")},
                                   submit_limit);
          }};
}

tool status(const control_door& door) {
  return {"task_status",
          "Where a task stands",
          "Where a task stands, what it was to do, and every step until now with its reason.",
          schema::object({task_argument()}),
          schema::of<task_info>(),
          reads,
          [door](const call_ptr& call) {
            if (auto task = named_task(call))
              pass_on<task_info>(door, call, describe_task{*task});
          }};
}

tool wait(const control_door& door) {
  return {"task_wait",
          "Wait for a task",
          "Waits until a task has ended, and answers with its result; or with its status when "
          "wait_ms is over before. May be called again as often as you like.",
          schema::object({task_argument(), wait_argument()}),
          schema_of_run(),
          reads,
          [door](const call_ptr& call) {
            if (auto task = named_task(call))
              wait_for_task(door, call, *task);
          }};
}

tool result_of(const control_door& door) {
  return {"task_result",
          "Result of a task",
          "The result of a task that has ended; of one that has not, where it stands.",
          schema::object({task_argument()}),
          schema_of_run(),
          reads,
          [door](const call_ptr& call) {
            if (auto task = named_task(call))
              tell_result(door, call, *task);
          }};
}

tool cancel(const control_door& door) {
  return {"task_cancel",
          "Cancel a task",
          "Ends a task: one that waits at once, one that runs as soon as its processes are gone.",
          schema::object({task_argument()}),
          schema::of<task_cancelled>(),
          ends,
          [door](const call_ptr& call) {
            if (auto task = named_task(call))
              pass_on<task_cancelled>(door, call, cancel_task{*task});
          }};
}

tool list(const control_door& door) {
  using namespace schema;
  return {"task_list",
          "List tasks",
          "Tasks that wait, run or have ended, the newest first. For the next page, give the last "
          "task_id as before.",
          object({{"pool_id", text("Only of this pool, by id or name", 256)},
                  {"status", choice<task_status>("Only those that stand so")},
                  {"limit", with_default(whole("Tasks at most", 1, 1000), 100)},
                  {"before", text("Only tasks older than this one", 64)}}),
          schema::of<task_list>(),
          reads,
          [door](const call_ptr& call) {
            list_tasks wish;
            wish.pool = text_of(*call, "pool_id");
            wish.status = text_of(*call, "status");
            wish.limit = number_of<std::int32_t>(*call, "limit", 100);
            if (auto before = text_of(*call, "before"); !before.empty()) {
              auto task = task_id::parse(before);
              if (!task)
                return call->finish(tool_error("'" + before +
                                               "' is no id of a task; give the last "
                                               "task_id of the page before"));
              wish.before = *task;
            }
            pass_on<task_list>(door, call, wish);
          }};
}

json schema_of_logs() {
  auto made = schema::of<task_output>();
  made["properties"]["next_offset"] = {{"type", "integer"},
                                       {"description", "where to go on, in bytes"}};
  made["required"].push_back("next_offset");
  return made;
}

std::string shown_logs(task_output piece) {
  auto end = piece.offset + static_cast<std::int64_t>(piece.bytes.size());
  // What is cut there comes with the next piece, where there will be one.
  auto is_last = is_final(piece.status) && end == piece.size;
  if (auto whole = whole_characters(piece.bytes); !is_last && whole > 0)
    piece.bytes.resize(whole);
  auto next = piece.offset + static_cast<std::int64_t>(piece.bytes.size());
  auto answer = mahavishnu::json::from(piece);
  answer["next_offset"] = next;
  return structured(answer);
}

tool logs(const control_door& door) {
  using namespace schema;
  return {"task_logs",
          "What a task writes",
          "A piece of what a task has written, also while it runs. Ask again with next_offset as "
          "offset for what follows; when status says that it has ended and next_offset is size, "
          "that was all.",
          object({task_argument(),
                  {"stream", with_default(choice<output_stream>("Which of the two"), "stdout")},
                  {"offset", with_default(whole("From this byte on", 0, std::int64_t{1} << 53), 0)},
                  {"limit", with_default(whole("Bytes at most", 1, longest_output), 65536)}}),
          schema_of_logs(),
          reads,
          [door](const call_ptr& call) {
            auto task = named_task(call);
            if (!task)
              return;
            read_output wish;
            wish.task = *task;
            if (auto stream = text_of(*call, "stream"); !stream.empty())
              wish.stream = *enum_from_string<output_stream>(stream);
            wish.offset = number_of<std::int64_t>(*call, "offset", 0);
            wish.most = number_of<std::int32_t>(*call, "limit", 65536);
            ask_for<task_output>(door, call, wish, shown_logs);
          }};
}

} // namespace

std::vector<tool> task_tools(const control_door& door) {
  return {submit(door), status(door), wait(door), result_of(door),
          cancel(door), list(door),   logs(door)};
}

} // namespace mahavishnu::mcp::server
