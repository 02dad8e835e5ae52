// SPDX-License-Identifier: MIT
#include "actors/worker.hpp"

#include "base/log.hpp"
#include "base/text.hpp"
#include "exec/process_runner.hpp"
#include "mahavishnu/messages/all.hpp"
#include "messages/registry.hpp"

#include <caf/actor_system.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace mahavishnu::worker_detail {

/// From the runner: the process of that run has ended. Never leaves this process.
struct process_ended {
  std::uint64_t run;
  std::shared_ptr<exec::process_exit> exit;
};

/// From the runner: what the process of some run takes. Never leaves this process.
struct memory_measured {
  std::uint64_t bytes;
};

/// From the clock: the time of that run is over. Never leaves this process.
struct time_is_over {
  std::uint64_t run;
};

} // namespace mahavishnu::worker_detail

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mahavishnu::worker_detail::process_ended)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mahavishnu::worker_detail::memory_measured)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mahavishnu::worker_detail::time_is_over)

namespace mahavishnu {

namespace {

using worker_detail::memory_measured;
using worker_detail::process_ended;
using worker_detail::time_is_over;

using worker_self_actor =
    worker_actor::extend<caf::reacts_to<process_ended>, caf::reacts_to<time_is_over>,
                         caf::reacts_to<memory_measured>>;

/// What is left of the time of a run whose time was over before somebody came to it.
constexpr std::chrono::milliseconds no_time_left{1};

/// Why we ended a process before its own end.
enum class stop_cause {
  /// We did not.
  none,
  /// Its time was over.
  timed_out,
  /// Somebody asked for it.
  cancelled,
};

/// What a process that ended by itself says about its task.
void judge(const exec::process_exit& exit, run_end& answer) {
  if (exit.failure) {
    answer.status = exit.failure->code == errc::lost ? task_status::lost : task_status::failed;
    answer.error = exit.failure->message;
    return;
  }
  answer.exit_code = exit.exit_code;
  answer.status = exit.exit_code == 0 ? task_status::completed : task_status::failed;
  if (exit.signal != 0)
    answer.error = "ended by signal " + std::to_string(exit.signal);
  else if (exit.exit_code != 0)
    answer.error = "exited with code " + std::to_string(exit.exit_code);
}

struct worker_state {
  static inline const char* name = "worker";

  worker_self_actor::pointer self = nullptr;
  std::shared_ptr<const worker_options> options;
  worker_identity who;
  std::shared_ptr<const process_recipe> recipe;

  /// Counts the runs of this worker, so that what comes late for an earlier one is recognised.
  std::uint64_t run = 0;
  bool busy = false;
  task_run now;
  stop_cause cause = stop_cause::none;
  exec::process_handle process = 0;
  caf::actor_clock::time_point started;
  caf::typed_response_promise<tasks_ended> promise;
  std::vector<caf::typed_response_promise<worker_usage>> measuring;

  ~worker_state() {
    if (busy && !*options->leaves_processes) { // one that is killed takes its process with it
      options->runner->stop(process);
      clean_up();
    }
    answer_usage(0);
  }

  caf::result<tasks_ended> execute(const run_tasks& request) {
    if (busy || request.runs.size() != 1)
      return to_caf({errc::internal, "worker '" + who.id.value + "' runs one task at a time"});
    const auto& task = request.runs.front();
    // What goes on was made from a recipe that may have changed since.
    auto made = task.goes_on != 0 ? result<exec::process_spec>{exec::process_spec{}}
                                  : process_for(*recipe, task);
    if (!made)
      return tasks_ended{who.number, {never_started(task, made.error())}};
    ++run;
    busy = true;
    now = task;
    cause = stop_cause::none;
    started = self->clock().now();
    auto done = [me = worker_self_actor{self}, which = run](exec::process_exit exit) {
      caf::anon_send(me,
                     process_ended{which, std::make_shared<exec::process_exit>(std::move(exit))});
    };
    process = now.goes_on != 0
                  ? options->runner->attach(run_name(task), std::move(done), options->output_limit)
                  : options->runner->start(complete(std::move(*made)), std::move(done));
    self->delayed_send(self, now.timeout, time_is_over{run});
    promise = self->make_response_promise<tasks_ended>();
    return promise;
  }

  static run_end never_started(const task_run& task, const error& why) {
    run_end end;
    end.task = task.task;
    end.attempt = task.attempt;
    end.status = task_status::failed;
    end.error = why.message;
    return end;
  }

  exec::process_spec complete(exec::process_spec wish) const {
    wish.environment.emplace_back("MAHAVISHNU_TASK_ID", now.task.str());
    wish.environment.emplace_back("MAHAVISHNU_ATTEMPT", std::to_string(now.attempt));
    wish.environment.emplace_back("MAHAVISHNU_POOL_ID", options->pool.value);
    wish.environment.emplace_back("MAHAVISHNU_WORKER_ID", who.id.value);
    wish.output_limit = options->output_limit;
    wish.grace = options->grace;
    return wish;
  }

  /// What a process that we ended may leave behind where its end is not noticed.
  void clean_up() {
    if (recipe->clean_up.empty())
      return;
    auto made = complete(clean_up_for(*recipe, now));
    auto which = made.run;
    options->runner->start(std::move(made), [](const exec::process_exit&) {});
    options->runner->settle({which});
  }

  void stop(stop_cause why) {
    if (!busy || cause != stop_cause::none)
      return;
    cause = why;
    options->runner->stop(process);
  }

  void finish(const process_ended& ended) {
    if (!busy || ended.run != run)
      return;
    busy = false;
    run_end end;
    end.task = now.task;
    end.attempt = now.attempt;
    end.duration = self->clock().now() - started;
    judge(*ended.exit, end);
    // An earlier server was just ending it, or would have.
    if (now.goes_on != 0 && now.timeout <= no_time_left && ended.exit->signal != 0)
      cause = stop_cause::timed_out;
    if (cause != stop_cause::none)
      clean_up();
    if (cause == stop_cause::timed_out && !ended.exit->failure) {
      end.status = task_status::timed_out;
      end.error = "ended after its time-out of " + seconds_text(now.timeout);
    } else if (cause == stop_cause::cancelled && !ended.exit->failure) {
      end.status = task_status::cancelled;
      end.error = "cancelled";
    }
    if (!ended.exit->note.empty())
      log::warning("worker", "task '{}', attempt {}: {}", now.task.str(), now.attempt,
                   ended.exit->note);
    end.truncated = ended.exit->output_truncated || ended.exit->error_truncated;
    end.output = shared_text{std::move(ended.exit->standard_output)};
    end.standard_error = shared_text{std::move(ended.exit->standard_error)};
    now = {}; // lets go of the task
    promise.deliver(tasks_ended{who.number, {std::move(end)}});
  }

  caf::result<worker_usage> usage() {
    if (!busy)
      return worker_usage{};
    measuring.push_back(self->make_response_promise<worker_usage>());
    auto promised = measuring.back();
    if (measuring.size() == 1)
      options->runner->measure(process, [me = worker_self_actor{self}](std::uint64_t bytes) {
        caf::anon_send(me, memory_measured{bytes});
      });
    return promised;
  }

  void answer_usage(std::uint64_t bytes) {
    for (auto& each : measuring)
      each.deliver(worker_usage{static_cast<std::int64_t>(bytes)});
    measuring.clear();
  }
};

worker_self_actor::behavior_type worker(worker_self_actor::stateful_pointer<worker_state> self,
                                        const std::shared_ptr<const worker_options>& options,
                                        const worker_identity& who,
                                        const std::shared_ptr<const process_recipe>& recipe) {
  auto& state = self->state;
  state.self = self;
  state.options = options;
  state.who = who;
  state.recipe = recipe;
  return {
      [&state](const run_tasks& x) { return state.execute(x); },
      [&state](const stop_run& x) {
        if (x.task == state.now.task && x.attempt == state.now.attempt)
          state.stop(stop_cause::cancelled);
      },
      [&state](const measure_worker&) { return state.usage(); },
      [&state](const process_ended& x) { state.finish(x); },
      [&state](const memory_measured& x) { state.answer_usage(x.bytes); },
      [&state](const time_is_over& x) {
        if (x.run == state.run)
          state.stop(stop_cause::timed_out);
      },
  };
}

} // namespace

result<void> can_run(const std::string& name, const worker_type& type) {
  if (!type.find_program)
    return {};
  auto program = type.find_program();
  if (program)
    return {};
  return error{errc::unsupported,
               "workers of type '" + name + "' cannot run here: " + program.error().message};
}

worker_type process_worker(process_recipe recipe) {
  worker_type type;
  type.recipe = recipe;
  type.make = [recipe = std::make_shared<const process_recipe>(std::move(recipe))](
                  caf::actor_system& system, const std::shared_ptr<const worker_options>& options,
                  const worker_identity& who) -> worker_actor {
    return system.spawn(worker, options, who, recipe);
  };
  return type;
}

worker_type shell_worker() {
  process_recipe recipe;
  recipe.command = {"/bin/sh", "-c", std::string{prompt_placeholder}};
  return process_worker(std::move(recipe));
}

} // namespace mahavishnu
