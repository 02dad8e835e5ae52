// SPDX-License-Identifier: MIT
#include "mcp/tools/prompts.hpp"

#include "mcp/tools/server_resources.hpp"

namespace mahavishnu::mcp::server {

namespace {

/// Of the outputs that come with a prompt: what matters of a failure is mostly in its end.
constexpr std::size_t shown_output = 16'384;

json embedded(const std::string& uri, std::string_view type, std::string_view text) {
  return {{"type", "resource"}, {"resource", {{"uri", uri}, {"mimeType", type}, {"text", text}}}};
}

std::string last_bytes(std::string_view text) {
  if (text.size() > shown_output)
    text.remove_prefix(text.size() - shown_output);
  return std::string{text};
}

prompt run_and_watch(const control_door& door) {
  return {"run_and_watch",
          "Run something and see it through",
          "Runs something on a pool, waits for its end however long it takes, and reports.",
          {{"work", "What is to be run", true, {}},
           {"pool", "On which pool, by id or name (default: the best one)", false,
            pool_completer(door)}},
          [](const std::shared_ptr<prompt_call>& wish) {
            auto pool = wish->text("pool");
            auto where = pool.empty() ? std::string{"pool_route_execute"}
                                      : "pool_execute with pool_id \"" + pool + "\"";
            wish->finish(
                "Run something and see it through",
                json::array({user_says(
                    "Run this:\n\n" + wish->text("work") + "\n\nUse " + where +
                    ". When the answer has no result yet but a task_id, call task_wait with it, as "
                    "often as needed; never send the work again. At the end tell me how it went: "
                    "the status, the exit code, what matters of the output, and of a failure its "
                    "reason and what you propose.")}));
          }};
}

/// The prompt about a task that has ended, with all that there is to know of it.
void tell_failure(const std::shared_ptr<prompt_call>& wish, const task_info& about,
                  const result<task_result>& how) {
  auto at = std::string{uri::task_prefix} + about.task.str();
  auto messages = json::array(
      {user_says("Find out why this task did not end as it should. Say what it was to do, what "
                 "happened step by step, the most likely reason with the lines that show it, and "
                 "what to change. Do not run it again before I have agreed."),
       user_shows(embedded(at, "application/json", structured(mahavishnu::json::from(about))))});
  if (how) {
    messages.push_back(user_shows(embedded(at + std::string{uri::output_suffix}, "text/plain",
                                           last_bytes(how->output.str()))));
    if (!how->standard_error.empty())
      messages.push_back(user_says("What it has written to its standard error:\n\n" +
                                   last_bytes(how->standard_error.str())));
  }
  wish->finish("Why a task failed", messages);
}

prompt explain_failure(const control_door& door) {
  return {"explain_failure",
          "Explain why a task failed",
          "Gives an agent all that is known of a task, and asks for the reason of its failure.",
          {{"task_id", "The task", true, task_completer(door)}},
          [door](const std::shared_ptr<prompt_call>& wish) {
            auto task = task_id::parse(wish->text("task_id"));
            if (!task)
              return wish->fail({200, code::invalid_params,
                                 "params.arguments.task_id is no id of a task; task_list gives "
                                 "them"});
            ask<task_info, describe_task>(
                *door.system, door.control, describe_task{*task}, usual_limit,
                [door, wish, task = *task](const result<task_info>& about) {
                  if (!about)
                    return wish->fail({200, code::invalid_params, about.error().message});
                  if (!is_final(about->status))
                    return tell_failure(wish, *about, error{errc::not_found, {}});
                  ask<task_result, mahavishnu::wait_task>(
                      *door.system, door.control, mahavishnu::wait_task{task}, usual_limit,
                      [wish, about = *about](const result<task_result>& how) {
                        tell_failure(wish, about, how);
                      });
                });
          }};
}

prompt report() {
  return {"report",
          "Report what has run",
          "Asks an agent for a report of what ran lately: what went well, what failed, what waits.",
          {{"since", "How far back, in words such as \"last night\" (default: today)", false, {}}},
          [](const std::shared_ptr<prompt_call>& wish) {
            auto since = wish->text("since");
            wish->finish(
                "A report of what has run",
                json::array({user_says(
                    "Report what has run on the pools since " +
                    (since.empty() ? std::string{"this morning"} : since) +
                    ". Use pool_list and pool_monitor for the pools, task_list for the tasks (page "
                    "back with before), task_result for those that failed. Begin with one sentence "
                    "that says whether I have to do something; then what failed and why, what "
                    "waits or still runs, and last what went well, in numbers.")}));
          }};
}

} // namespace

std::vector<prompt> server_prompts(const control_door& door) {
  return {run_and_watch(door), explain_failure(door), report()};
}

} // namespace mahavishnu::mcp::server
