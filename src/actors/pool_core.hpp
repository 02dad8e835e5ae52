// SPDX-License-Identifier: MIT
#pragma once

#include "actors/duration_histogram.hpp"
#include "actors/moment.hpp"
#include "actors/pool_task.hpp"
#include "actors/task_history.hpp"
#include "actors/task_queue.hpp"
#include "actors/worker_roster.hpp"
#include "mahavishnu/messages/output.hpp"
#include "mahavishnu/messages/pool.hpp"
#include "mahavishnu/messages/worker.hpp"

#include <boost/unordered/unordered_map.hpp>

#include <deque>
#include <limits>
#include <memory>
#include <memory_resource>
#include <random>

namespace mahavishnu {

/// What the core of a pool wants done. No call may lead back into the core.
class pool_effects : public worker_effects {
public:
  /// Hand it these, all at once.
  virtual void run(std::uint32_t worker, std::vector<task_run> runs) = 0;
  virtual void stop(std::uint32_t worker, const task_id& task, std::int32_t attempt) = 0;
  /// The same for a task that another pool has.
  virtual void stop_delegated(const task_id& task) = 0;

  /// The task has a place in the queue, or a worker.
  virtual void accepted(const pool_task& its) = 0;
  virtual void refused(requester_number whom, const task_id& task, const error& why) = 0;
  /// It has got to another state, which is none of the last ones.
  virtual void moved(const pool_task& its) = 0;
  /// It runs, and somebody wants it to end.
  virtual void cancel_asked(const pool_task& its) = 0;
  virtual void ended(const pool_task& its, const task_result& how) = 0;

  virtual void status_changed(pool_status from, pool_status to, const std::string& reason) = 0;
  /// Call `wake` then; replaces what was asked before.
  virtual void wake_at(moment when) = 0;
};

/// A task that an earlier server has accepted, and how far it got.
struct restored_task {
  task_id task;
  shared_spec spec;
  route_note route;
  /// Since it was accepted.
  std::chrono::nanoseconds age{0};
  /// Its states until then; the last of them is where it stood.
  std::vector<task_step> steps;
  /// The attempt whose process still runs, or has ended meanwhile and nobody has heard of it; 0:
  /// none.
  std::int32_t running = 0;
  /// Somebody wanted it to end.
  bool cancelled = false;
  /// When the next attempt of a parked one begins, since it was accepted.
  std::chrono::nanoseconds next_attempt{0};
};

/// Which tasks are wanted in a list.
struct task_choice {
  /// Nothing: whatever it is.
  std::optional<task_status> status{};
  /// Only older ones; empty: from the newest on.
  task_id before{};
  /// This one and those that are newer.
  task_id since{};
};

/// Where what a task has written is.
struct located_output {
  /// Without files. What has been written and is not here any more counts as truncated.
  output_location at;
  /// The attempt whose process runs here and writes; 0: none does.
  std::int32_t process = 0;
};

struct pool_core_options {
  pool_id id;
  /// Complete.
  pool_config config;
  /// What ending a task may take on top of its time-out.
  std::chrono::milliseconds grace{5000};
  /// Bytes of output that the ended tasks may keep in memory, all together.
  std::size_t history_bytes = std::size_t{64} << 20;
  std::uint64_t seed = 0;
};

/// All that a pool decides: which task runs on which worker, what waits, what is tried again, how
/// many workers there are, and what is remembered. Knows no actors and reads no clock: it is told
/// what happened and when, and says what is to be done.
class pool_core {
public:
  pool_core(pool_core_options options, pool_effects& effects);
  ~pool_core();

  // -- workers ---------------------------------------------------------------

  /// Adds workers that are missing, so many at a time; false when some are still missing.
  bool start_workers(moment now);
  /// Its worker has died.
  void worker_down(std::uint32_t worker, moment now);
  void runs_ended(const tasks_ended& what, moment now);
  /// An error that names the range, when the target is outside of it.
  result<pool_scaled> scale(std::int32_t target, moment now);
  worker_id id_of(std::uint32_t worker) const;

  // -- tasks -----------------------------------------------------------------

  void submit(const task_id& task, shared_spec spec, const route_note& route, requester_number whom,
              moment now);
  /// Several at once whose ids follow each other, each for its requester.
  void submit(const task_id& first, std::vector<shared_spec> specs, const route_note& route,
              const std::vector<requester_number>& whom, moment now);
  /// Goes on with tasks of an earlier server, the oldest first, whatever room there is.
  void restore(std::vector<restored_task> tasks, moment now);
  /// Forgets a task that was not accepted after all: what runs of it is ended, and nobody hears of
  /// it.
  void withdraw(const task_id& task, moment now);
  /// Its status after that; nothing when the task is unknown.
  std::optional<task_status> cancel(const task_id& task, moment now);
  /// For a task that has not ended: who asked for it.
  requester_number requester_of(const task_id& task) const;
  void set_requester(const task_id& task, requester_number whom);

  /// Those that have not ended and go with whoever has asked for them: a command, or another pool.
  std::vector<task_id> bound_tasks() const;
  /// Whether some are about to end that need not wait for anything: those, and cancelled ones.
  bool has_ending_tasks() const;
  /// Who still waits for room; their tasks are forgotten.
  std::vector<requester_number> take_waiters();
  /// Null when it has ended, or is not known.
  const pool_task* open_task(const task_id& task) const;
  std::optional<task_status> status_of(const task_id& task) const;
  /// Of a task that has ended and is remembered.
  std::optional<task_result> result_of(const task_id& task) const;
  std::optional<task_info> describe(const task_id& task) const;
  /// Nothing about a task of another pool, which knows more of it, unless its process runs here.
  std::optional<located_output> locate(const task_id& task) const;
  void list(const task_choice& wanted, std::size_t most, moment now,
            std::vector<task_line>& into) const;

  // -- other pools -----------------------------------------------------------

  /// Whether tasks wait here that another pool may run as well.
  bool has_movable_tasks() const { return movable_ > 0; }
  /// Up to so many of them; they count as running until `delegated_ended` or `given_back`.
  std::vector<task_run> take_movable(std::size_t most, const pool_id& target, moment now);
  void delegated_ended(const task_result& how, std::int32_t attempt, moment now);
  void given_back(const task_id& task, std::int32_t attempt, const std::string& why, moment now);

  // -- the pool itself -------------------------------------------------------

  void wake(moment now);
  void drain(moment now);
  void resume(moment now);
  /// Ends all that waits, and stops all that runs.
  void close(moment now);

  bool draining() const { return draining_; }
  bool closing() const { return closing_; }
  /// No task waits or runs.
  bool is_empty() const { return active_ == 0 && waiters_ == 0; }
  /// Tasks that can run at a time.
  std::int32_t capacity() const;
  pool_status status() const { return status_; }
  pool_info info() const;
  /// All but the memory in use.
  pool_metrics metrics() const;
  const pool_config& config() const { return options_.config; }
  /// Workers that have something to do.
  std::vector<std::uint32_t> busy_workers() const { return workers_.busy_numbers(); }

  /// What has left the pool since this was asked last; less than nothing when tasks came back from
  /// another one.
  struct departures {
    std::int32_t count = 0;
    /// Those that have an idempotency key and ended.
    std::vector<task_id> keyed;
    /// Those that may have one and were not taken at all.
    std::vector<task_id> refused;
  };
  departures take_departures();

private:
  std::string describe() const { return "pool '" + options_.config.name + "'"; }

  void set_limits(pool_task& its, shared_spec spec, moment since);
  void admit(const task_id& task, shared_spec spec, const route_note& route, requester_number whom,
             moment now);
  static bool is_bound(const pool_task& its);
  static std::vector<transition> history_of(restored_task& task, moment since);
  void restore(restored_task&& task, moment now);
  void enqueue(pool_task& its);
  void refuse(requester_number whom, const task_id& task, const task_spec& spec, const error& why);
  void wait_for_room(pool_task& its, moment now);
  void let_in(moment now);

  void pump(moment now);
  void assign(pool_task& its, pool_worker& to, moment now);
  void conclude(pool_task& its, task_result&& how, moment now);
  bool may_retry(const pool_task& its, task_status end) const;
  void keep_last_output(pool_task& its, attempt_output wrote);
  void drop_last_output(pool_task& its);
  void park(pool_task& its, const task_result& end, moment now);
  void wait_for_next_attempt(pool_task& its, moment until);
  void finish(pool_task& its, task_status how, std::string why, moment now);
  void finish(pool_task& its, task_result&& end, moment now);
  void drop_timers(pool_task& its);
  void refuse_waiting(pool_task& its, const error& why);
  std::vector<pool_task*> open_tasks();
  template <class Task>
  task_line line_of(const Task& its, moment now) const;
  template <class Task>
  task_info info_of(const Task& its) const;
  /// Does what has been decided: hands tasks to workers, notices a new status, sets the alarm.
  void settle(moment now);

  void fill_up_workers(moment now);
  void sweep(moment now);
  void lose_worker(pool_worker& which, const std::string& why, moment now);
  bool has_room() const;
  pool_status status_now() const;
  std::string why_not_healthy() const;

  pool_core_options options_;
  pool_effects& effects_;
  std::mt19937_64 random_;

  /// Tasks come and go all the time and are of one size.
  std::pmr::unsynchronized_pool_resource memory_;
  /// All that wait or run. This map finds out that a task is new without a look at its neighbours,
  /// which the cache has forgotten as a rule.
  boost::unordered_map<task_id, pool_task, std::hash<task_id>, std::equal_to<>,
                       std::pmr::polymorphic_allocator<std::pair<const task_id, pool_task>>>
      tasks_{&memory_};
  task_history history_;
  /// Bounded where tasks are accepted: one that comes back for another attempt always has a place.
  task_queue<task_id, pool_task*> queue_{std::numeric_limits<std::size_t>::max()};
  std::deque<task_id> waiting_; // for room in the queue; may hold some that have gone
  std::int64_t active_ = 0;     // accepted and not ended
  std::size_t last_output_bytes_ = 0;
  std::int32_t parked_ = 0;  // wait for their next attempt
  std::int32_t waiters_ = 0; // of waiting_, those that still wait
  std::int32_t movable_ = 0;

  worker_roster workers_;
  std::vector<pool_worker*> staged_; // have got tasks that they do not know of yet

  task_timers timers_;
  moment sweep_at_ = moment::max();
  moment alarm_ = moment::max();

  bool started_ = false;
  bool draining_ = false;
  bool closing_ = false;
  pool_status status_ = pool_status::pending;

  pool_metrics counts_;
  duration_histogram durations_;
  departures departures_;
};

} // namespace mahavishnu
