// SPDX-License-Identifier: MIT
#include "actors/worker.hpp"

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

/// From the clock: the time of that run is over. Never leaves this process.
struct time_is_over {
  std::uint64_t run;
};

} // namespace mahavishnu::worker_detail

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mahavishnu::worker_detail::process_ended)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mahavishnu::worker_detail::time_is_over)

namespace mahavishnu {

namespace {

using worker_detail::process_ended;
using worker_detail::time_is_over;

using worker_self_actor =
    worker_actor::extend<caf::reacts_to<process_ended>, caf::reacts_to<time_is_over>>;

/// Why we ended a process before its own end.
enum class stop_cause {
  /// We did not.
  none,
  /// Its time was over.
  timed_out,
  /// Somebody asked for it.
  cancelled,
};

std::string seconds_text(std::chrono::milliseconds time) {
  auto text = std::to_string(time.count() / 1000);
  if (auto rest = time.count() % 1000) {
    auto digits = std::to_string(1000 + rest).substr(1);
    text += "." + digits.substr(0, digits.find_last_not_of('0') + 1);
  }
  return text + " s";
}

/// What a process that ended by itself says about its task.
void judge(const exec::process_exit& exit, task_result& answer) {
  if (exit.failure) {
    answer.status = task_status::failed;
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
  worker_options options;
  std::shared_ptr<exec::process_runner> runner;

  /// Counts the tasks of this worker, so that what comes late for an earlier one is recognised.
  std::uint64_t run = 0;
  bool busy = false;
  task_id task;
  std::chrono::milliseconds timeout{0};
  stop_cause cause = stop_cause::none;
  exec::process_handle process = 0;
  caf::actor_clock::time_point started;
  caf::typed_response_promise<task_result> promise;

  ~worker_state() {
    if (busy) // a worker that is killed takes its process with it
      runner->stop(process);
  }

  caf::result<task_result> execute(const execute_task& request) {
    if (busy)
      return to_caf({errc::internal, "worker '" + options.id.value + "' has a task already"});
    ++run;
    busy = true;
    task = request.task;
    cause = stop_cause::none;
    timeout = request.spec.timeout.count() > 0 ? request.spec.timeout : options.default_timeout;
    started = self->clock().now();
    process = runner->start(process_of(request), [me = worker_self_actor{self},
                                                  now = run](exec::process_exit exit) {
      caf::anon_send(me, process_ended{now, std::make_shared<exec::process_exit>(std::move(exit))});
    });
    self->delayed_send(self, timeout, time_is_over{run});
    promise = self->make_response_promise<task_result>();
    return promise;
  }

  exec::process_spec process_of(const execute_task& request) const {
    exec::process_spec process_wish;
    process_wish.argv = {"/bin/sh", "-c", request.spec.prompt.str()};
    process_wish.working_directory = request.spec.working_directory;
    process_wish.environment.assign(request.spec.environment.begin(),
                                    request.spec.environment.end());
    process_wish.environment.emplace_back("MAHAVISHNU_TASK_ID", request.task.value);
    process_wish.environment.emplace_back("MAHAVISHNU_POOL_ID", options.pool.value);
    process_wish.environment.emplace_back("MAHAVISHNU_WORKER_ID", options.id.value);
    process_wish.stdin_text = request.spec.stdin_text.str();
    process_wish.output_limit = options.output_limit;
    process_wish.grace = options.grace;
    return process_wish;
  }

  void stop(stop_cause why) {
    if (!busy || cause != stop_cause::none)
      return;
    cause = why;
    runner->stop(process);
  }

  void finish(const process_ended& ended) {
    if (!busy || ended.run != run)
      return;
    busy = false;
    task_result answer;
    answer.task = task;
    answer.pool = options.pool;
    answer.worker = options.id;
    answer.duration = self->clock().now() - started;
    judge(*ended.exit, answer);
    if (cause == stop_cause::timed_out && !ended.exit->failure) {
      answer.status = task_status::timed_out;
      answer.error = "ended after its time-out of " + seconds_text(timeout);
    } else if (cause == stop_cause::cancelled && !ended.exit->failure) {
      answer.status = task_status::cancelled;
      answer.error = "cancelled";
    }
    answer.truncated = ended.exit->output_truncated || ended.exit->error_truncated;
    answer.output = shared_text{std::move(ended.exit->standard_output)};
    answer.standard_error = shared_text{std::move(ended.exit->standard_error)};
    promise.deliver(std::move(answer));
  }
};

worker_self_actor::behavior_type worker(worker_self_actor::stateful_pointer<worker_state> self,
                                        const worker_options& options,
                                        const std::shared_ptr<exec::process_runner>& runner) {
  auto& state = self->state;
  state.self = self;
  state.options = options;
  state.runner = runner;
  return {
      [&state](const execute_task& x) { return state.execute(x); },
      [&state](const cancel_task& x) {
        if (x.task == state.task)
          state.stop(stop_cause::cancelled);
      },
      [&state](const process_ended& x) { state.finish(x); },
      [&state](const time_is_over& x) {
        if (x.run == state.run)
          state.stop(stop_cause::timed_out);
      },
  };
}

} // namespace

worker_actor spawn_worker(caf::actor_system& system, worker_options options,
                          std::shared_ptr<exec::process_runner> runner) {
  return system.spawn(worker, std::move(options), std::move(runner));
}

std::chrono::milliseconds longest_run(const task_spec& spec, const worker_options& options) {
  constexpr std::chrono::seconds for_the_way{30};
  auto timeout = spec.timeout.count() > 0 ? spec.timeout : options.default_timeout;
  return timeout + options.grace + for_the_way;
}

} // namespace mahavishnu
