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

result<std::string> find_pool(session& server, const std::string& text, beginnings accepted) {
  auto exact = server.ask<pool_description>(describe_pool{text});
  if (exact)
    return exact->info.pool.value;
  if (exact.error().code != errc::not_found)
    return exact.error();
  auto all = server.ask<pool_list>(list_pools{});
  if (!all)
    return all.error();
  std::vector<std::string> ids;
  std::vector<std::string> names;
  for (const auto& each : all->pools) {
    ids.push_back(each.pool.value);
    names.push_back(each.name);
  }
  auto by_id = meant_by(text, "pool", ids);
  if (!by_id)
    return by_id.error();
  if (*by_id)
    return **by_id;
  auto by_name = meant_by(text, "pool", names);
  if (!by_name)
    return by_name.error();
  if (!*by_name)
    return exact.error();
  if (accepted == beginnings::of_ids)
    return error{errc::not_found, "there is no pool '" + text +
                                      "', and the beginning of a name is not enough to change "
                                      "something; if it is meant, write: " +
                                      **by_name};
  return ids[static_cast<std::size_t>(std::ranges::find(names, **by_name) - names.begin())];
}

bool names_nothing(const error& why) {
  // What cannot be the beginning of an id names nothing, either.
  return why.code == errc::not_found || (why.code == errc::invalid_argument &&
                                         why.message.find("is no task id") != std::string::npos);
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
