// SPDX-License-Identifier: MIT
#include "actors/periodic.hpp"

#include "actors/periodic_words.hpp"
#include "base/log.hpp"
#include "exec/process_runner.hpp"
#include "mahavishnu/messages/all.hpp"
#include "messages/registry.hpp"
#include "patterns/script.hpp"

#include <caf/actor_system.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

namespace mahavishnu::periodic_detail {

/// Names a run of a periodic task.
struct run_key {
  std::string task;
  periodic_table::run_number number = 0;

  friend bool operator<(const run_key& a, const run_key& b) {
    return std::tie(a.task, a.number) < std::tie(b.task, b.number);
  }
};

/// From the runner. Never leaves this process.
struct run_over {
  run_key run;
  std::shared_ptr<exec::process_exit> exit;
};

/// From the clock: the time of that run is over. Never leaves this process.
struct run_overdue {
  run_key run;
};

/// From the clock: something may be due.
struct look_again {
  std::uint64_t number;
};

} // namespace mahavishnu::periodic_detail

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mahavishnu::periodic_detail::run_over)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mahavishnu::periodic_detail::run_overdue)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mahavishnu::periodic_detail::look_again)

namespace mahavishnu {

namespace {

using periodic_detail::look_again;
using periodic_detail::run_key;
using periodic_detail::run_over;
using periodic_detail::run_overdue;

/// A clock that was set is noticed within this.
constexpr std::chrono::seconds longest_sleep{60};

/// Of what a run has written, its end is remembered.
constexpr std::size_t kept_output = 4096;

std::string end_of(std::string text) {
  return text.size() <= kept_output ? text : text.substr(text.size() - kept_output);
}

using periodic_self_actor =
    periodic_actor::extend<caf::reacts_to<run_over>, caf::reacts_to<run_overdue>,
                           caf::reacts_to<look_again>>;

struct periodic_state {
  static inline const char* name = "periodic";

  struct running {
    exec::process_handle process = 0;
    /// Why we ended it; empty when we did not.
    std::string stopped_because;
  };
  /// How the run of a task that ended last ended.
  struct outcome {
    std::int32_t exit_code = -1;
    std::string output;
  };

  periodic_self_actor::pointer self = nullptr;
  periodic_options options;
  std::optional<periodic_table> table;
  std::map<run_key, running> runs;
  std::map<std::string, outcome> outcomes;
  /// Counts the looks, so that an alarm of before the last one is recognised.
  std::uint64_t looks = 0;

  ~periodic_state() {
    for (const auto& [key, run] : runs)
      options.runner->stop(run.process);
  }

  periodic_table::time_point now() const { return options.clock->now(); }

  // -- what is due -------------------------------------------------------------

  void look() {
    for (bool again = true; again;) {
      auto work = table->due(now());
      for (const auto& problem : work.problems)
        log::error("periodic", "{}", problem.message);
      for (const auto& each : work.cancel)
        stop({each.name, each.number}, "another run was due");
      // A script that is not there ends at once, and what was waiting for it may be due then.
      again = false;
      for (const auto& each : work.start)
        again = !start(each) || again;
    }
    auto sleep = std::chrono::duration_cast<std::chrono::milliseconds>(longest_sleep);
    if (auto wake = table->next_wake())
      sleep = std::clamp(std::chrono::ceil<std::chrono::milliseconds>(*wake - now()),
                         std::chrono::milliseconds{1}, sleep);
    self->delayed_send(self, sleep, look_again{++looks});
  }

  /// False when it could not be started.
  bool start(const periodic_table::due_run& what) {
    run_key key{what.task.name, what.number};
    auto found = find_script({what.task.script, what.task.arguments});
    if (!found) {
      note_end(key, -1, {}, found.error().message);
      return false;
    }
    exec::process_spec spec;
    spec.argv = std::move(found->argv);
    spec.working_directory =
        what.task.working_directory.empty() ? found->folder : what.task.working_directory;
    spec.output_limit = 2 * kept_output; // of longer output, its second half is the end
    spec.grace = options.grace;
    runs[key].process = options.runner->start(
        std::move(spec), [me = periodic_self_actor{self}, key](exec::process_exit exit) {
          caf::anon_send(me, run_over{key, std::make_shared<exec::process_exit>(std::move(exit))});
        });
    if (what.task.rule.timeout.count() > 0)
      self->delayed_send(self, what.task.rule.timeout, run_overdue{key});
    return true;
  }

  void stop(const run_key& key, std::string why) {
    auto found = runs.find(key);
    if (found == runs.end() || !found->second.stopped_because.empty())
      return;
    found->second.stopped_because = std::move(why);
    options.runner->stop(found->second.process);
  }

  void finish(const run_over& over) {
    auto found = runs.extract(over.run);
    if (!found)
      return;
    const auto& exit = *over.exit;
    std::optional<std::string> failure;
    if (exit.failure)
      failure = exit.failure->message;
    else if (!found.mapped().stopped_because.empty())
      failure = "ended: " + found.mapped().stopped_because;
    else if (exit.signal != 0)
      failure = "ended by signal " + std::to_string(exit.signal);
    else if (exit.exit_code != 0)
      failure = "exited with code " + std::to_string(exit.exit_code);
    note_end(over.run, exit.failure ? -1 : exit.exit_code,
             end_of(exit.standard_output + exit.standard_error), failure);
    look();
  }

  void note_end(const run_key& key, std::int32_t exit_code, std::string output,
                const std::optional<std::string>& failure) {
    if (table->find(key.task))
      outcomes[key.task] = {exit_code, std::move(output)};
    if (failure)
      log::warning("periodic", "'{}': {}", key.task, *failure);
    if (auto noted = table->ended(key.task, key.number, now(), failure); !noted)
      log::error("periodic", "{}", noted.error().message);
  }

  // -- what is asked -----------------------------------------------------------

  caf::result<periodic_info> about(const std::string& task) const {
    auto known = table->find(task);
    if (!known)
      return to_caf(known.error());
    return describe(*known);
  }

  periodic_info describe(const periodic_table::entry& known) const {
    auto answer = info_of(known);
    if (auto last = outcomes.find(known.task.name); last != outcomes.end()) {
      answer.last_exit_code = last->second.exit_code;
      answer.last_output = last->second.output;
    }
    return answer;
  }

  caf::result<periodic_info> add(const add_periodic& wish) {
    auto task = task_of(wish);
    if (!task)
      return to_caf(task.error());
    // The caller's directory is not ours.
    if (task->script.find('/') != std::string::npos && !task->script.starts_with('/'))
      return to_caf({errc::invalid_argument, "the script '" + task->script +
                                                 "' has to be an absolute path, or a name that is "
                                                 "looked up in PATH"});
    if (auto found = find_script({task->script, task->arguments}); !found)
      return to_caf(found.error());
    auto added_name = task->name;
    if (auto added = table->add(std::move(*task), now()); !added)
      return to_caf(added.error());
    look();
    return about(added_name);
  }

  caf::result<periodic_list> list(const list_periodic& wish) const {
    periodic_list answer;
    if (!wish.name.empty()) {
      auto known = table->find(wish.name);
      if (!known)
        return to_caf(known.error());
      answer.tasks.push_back(describe(*known));
      return answer;
    }
    for (const auto& each : table->list())
      answer.tasks.push_back(describe(each));
    for (const auto& each : table->damaged())
      answer.damaged.push_back("'" + each.path + "': " + each.reason);
    return answer;
  }

  caf::result<periodic_info> change(const change_periodic& wish) {
    switch (wish.change) {
    case periodic_change::enable:
    case periodic_change::disable: {
      auto done = table->set_enabled(wish.name, wish.change == periodic_change::enable);
      if (!done)
        return to_caf(done.error());
      break;
    }
    case periodic_change::run: {
      auto run = table->start_now(wish.name, now());
      if (!run)
        return to_caf(run.error());
      start(*run);
      break;
    }
    case periodic_change::remove: return remove(wish.name);
    }
    look();
    return about(wish.name);
  }

  caf::result<periodic_info> remove(const std::string& task) {
    periodic_info was;
    if (auto known = table->find(task))
      was = describe(*known);
    was.task.name = task;
    auto left = table->remove(task);
    if (!left)
      return to_caf(left.error());
    for (auto number : *left)
      stop({task, number}, "the periodic task was removed");
    outcomes.erase(task);
    return was;
  }
};

periodic_self_actor::behavior_type
periodic(periodic_self_actor::stateful_pointer<periodic_state> self,
         const periodic_options& options, const std::shared_ptr<periodic_table>& table) {
  auto& state = self->state;
  state.self = self;
  state.options = options;
  state.table = std::move(*table);
  for (const auto& each : state.table->damaged())
    log::error("periodic", "the periodic task in '{}' is left out: {}", each.path, each.reason);
  self->set_default_handler(caf::drop);
  self->send(self, look_again{0});
  return {
      [&state](const add_periodic& x) { return state.add(x); },
      [&state](const list_periodic& x) { return state.list(x); },
      [&state](const change_periodic& x) { return state.change(x); },
      [&state](const run_over& x) { state.finish(x); },
      [&state](const run_overdue& x) { state.stop(x.run, "its time-out is over"); },
      [&state](const look_again& x) {
        if (x.number == state.looks)
          state.look();
      },
  };
}

} // namespace

periodic_actor spawn_periodic(caf::actor_system& system, periodic_options options,
                              periodic_table table) {
  auto moved = std::make_shared<periodic_table>(std::move(table));
  if (options.detached)
    return system.spawn<caf::detached>(periodic, std::move(options), std::move(moved));
  return system.spawn(periodic, std::move(options), std::move(moved));
}

} // namespace mahavishnu
