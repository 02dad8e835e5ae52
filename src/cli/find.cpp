// SPDX-License-Identifier: MIT
#include "cli/find.hpp"

#include "cli/names.hpp"

namespace mahavishnu::cli {

result<task_id> find_task(session& server, const std::string& text) {
  if (auto id = task_id::parse(text))
    return *id;
  auto range = tasks_that_begin_with(text);
  if (!range)
    return error{errc::invalid_argument, "'" + text.substr(0, 100) +
                                             "' is no task id; it looks like " + task_id{}.str() +
                                             ", and these are the tasks: mahavishnu task list"};
  list_tasks question;
  question.since = range->first;
  question.before = range->behind;
  question.limit = 2;
  auto found = server.ask<task_list>(question);
  if (!found)
    return found.error();
  if (found->tasks.empty())
    return error{errc::not_found, "there is no task that begins with '" + text +
                                      "'; these are the tasks: mahavishnu task list"};
  if (found->tasks.size() > 1)
    return error{errc::invalid_argument, "several tasks begin with '" + text + "', among them " +
                                             found->tasks[0].task.str() + " and " +
                                             found->tasks[1].task.str() + "; write more of it"};
  return found->tasks.front().task;
}

result<std::string> find_pool(session& server, const std::string& text) {
  auto exact = server.ask<pool_description>(describe_pool{text});
  if (exact)
    return exact->info.pool.value;
  if (exact.error().code != errc::not_found)
    return exact.error();
  auto all = server.ask<pool_list>(list_pools{});
  if (!all)
    return all.error();
  std::vector<std::string> names;
  for (const auto& each : all->pools) {
    names.push_back(each.name);
    names.push_back(each.pool.value);
  }
  auto meant = meant_by(text, "pool", names);
  if (!meant)
    return meant.error();
  if (!*meant)
    return exact.error();
  auto same = [&](const pool_info& each) {
    return each.name == **meant || each.pool.value == **meant;
  };
  return std::ranges::find_if(all->pools, same)->pool.value;
}

result<std::string> find_terminal(session& server, const std::string& text) {
  auto all = server.ask<terminal_list>(list_terminals{});
  if (!all)
    return all.error();
  std::vector<std::string> ids;
  for (const auto& each : all->terminals)
    ids.push_back(each.terminal);
  auto meant = meant_by(text, "terminal", ids);
  if (!meant)
    return meant.error();
  if (!*meant)
    return error{errc::not_found, "there is no terminal '" + text.substr(0, 100) +
                                      "'; these are there: mahavishnu terminal list"};
  return **meant;
}

} // namespace mahavishnu::cli
