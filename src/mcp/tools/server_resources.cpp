// SPDX-License-Identifier: MIT
#include "mcp/tools/server_resources.hpp"

#include "base/text.hpp"

#include <utility>
#include <variant>

namespace mahavishnu::mcp::server {

namespace {

constexpr auto json_type = "application/json";
constexpr std::int32_t longest_output = 1 << 20;

/// What a URI of ours names.
struct all_pools {};
struct one_pool {
  std::string pool;
};
struct one_task {
  task_id task;
  bool wants_output = false;
};
struct nothing {};
using named = std::variant<nothing, all_pools, one_pool, one_task>;

named read_uri(std::string_view text) {
  if (text == uri::pools)
    return all_pools{};
  if (text.starts_with(uri::pool_prefix)) {
    auto pool = text.substr(uri::pool_prefix.size());
    if (pool.empty() || pool.size() > 256 || pool.find('/') != std::string_view::npos)
      return nothing{};
    return one_pool{std::string{pool}};
  }
  if (!text.starts_with(uri::task_prefix))
    return nothing{};
  text.remove_prefix(uri::task_prefix.size());
  auto wants_output = text.ends_with(uri::output_suffix);
  if (wants_output)
    text.remove_suffix(uri::output_suffix.size());
  auto task = task_id::parse(text);
  return task ? named{one_task{*task, wants_output}} : named{nothing{}};
}

/// Its answer, as JSON, is what can be read.
template <class Answer, class Question>
void show(const control_door& door, const std::shared_ptr<resource_call>& wish,
          const Question& question) {
  ask<Answer, Question>(
      *door.system, door.control, question, usual_limit, [wish](const result<Answer>& answer) {
        if (answer)
          wish->finish_text(json_type, structured(mahavishnu::json::from(*answer)));
        else if (answer.error().code == errc::not_found)
          wish->fail_unknown(answer.error().message);
        else
          wish->fail({200, code::internal_error, answer.error().message});
      });
}

void show_output(const control_door& door, const std::shared_ptr<resource_call>& wish,
                 const task_id& task) {
  read_output question;
  question.task = task;
  question.most = longest_output;
  ask<task_output, read_output>(
      *door.system, door.control, question, usual_limit, [wish](const result<task_output>& piece) {
        if (!piece && piece.error().code == errc::not_found)
          return wish->fail_unknown(piece.error().message);
        if (!piece)
          return wish->fail({200, code::internal_error, piece.error().message});
        std::string_view bytes = piece->bytes;
        auto is_all = is_final(piece->status) && std::cmp_equal(bytes.size(), piece->size);
        auto text = is_all ? bytes : bytes.substr(0, whole_characters(bytes));
        // What is no text is so as a whole: half of it as text would help nobody.
        if (first_invalid_utf8(text))
          wish->finish_bytes("application/octet-stream", bytes);
        else
          wish->finish_text("text/plain", text);
      });
}

} // namespace

std::vector<resource_template> server_resources::templates() const {
  return {{{"mahavishnu://pools/{pool_id}", "pool", "Pool",
            "A pool: its workers, what waits in it, how it does", json_type},
           {{"pool_id", pool_completer(door_)}}},
          {{"mahavishnu://tasks/{task_id}", "task", "Task",
            "A task: what it was to do, where it stands, every step until now", json_type},
           {{"task_id", task_completer(door_)}}},
          {{"mahavishnu://tasks/{task_id}/output", "task-output", "Output of a task",
            "What a task has written to its standard output until now, the first 1 MiB of it",
            "text/plain"},
           {{"task_id", task_completer(door_)}}}};
}

void server_resources::list(const std::function<void(std::vector<resource>)>& found) {
  ask<pool_list, list_pools>(
      *door_.system, door_.control, list_pools{}, usual_limit,
      [found](const result<pool_list>& pools) {
        std::vector<resource> all{{std::string{uri::pools}, "pools", "All pools",
                                   "All pools, with their workers, what waits, and how they do",
                                   json_type}};
        if (pools)
          for (const auto& each : pools->pools)
            all.push_back({std::string{uri::pool_prefix} + each.pool.value, each.name,
                           "Pool " + each.name, "A pool of " + each.worker_type + " workers",
                           json_type});
        found(std::move(all));
      });
}

void server_resources::read(const std::shared_ptr<resource_call>& wish) {
  auto what = read_uri(wish->name());
  if (std::holds_alternative<all_pools>(what))
    return show<pool_list>(door_, wish, list_pools{});
  if (const auto* pool = std::get_if<one_pool>(&what))
    return show<pool_description>(door_, wish, describe_pool{pool->pool});
  const auto* task = std::get_if<one_task>(&what);
  if (!task)
    return wish->fail_unknown();
  if (task->wants_output)
    return show_output(door_, wish, task->task);
  show<task_info>(door_, wish, describe_task{task->task});
}

std::shared_ptr<void> server_resources::watch(const std::string& uri,
                                              std::function<void()> changed) {
  if (!uri.empty() && std::holds_alternative<nothing>(read_uri(uri)))
    return nullptr;
  return news_->watch(uri, std::move(changed));
}

completer pool_completer(const control_door& door) {
  return
      [door](const std::string& begun, const std::function<void(std::vector<std::string>)>& found) {
        ask<pool_list, list_pools>(*door.system, door.control, list_pools{}, usual_limit,
                                   [begun, found](const result<pool_list>& pools) {
                                     std::vector<std::string> fitting;
                                     if (pools)
                                       for (const auto& each : pools->pools)
                                         for (const auto& name : {each.name, each.pool.value})
                                           if (name.starts_with(begun))
                                             fitting.push_back(name);
                                     found(std::move(fitting));
                                   });
      };
}

completer task_completer(const control_door& door) {
  return
      [door](const std::string& begun, const std::function<void(std::vector<std::string>)>& found) {
        ask<task_list, list_tasks>(*door.system, door.control, list_tasks{}, usual_limit,
                                   [begun, found](const result<task_list>& tasks) {
                                     std::vector<std::string> fitting;
                                     if (tasks)
                                       for (const auto& each : tasks->tasks)
                                         if (auto id = each.task.str(); id.starts_with(begun))
                                           fitting.push_back(std::move(id));
                                     found(std::move(fitting));
                                   });
      };
}

} // namespace mahavishnu::mcp::server
