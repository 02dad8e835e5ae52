// SPDX-License-Identifier: MIT
#include "actors/archive.hpp"

#include "actors/task_machine.hpp"
#include "actors/task_records.hpp"
#include "mahavishnu/messages/all.hpp"
#include "messages/packed.hpp"
#include "messages/registry.hpp"

#include <caf/actor_system.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <map>

namespace mahavishnu {

namespace {

struct archive_state {
  static inline const char* name = "archive";

  std::unique_ptr<store::journal_store> store;
  std::shared_ptr<const wall_clock> clock;
  std::map<pool_id, std::string> names;

  /// Of a pool that is no more: its id.
  std::string name_of(const pool_id& pool) {
    if (auto known = names.find(pool); known != names.end())
      return known->second;
    if (auto pools = store->pools())
      for (const auto& each : pools->records)
        if (auto config = packed::to<pool_config>(each.record))
          names[each.pool] = config->name;
    return names.try_emplace(pool, pool.value).first->second;
  }

  result<store::stored_task> find(const task_id& task) {
    auto found = store->find(task);
    if (!found)
      return found.error();
    if (!*found)
      return error{errc::not_found, "there is no task '" + task.str() +
                                        "'; it may have ended so long ago that it was forgotten"};
    return std::move(**found);
  }

  result<store::stored_task> find_ended(const task_id& task) {
    auto kept = find(task);
    if (kept && !kept->ended_at)
      return error{errc::not_found, "the task '" + task.str() + "' has not ended, and its pool '" +
                                        kept->pool.value +
                                        "' is not there; look into the log for why"};
    return kept;
  }

  caf::result<task_result> result_of(const wait_task& wish) {
    auto kept = find_ended(wish.task);
    auto answer = kept ? records::result_of(*kept) : result<task_result>{kept.error()};
    if (!answer)
      return to_caf(answer.error());
    return std::move(*answer);
  }

  caf::result<output_location> locate(const locate_output& wish) {
    auto kept = find_ended(wish.task);
    auto ended = kept ? records::result_of(*kept) : result<task_result>{kept.error()};
    if (!ended)
      return to_caf(ended.error());
    output_location at;
    at.task = wish.task;
    at.pool = std::move(ended->pool);
    at.status = ended->status;
    at.attempt = ended->attempts;
    at.output = std::move(ended->output);
    at.standard_error = std::move(ended->standard_error);
    at.truncated = ended->truncated;
    return at;
  }

  caf::result<task_info> describe(const describe_task& wish) {
    auto kept = find(wish.task);
    if (!kept)
      return to_caf(kept.error());
    auto answer = records::info_of(*kept, name_of(kept->pool));
    if (!answer)
      return to_caf(answer.error());
    return std::move(*answer);
  }

  caf::result<task_list> list(const list_tasks& wish) {
    store::task_filter wanted;
    wanted.pool = pool_id{wish.pool};
    wanted.before = wish.before;
    wanted.limit = static_cast<std::size_t>(std::max(wish.limit, 0));
    wanted.only_ended = true;
    if (!wish.status.empty()) {
      auto status = enum_from_string<task_status>(wish.status);
      if (!status)
        return to_caf(status.error());
      if (!is_final(*status))
        return task_list{};
      wanted.statuses = {static_cast<std::uint8_t>(*status)};
    }
    auto found = store->list(wanted);
    if (!found)
      return to_caf(found.error());
    // The newest come first, so that those that are too old are behind all others.
    std::erase_if(found->records, [&](const auto& each) { return each.task < wish.since; });
    task_list answer;
    for (const auto& each : found->damaged)
      answer.problems.push_back(each.message);
    for (const auto& each : found->records)
      if (auto line = records::line_of(each, name_of(each.pool), milliseconds_of(*clock)))
        answer.tasks.push_back(std::move(*line));
      else
        answer.problems.push_back(line.error().message);
    return answer;
  }
};

archive_actor::behavior_type
archive(archive_actor::stateful_pointer<archive_state> self,
        const std::shared_ptr<std::unique_ptr<store::journal_store>>& store,
        const std::shared_ptr<const wall_clock>& clock) {
  auto& state = self->state;
  state.store = std::move(*store);
  state.clock = clock;
  self->set_default_handler(caf::drop);
  return {
      [&state](const wait_task& x) { return state.result_of(x); },
      [&state](const describe_task& x) { return state.describe(x); },
      [&state](const locate_output& x) { return state.locate(x); },
      [&state](const list_tasks& x) { return state.list(x); },
  };
}

} // namespace

archive_actor spawn_archive(caf::actor_system& system, std::unique_ptr<store::journal_store> store,
                            std::shared_ptr<const wall_clock> clock) {
  // A function that starts an actor can be copied.
  auto given = std::make_shared<std::unique_ptr<store::journal_store>>(std::move(store));
  return system.spawn<caf::detached>(archive, given, std::move(clock));
}

} // namespace mahavishnu
