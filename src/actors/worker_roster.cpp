// SPDX-License-Identifier: MIT
#include "actors/worker_roster.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace mahavishnu {

namespace {

/// Workers that are started in one go, so that a large pool does not keep a thread for long.
constexpr std::int32_t workers_at_a_time = 1000;

} // namespace

worker_roster::worker_roster(const pool_config& config, worker_effects& effects)
    : config_(config),
      effects_(effects),
      target_(config.first_workers()),
      restarts_(static_cast<std::uint32_t>(std::max(config.restart_limit, 0)),
                std::chrono::ceil<std::chrono::seconds>(config.restart_window)) {}

// -- who has what --------------------------------------------------------------------------------

pool_worker* worker_roster::find(std::uint32_t number) {
  auto found = workers_.find(number);
  return found == workers_.end() ? nullptr : &found->second;
}

void worker_roster::assign(pool_worker& to, pool_task& task) {
  task.worker = to.number;
  task.previous = nullptr;
  task.next = to.tasks;
  if (to.tasks)
    to.tasks->previous = &task;
  to.tasks = &task;
  ++running_;
  busy_ += to.running == 0;
  if (++to.running >= config_.worker_concurrency)
    unlink_free(to);
}

void worker_roster::take(pool_worker& from, pool_task& task) {
  (task.previous ? task.previous->next : from.tasks) = task.next;
  if (task.next)
    task.next->previous = task.previous;
  task.previous = task.next = nullptr;
  --running_;
  if (--from.running == 0)
    --busy_;
}

void worker_roster::has_less_to_do(pool_worker& which, moment now) {
  if (which.running == 0) {
    which.idle_since = now;
    // The first one that has nothing to do may go in the place of one that is to go and is busy.
    if (which.leaving || keep_one_that_leaves()) {
      effects_.drop_worker(which.number);
      remove(which);
      return;
    }
    expect_idle(now);
  }
  link_free(which);
}

void worker_roster::remove(pool_worker& which) {
  unlink_free(which);
  if (!which.leaving)
    --staying_;
  workers_.erase(which.number);
}

std::vector<std::uint32_t> worker_roster::busy_numbers() const {
  std::vector<std::uint32_t> busy;
  for (const auto& [number, each] : workers_)
    if (each.running > 0)
      busy.push_back(number);
  return busy;
}

void worker_roster::link_free(pool_worker& which) {
  if (which.is_free || which.leaving || which.running >= config_.worker_concurrency)
    return;
  which.is_free = true;
  which.previous = nullptr;
  which.next = free_first_;
  (free_first_ ? free_first_->previous : free_last_) = &which;
  free_first_ = &which;
}

void worker_roster::unlink_free(pool_worker& which) {
  if (!which.is_free)
    return;
  which.is_free = false;
  (which.previous ? which.previous->next : free_first_) = which.next;
  (which.next ? which.next->previous : free_last_) = which.previous;
}

// -- how many ------------------------------------------------------------------------------------

void worker_roster::add(moment now) {
  auto number = ++last_number_;
  auto& fresh = workers_[number];
  fresh.number = number;
  fresh.idle_since = now;
  ++staying_;
  link_free(fresh);
  effects_.add_worker(number);
  expect_idle(now);
}

bool worker_roster::start(moment now) {
  for (auto i = 0; i < workers_at_a_time && staying_ < target_; ++i)
    add(now);
  return staying_ >= target_;
}

/// Of the workers that go when they are done, one stays. False when there is none.
bool worker_roster::keep_one_that_leaves() {
  if (count() == staying_)
    return false;
  pool_worker* oldest = nullptr;
  for (auto& [number, each] : workers_)
    if (each.leaving && (!oldest || number < oldest->number))
      oldest = &each;
  oldest->leaving = false;
  ++staying_;
  link_free(*oldest);
  return true;
}

void worker_roster::replace(moment now) {
  while (staying_ < target_ && keep_one_that_leaves())
    continue;
  while (staying_ < target_ && restarts_.allows(now)) {
    restarts_.record(now);
    ++restarted_;
    add(now);
  }
  if (staying_ == target_ && (restarts_.allows(now) || degraded_.empty())) {
    degraded_.clear();
    restart_at_ = moment::max();
    return;
  }
  restart_at_ = restarts_.next(now);
  auto never = restart_at_ == moment::max();
  auto limit = std::to_string(std::max(config_.restart_limit, 0));
  degraded_ = never ? std::to_string(staying_) + " of " + std::to_string(target_) +
                          " workers are left, and restart_limit allows no new ones; scale the pool "
                          "to start some"
                    : "its workers died more than " + limit + " times within " +
                          seconds_text(config_.restart_window) +
                          "; new ones are started as that limit allows";
  if (never && staying_ == 0)
    failed_ = "all its workers have died, and restart_limit allows no new ones";
}

void worker_roster::scale(std::int32_t target, moment now) {
  target_ = target;
  failed_.clear();
  degraded_.clear();
  restart_at_ = moment::max();
  while (staying_ < target_)
    if (!keep_one_that_leaves())
      add(now);
  retire(staying_ - target_);
}

std::int32_t worker_roster::room_to_grow() const {
  if (!config_.auto_scale || !degraded_.empty())
    return 0;
  return std::min(config_.max_workers - staying_, workers_at_a_time);
}

void worker_roster::grow(std::int32_t by, moment now) {
  for (; by > 0; --by) {
    ++target_;
    add(now);
  }
}

/// Has so many workers go: at once those that idle, the longest first, and the others as soon as
/// they are done.
void worker_roster::retire(std::int32_t count) {
  std::vector<pool_worker*> idle;
  for (auto* each = free_last_; each; each = each->previous)
    if (each->running == 0 && static_cast<std::int32_t>(idle.size()) < count)
      idle.push_back(each);
  for (auto* each : idle) {
    effects_.drop_worker(each->number);
    remove(*each);
    --count;
  }
  if (count <= 0)
    return;
  std::vector<pool_worker*> busy;
  for (auto& [number, each] : workers_)
    if (!each.leaving)
      busy.push_back(&each);
  std::ranges::sort(busy, std::ranges::greater{}, &pool_worker::number); // the newest
  for (auto* each : busy) {
    if (count-- <= 0)
      break;
    unlink_free(*each);
    each->leaving = true;
    --staying_;
  }
}

/// A worker that the pool could do without has nothing to do from now on.
void worker_roster::expect_idle(moment now) {
  if (config_.auto_scale && staying_ > config_.min_workers && idle_at_ == moment::max())
    idle_at_ = later(now, config_.idle_limit);
}

void worker_roster::shrink_idle(moment now) {
  idle_at_ = moment::max();
  std::vector<pool_worker*> tired;
  auto next = moment::max();
  for (auto* each = free_last_; each; each = each->previous) {
    if (each->running > 0)
      continue;
    auto until = later(each->idle_since, config_.idle_limit);
    if (until > now)
      next = std::min(next, until);
    else if (staying_ - static_cast<std::int32_t>(tired.size()) > config_.min_workers)
      tired.push_back(each);
  }
  for (auto* each : tired) {
    effects_.drop_worker(each->number);
    remove(*each);
    --target_;
  }
  if (staying_ > config_.min_workers)
    idle_at_ = next; // busy ones are seen to when they become idle
}

void worker_roster::wake(moment now) {
  if (now >= idle_at_)
    shrink_idle(now);
  if (now >= restart_at_)
    replace(now);
}

} // namespace mahavishnu
