// SPDX-License-Identifier: MIT
#pragma once

#include "actors/moment.hpp"
#include "actors/pool_task.hpp"
#include "actors/restart_limit.hpp"
#include "mahavishnu/messages/pool.hpp"
#include "mahavishnu/messages/worker.hpp"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <vector>

namespace mahavishnu {

/// What is to be done with the workers of a pool. No call may lead back to who wants it.
class worker_effects {
public:
  virtual ~worker_effects() = default;

  /// Start a worker of that number.
  virtual void add_worker(std::uint32_t worker) = 0;
  /// Let it go; it has nothing to do.
  virtual void drop_worker(std::uint32_t worker) = 0;
  /// End it by force; it has been forgotten.
  virtual void kill_worker(std::uint32_t worker) = 0;
};

/// A worker of a pool.
struct pool_worker {
  std::uint32_t number = 0;
  std::int32_t running = 0;
  /// Goes when it has nothing to do any more.
  bool leaving = false;
  bool is_free = false;
  pool_worker* previous = nullptr;
  pool_worker* next = nullptr;
  /// What it runs, chained.
  pool_task* tasks = nullptr;
  moment idle_since;
  /// What it has got and does not know of yet.
  std::vector<task_run> staged;
};

/// The workers of a pool: who is there, who is free, who goes, and how many there should be. Knows
/// nothing of the tasks but which worker has which.
class worker_roster {
public:
  worker_roster(const pool_config& config, worker_effects& effects);

  // -- who has what ------------------------------------------------------------

  /// One with room for a task; the one that was busy last. Null when there is none.
  pool_worker* first_free() const { return free_first_; }
  pool_worker* find(std::uint32_t number);
  /// The worker has one task more.
  void assign(pool_worker& to, pool_task& task);
  /// It has one less; tell `has_less_to_do` when it has lost all it was to lose.
  void take(pool_worker& from, pool_task& task);
  void has_less_to_do(pool_worker& which, moment now);
  /// Takes one that is no more out of the list; it has no tasks any more.
  void remove(pool_worker& which);

  /// All of them, those that go included.
  std::int32_t count() const { return static_cast<std::int32_t>(workers_.size()); }
  /// Those that stay, and how many should.
  std::int32_t staying() const { return staying_; }
  std::int32_t target() const { return target_; }
  std::int32_t busy() const { return busy_; }
  /// Tasks that run, on all of them.
  std::int32_t running() const { return running_; }
  std::vector<std::uint32_t> busy_numbers() const;

  template <class F>
  void for_each(F&& f) const {
    for (const auto& [number, each] : workers_)
      f(each);
  }

  // -- how many ------------------------------------------------------------------

  /// Adds some that are missing at the start, so many at a time; false when more are missing.
  bool start(moment now);
  /// As many as there should be, within the limit of restarts.
  void replace(moment now);
  /// So many there are to be at least, before `start`.
  void need(std::int32_t least) {
    target_ = std::max(target_, std::min(least, config_.max_workers));
  }
  /// Within the bounds of the pool. Lifts what was said by `degraded` and `failed`.
  void scale(std::int32_t target, moment now);
  /// So many more, where the pool scales itself.
  void grow(std::int32_t by, moment now);
  /// How many `grow` may add.
  std::int32_t room_to_grow() const;
  /// Does what is due.
  void wake(moment now);
  /// When that is.
  moment next_wake() const { return std::min(idle_at_, restart_at_); }

  /// Why there are fewer workers than there should be.
  const std::string& degraded() const { return degraded_; }
  /// Why there are none, and will be none.
  const std::string& failed() const { return failed_; }
  std::int64_t restarted() const { return restarted_; }

private:
  void add(moment now);
  bool keep_one_that_leaves();
  void retire(std::int32_t count);
  void shrink_idle(moment now);
  void expect_idle(moment now);
  void link_free(pool_worker& which);
  void unlink_free(pool_worker& which);

  const pool_config& config_;
  worker_effects& effects_;
  std::unordered_map<std::uint32_t, pool_worker> workers_;
  std::uint32_t last_number_ = 0;
  pool_worker* free_first_ = nullptr;
  pool_worker* free_last_ = nullptr;
  std::int32_t staying_ = 0;
  std::int32_t target_;
  std::int32_t busy_ = 0;
  std::int32_t running_ = 0;
  restart_limit restarts_;
  std::int64_t restarted_ = 0;
  moment idle_at_ = moment::max();
  moment restart_at_ = moment::max();
  std::string degraded_;
  std::string failed_;
};

} // namespace mahavishnu
