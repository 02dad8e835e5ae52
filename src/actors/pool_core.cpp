// SPDX-License-Identifier: MIT
#include "actors/pool_core.hpp"

#include "actors/retry_rules.hpp"

#include <algorithm>

namespace mahavishnu {

namespace {

/// Workers that are started in one go, so that a large pool does not keep a thread for long.
constexpr std::int32_t workers_at_a_time = 1000;

/// How often we look for workers that have not answered, and how much later than they should have.
constexpr std::chrono::seconds sweep_interval{10};
constexpr std::chrono::seconds for_the_way{30};

/// Times that are added up must not overflow.
constexpr std::chrono::hours longest_wait{24 * 366};

constexpr std::size_t longest_prompt_shown = 80;

moment later(moment now, std::chrono::milliseconds by) {
  return now + std::min<std::chrono::milliseconds>(by, longest_wait);
}

std::string seconds_text(std::chrono::nanoseconds time) {
  auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
  auto text = std::to_string(ms / 1000);
  if (auto rest = ms % 1000) {
    auto digits = std::to_string(1000 + rest).substr(1);
    text += "." + digits.substr(0, digits.find_last_not_of('0') + 1);
  }
  return text + " s";
}

std::string text_of(const route_note& route) {
  if (route.reason == route_reason::named)
    return "named by the requester";
  if (route.reason == route_reason::delegated)
    return "handed over by another pool";
  return "routed by " + std::string{to_string(route.reason)} + ", with " +
         std::to_string(route.in_flight) + " tasks here for " + std::to_string(route.capacity) +
         " places";
}

} // namespace

pool_core::pool_core(pool_core_options options, pool_effects& effects)
    : options_(std::move(options)),
      effects_(effects),
      random_(options_.seed),
      target_(options_.config.min_workers),
      restarts_(static_cast<std::uint32_t>(std::max(options_.config.restart_limit, 0)),
                std::chrono::ceil<std::chrono::seconds>(options_.config.restart_window)) {
  counts_.pool = options_.id;
}

pool_core::~pool_core() = default;

// -- workers -----------------------------------------------------------------------------------

worker_id pool_core::id_of(std::uint32_t worker) const {
  if (worker == 0)
    return {};
  // One to one, so no two workers of the pool share an id.
  auto bits = worker * 0x9e3779b1u ^ static_cast<std::uint32_t>(options_.seed);
  std::string text = "worker_00000000";
  for (auto at = text.rbegin(); bits != 0; bits >>= 4)
    *at++ = "0123456789abcdef"[bits & 15];
  return worker_id{std::move(text)};
}

pool_core::slot& pool_core::add_worker(moment now) {
  auto number = ++last_worker_;
  auto& fresh = slots_[number];
  fresh.number = number;
  fresh.idle_since = now;
  ++live_;
  link_free(fresh);
  effects_.add_worker(number);
  return fresh;
}

bool pool_core::start_workers(moment now) {
  started_ = true;
  for (auto i = 0; i < workers_at_a_time && live_ < target_ && !closing_; ++i)
    add_worker(now);
  pump(now);
  settle(now);
  return live_ >= target_ || closing_;
}

void pool_core::link_free(slot& which) {
  if (which.is_free || which.leaving)
    return;
  which.is_free = true;
  which.previous = nullptr;
  which.next = free_first_;
  (free_first_ ? free_first_->previous : free_last_) = &which;
  free_first_ = &which;
}

void pool_core::unlink_free(slot& which) {
  if (!which.is_free)
    return;
  which.is_free = false;
  (which.previous ? which.previous->next : free_first_) = which.next;
  (which.next ? which.next->previous : free_last_) = which.previous;
}

void pool_core::remove(slot& which) {
  unlink_free(which);
  if (!which.leaving)
    --live_;
  std::erase(staged_, &which);
  slots_.erase(which.number);
}

/// Of the workers that go when they are done, one stays. False when there is none.
bool pool_core::keep_one_that_leaves() {
  if (static_cast<std::int32_t>(slots_.size()) == live_)
    return false;
  slot* oldest = nullptr;
  for (auto& [number, each] : slots_)
    if (each.leaving && (!oldest || number < oldest->number))
      oldest = &each;
  oldest->leaving = false;
  ++live_;
  if (oldest->running < options_.config.worker_concurrency)
    link_free(*oldest);
  return true;
}

/// A worker has ended something.
void pool_core::free_slot(slot& which, moment now) {
  if (which.running == 0) {
    which.idle_since = now;
    // The first one that has nothing to do may go in the place of one that is to go and is busy.
    if (which.leaving || keep_one_that_leaves()) {
      effects_.drop_worker(which.number);
      remove(which);
      return;
    }
    if (options_.config.auto_scale && live_ > options_.config.min_workers &&
        idle_at_ == moment::max())
      idle_at_ = later(now, options_.config.idle_limit);
  }
  link_free(which);
}

void pool_core::worker_down(std::uint32_t worker, moment now) {
  auto found = slots_.find(worker);
  if (found == slots_.end())
    return;
  auto& which = found->second;
  auto was_leaving = which.leaving;
  lose_tasks(which, "worker '" + id_of(worker).value + "' has died", now);
  remove(which);
  if (!closing_ && !was_leaving)
    replace_workers(now);
  pump(now);
  settle(now);
}

void pool_core::lose_tasks(slot& of, const std::string& why, moment now) {
  if (of.running > 0)
    --busy_;
  while (auto* its = of.tasks) {
    of.tasks = its->next;
    if (its->next)
      its->next->previous = nullptr;
    its->next = nullptr;
    --running_;
    --of.running;
    task_result how;
    how.status = task_status::lost;
    how.error = why;
    conclude(its->id, *its, std::move(how), now);
  }
}

/// As many workers as there should be, within the limit of restarts.
void pool_core::replace_workers(moment now) {
  while (live_ < target_ && keep_one_that_leaves())
    continue;
  while (live_ < target_ && restarts_.allows(now)) {
    restarts_.record(now);
    ++counts_.workers_restarted;
    add_worker(now);
  }
  if (live_ == target_ && (restarts_.allows(now) || degraded_.empty())) {
    degraded_.clear();
    restart_at_ = moment::max();
    return;
  }
  restart_at_ = restarts_.next(now);
  auto never = restart_at_ == moment::max();
  auto limit = std::to_string(std::max(options_.config.restart_limit, 0));
  degraded_ = never ? std::to_string(live_) + " of " + std::to_string(target_) +
                          " workers are left, and restart_limit allows no new ones; scale the pool "
                          "to start some"
                    : "its workers died more than " + limit + " times within " +
                          seconds_text(options_.config.restart_window) +
                          "; new ones are started as that limit allows";
  if (!never || live_ > 0)
    return;
  failed_ = "all its workers have died, and restart_limit allows no new ones";
  std::vector<task_id> waiting;
  for (const auto& [task, its] : tasks_)
    if (!its.machine.ended() && its.machine.status() != task_status::running)
      waiting.push_back(task);
  std::ranges::sort(waiting); // as they came
  for (const auto& task : waiting)
    finish(task, tasks_.at(task), task_status::failed, describe() + " has failed: " + failed_, now);
}

result<pool_scaled> pool_core::scale(std::int32_t target, moment now) {
  const auto& config = options_.config;
  if (target < config.min_workers || target > config.max_workers)
    return error{errc::invalid_argument,
                 describe() + ": target " + std::to_string(target) + " outside range [" +
                     std::to_string(config.min_workers) + ", " +
                     std::to_string(config.max_workers) +
                     "]; choose one within, or spawn the pool with other bounds"};
  if (closing_)
    return error{errc::not_found, describe() + " is closed"};
  target_ = target;
  failed_.clear();
  degraded_.clear();
  restart_at_ = moment::max();
  while (live_ < target_)
    if (!keep_one_that_leaves())
      add_worker(now);
  retire(live_ - target_);
  pool_scaled answer;
  answer.pool = options_.id;
  answer.target_workers = target;
  answer.actual_workers = static_cast<std::int32_t>(slots_.size());
  answer.status = answer.actual_workers == target ? "scaled" : "draining";
  pump(now);
  settle(now);
  return answer;
}

/// Has so many workers go: at once those that idle, the longest first, and the others as soon as
/// they are done.
void pool_core::retire(std::int32_t count) {
  std::vector<slot*> idle;
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
  std::vector<slot*> busy;
  for (auto& [number, each] : slots_)
    if (!each.leaving)
      busy.push_back(&each);
  std::ranges::sort(busy, std::ranges::greater{}, &slot::number); // the newest
  for (auto* each : busy) {
    if (count-- <= 0)
      break;
    unlink_free(*each);
    each->leaving = true;
    --live_;
  }
}

void pool_core::shrink_idle(moment now) {
  idle_at_ = moment::max();
  const auto& config = options_.config;
  std::vector<slot*> tired;
  auto next = moment::max();
  for (auto* each = free_last_; each; each = each->previous) {
    if (each->running > 0)
      continue;
    auto until = later(each->idle_since, config.idle_limit);
    if (until > now)
      next = std::min(next, until);
    else if (live_ - static_cast<std::int32_t>(tired.size()) > config.min_workers)
      tired.push_back(each);
  }
  for (auto* each : tired) {
    effects_.drop_worker(each->number);
    remove(*each);
    --target_;
  }
  if (live_ > config.min_workers)
    idle_at_ = next; // busy ones are seen to when they become idle
}

/// Ends workers that should have answered long ago.
void pool_core::sweep(moment now) {
  sweep_at_ = moment::max();
  std::vector<std::uint32_t> hanging;
  for (const auto& [number, each] : slots_)
    for (const auto* its = each.tasks; its; its = its->next)
      if (now - its->machine.history().back().at > its->timeout + options_.grace + for_the_way) {
        hanging.push_back(number);
        break;
      }
  std::ranges::sort(hanging);
  for (auto number : hanging) {
    auto& which = slots_.at(number);
    lose_tasks(which, "worker '" + id_of(number).value + "' did not answer in time", now);
    auto was_leaving = which.leaving;
    remove(which);
    effects_.kill_worker(number);
    if (!was_leaving && !closing_)
      replace_workers(now);
  }
  if (running_ > 0)
    sweep_at_ = now + sweep_interval;
}

std::vector<std::uint32_t> pool_core::busy_workers() const {
  std::vector<std::uint32_t> busy;
  for (const auto& [number, each] : slots_)
    if (each.running > 0)
      busy.push_back(number);
  return busy;
}

// -- tasks ---------------------------------------------------------------------------------------

void pool_core::submit(const task_id& task, shared_spec spec, const route_note& route,
                       requester_number whom, moment now) {
  admit(task, std::move(spec), route, whom, now);
  pump(now);
  settle(now);
}

void pool_core::submit(const task_id& first, std::vector<shared_spec> specs,
                       const route_note& route, const std::vector<requester_number>& whom,
                       moment now) {
  for (std::size_t i = 0; i < specs.size(); ++i)
    admit(first.after(i), std::move(specs[i]), route, whom[i], now);
  pump(now);
  settle(now);
}

void pool_core::admit(const task_id& task, shared_spec spec, const route_note& route,
                      requester_number whom, moment now) {
  if (closing_)
    return refuse(whom, task, *spec, {errc::not_found, describe() + " is closed"});
  if (draining_)
    return refuse(whom, task, *spec,
                  {errc::shutting_down, describe() + " is being drained and takes no new tasks; "
                                                     "resume it, or take another pool"});
  if (!failed_.empty())
    return refuse(whom, task, *spec,
                  {errc::process_failed, describe() + " has failed: " + failed_});
  const auto& config = options_.config;
  std::unique_ptr<const retry_policy> retry;
  if (spec->retry != retry_policy{}) {
    auto own = complete(spec->retry, config.retry);
    if (!own)
      return refuse(whom, task, *spec, own.error());
    retry = std::make_unique<const retry_policy>(std::move(*own));
  }
  auto has_worker = free_first_ != nullptr && queue_.empty();
  auto takes_it = has_worker || has_room();
  if (!takes_it && (config.when_full == full_policy::refuse || waiters_ >= config.queue_limit)) {
    ++counts_.tasks_refused;
    auto text = describe() + " is full (" + std::to_string(config.queue_limit) + " tasks wait";
    if (config.when_full == full_policy::wait)
      text += ", and " + std::to_string(waiters_) + " requesters for room";
    return refuse(whom, task, *spec,
                  {errc::pool_full, text + "); wait, or spawn it with a larger queue_limit"});
  }
  auto [place, is_new] =
      tasks_.try_emplace(task, now, takes_it ? task_status::queued : task_status::parked,
                         takes_it ? shared_text{} : shared_text{"waits for room in the queue"});
  if (!is_new)
    return refuse(whom, task, *spec,
                  {errc::already_exists, "there is a task '" + task.str() + "' already"});
  auto& its = place->second;
  its.id = task;
  its.route = route;
  its.requester = whom;
  its.retry = std::move(retry);
  its.movable = route.movable();
  its.timeout = spec->timeout.count() > 0 ? spec->timeout : config.default_timeout;
  if (spec->deadline.count() > 0) {
    its.deadline = later(now, spec->deadline);
    its.deadline_timer = timers_.emplace(its.deadline, due{due::deadline, task});
  }
  its.spec = std::move(spec);
  if (!takes_it)
    return wait_for_room(task, its, now);
  ++active_;
  effects_.accepted(whom, task);
  if (has_worker)
    assign(task, its, *free_first_, now);
  else
    enqueue(task, its);
}

void pool_core::refuse(requester_number whom, const task_id& task, const task_spec& spec,
                       const error& why) {
  ++departures_.count;
  if (!spec.idempotency_key.empty())
    departures_.refused.push_back(task);
  effects_.refused(whom, task, why);
}

bool pool_core::has_room() const {
  return queue_.size() + static_cast<std::size_t>(parked_) <
         static_cast<std::size_t>(options_.config.queue_limit);
}

void pool_core::enqueue(const task_id& task, record& its) {
  queue_.push(task, its.spec->priority, &its);
  movable_ += its.movable;
}

void pool_core::wait_for_room(const task_id& task, record& its, moment now) {
  its.waits_for_room = true;
  its.other_timer =
      timers_.emplace(later(now, options_.config.wait_limit), due{due::end_of_wait, task});
  waiting_.push_back(task);
  ++waiters_;
}

/// Those that wait for room get in while there is some.
void pool_core::let_in(moment now) {
  while (!waiting_.empty()) {
    auto found = tasks_.find(waiting_.front());
    auto still = found != tasks_.end() && found->second.waits_for_room;
    if (still && !has_room())
      return;
    waiting_.pop_front();
    if (!still)
      continue;
    auto& its = found->second;
    its.waits_for_room = false;
    --waiters_;
    timers_.erase(*its.other_timer);
    its.other_timer.reset();
    its.machine.move(task_status::queued, now);
    ++active_;
    effects_.accepted(its.requester, its.id);
    enqueue(its.id, its);
  }
}

/// Brings together what waits and who is free.
void pool_core::pump(moment now) {
  const auto& config = options_.config;
  for (;;) {
    while (!queue_.empty() && free_first_) {
      auto* its = *queue_.pop();
      movable_ -= its->movable;
      assign(its->id, *its, *free_first_, now);
    }
    if (waiters_ > 0)
      let_in(now);
    if (queue_.empty())
      return;
    if (free_first_)
      continue;
    auto room = config.max_workers - live_;
    if (!config.auto_scale || room <= 0 || closing_ || !degraded_.empty() || !started_)
      return;
    auto per_worker = static_cast<std::size_t>(config.worker_concurrency);
    auto wanted = (queue_.size() + per_worker - 1) / per_worker;
    auto more = static_cast<std::int32_t>(std::min<std::size_t>(wanted, workers_at_a_time));
    for (auto i = std::min(more, room); i > 0; --i) {
      ++target_;
      add_worker(now);
    }
  }
}

void pool_core::assign(const task_id& task, record& its, slot& to, moment now) {
  its.machine.move(task_status::running, now, to.number);
  its.worker = to.number;
  its.previous = nullptr;
  its.next = to.tasks;
  if (to.tasks)
    to.tasks->previous = &its;
  to.tasks = &its;
  if (running_++ == 0 && sweep_at_ == moment::max())
    sweep_at_ = now + sweep_interval;
  busy_ += to.running == 0;
  if (++to.running >= options_.config.worker_concurrency)
    unlink_free(to);
  auto timeout = its.timeout;
  if (its.deadline != moment::max())
    timeout = std::clamp(std::chrono::ceil<std::chrono::milliseconds>(its.deadline - now),
                         std::chrono::milliseconds{1}, timeout);
  if (to.staged.empty())
    staged_.push_back(&to);
  to.staged.push_back({task, its.machine.attempt(), timeout, its.spec});
}

void pool_core::runs_ended(const tasks_ended& what, moment now) {
  auto found = slots_.find(what.worker);
  for (const auto& end : what.ends) {
    auto task = tasks_.find(end.task);
    if (found == slots_.end() || task == tasks_.end() || task->second.worker != what.worker ||
        task->second.machine.status() != task_status::running ||
        task->second.machine.attempt() != end.attempt) {
      ++counts_.late_results;
      continue;
    }
    auto& its = task->second;
    auto& which = found->second;
    (its.previous ? its.previous->next : which.tasks) = its.next;
    if (its.next)
      its.next->previous = its.previous;
    its.previous = its.next = nullptr;
    --running_;
    if (--which.running == 0)
      --busy_;
    task_result how;
    how.status = end.status;
    how.output = end.output;
    how.error = end.error;
    how.standard_error = end.standard_error;
    how.exit_code = end.exit_code;
    how.duration = end.duration;
    how.truncated = end.truncated;
    durations_.record(end.duration.count() > 0 ? end.duration
                                               : now - its.machine.history().back().at);
    conclude(end.task, its, std::move(how), now);
  }
  if (found != slots_.end())
    free_slot(found->second, now);
  pump(now);
  settle(now);
}

/// An attempt is over.
void pool_core::conclude(const task_id& task, record& its, task_result&& how, moment now) {
  if (how.pool.empty()) {
    how.pool = options_.id;
    how.worker = id_of(its.worker);
  }
  how.task = task;
  how.attempts = its.machine.attempt() - its.given_back;
  its.result = std::move(how);
  its.worker = 0;
  its.delegated = false;
  auto& status = its.result.status;
  if (status == task_status::cancelled && !its.cancelled && now >= its.deadline)
    status = task_status::timed_out; // we stopped it in the other pool
  if (status == task_status::timed_out && now >= its.deadline)
    its.result.error = "ended at its deadline of " + seconds_text(its.spec->deadline);
  if (its.cancelled && status == task_status::lost)
    status = task_status::cancelled;
  if (may_retry(its, status) && now < its.deadline)
    park(task, its, now);
  else
    finish(task, its, now);
}

bool pool_core::may_retry(const record& its, task_status end) const {
  if (closing_ || its.cancelled || its.route.reason == route_reason::delegated)
    return false;
  const auto& policy = its.retry ? *its.retry : options_.config.retry;
  return its.machine.attempt() - its.given_back < policy.max_attempts && counts(policy, end);
}

/// Until its next attempt.
void pool_core::park(const task_id& task, record& its, moment now) {
  const auto& policy = its.retry ? *its.retry : options_.config.retry;
  auto done = its.machine.attempt() - its.given_back;
  auto delay = delay_before(policy, done + 1, random_());
  its.machine.move(task_status::parked, now, 0,
                   shared_text{"attempt " + std::to_string(done) + " of " +
                               std::to_string(policy.max_attempts) + " ended as " +
                               std::string{to_string(its.result.status)} + " (" + its.result.error +
                               "); the next one starts in " + seconds_text(delay)});
  its.other_timer = timers_.emplace(later(now, delay), due{due::next_attempt, task});
  ++parked_;
  ++counts_.tasks_retried;
  if (std::exchange(its.away, false))
    --departures_.count;
}

void pool_core::finish(const task_id& task, record& its, task_status how, std::string why,
                       moment now) {
  task_result end;
  end.task = task;
  end.pool = options_.id;
  end.status = how;
  end.error = std::move(why);
  end.attempts = its.machine.attempt() - its.given_back;
  if (its.machine.status() == task_status::queued && queue_.remove(task))
    movable_ -= its.movable;
  else if (its.machine.status() == task_status::parked && !its.waits_for_room)
    --parked_;
  its.result = std::move(end);
  finish(task, its, now);
}

/// The end of the task, with the result that it has now.
void pool_core::finish(const task_id& task, record& its, moment now) {
  const auto& end = its.result;
  its.machine.move(end.status, now, 0, end.error.empty() ? shared_text{} : shared_text{end.error});
  drop_timers(its);
  if (std::exchange(its.waits_for_room, false))
    --waiters_;
  else
    --active_;
  if (end.status == task_status::completed)
    ++counts_.tasks_completed;
  else if (end.status == task_status::cancelled)
    ++counts_.tasks_cancelled;
  else
    ++counts_.tasks_failed;
  if (!std::exchange(its.away, false))
    ++departures_.count;
  if (!its.spec->idempotency_key.empty())
    departures_.keyed.push_back(task);
  effects_.ended(std::exchange(its.requester, 0), end);
  remember(task, its);
}

void pool_core::drop_timers(record& its) {
  for (auto* each : {&its.deadline_timer, &its.other_timer})
    if (*each) {
      timers_.erase(**each);
      each->reset();
    }
}

/// Keeps the end of that task, and forgets the oldest ones when that is too much.
void pool_core::remember(const task_id& task, const record& its) {
  ended_.push_back(task);
  ended_bytes_ += its.result.output.str().size() + its.result.standard_error.str().size();
  auto too_many = [&] {
    return ended_.size() > static_cast<std::size_t>(options_.config.history_limit) ||
           ended_bytes_ > options_.history_bytes;
  };
  while (ended_.size() > 1 && too_many()) {
    auto oldest = tasks_.find(ended_.front());
    const auto& result = oldest->second.result;
    ended_bytes_ -= result.output.str().size() + result.standard_error.str().size();
    tasks_.erase(oldest);
    ended_.pop_front();
  }
}

std::optional<task_status> pool_core::cancel(const task_id& task, moment now) {
  auto found = tasks_.find(task);
  if (found == tasks_.end())
    return std::nullopt;
  auto& its = found->second;
  auto status = its.machine.status();
  if (status == task_status::running) {
    its.cancelled = true;
    if (its.delegated)
      effects_.stop_delegated(task);
    else
      effects_.stop(its.worker, task, its.machine.attempt());
  } else if (!is_final(status)) {
    finish(task, its, task_status::cancelled,
           "cancelled while it was " + std::string{to_string(status)}, now);
    status = task_status::cancelled;
    pump(now);
    settle(now);
  }
  return status;
}

requester_number pool_core::requester_of(const task_id& task) const {
  auto found = tasks_.find(task);
  return found == tasks_.end() ? 0 : found->second.requester;
}

void pool_core::set_requester(const task_id& task, requester_number whom) {
  if (auto found = tasks_.find(task); found != tasks_.end())
    found->second.requester = whom;
}

void pool_core::forget_requester(const task_id& task) {
  set_requester(task, 0);
}

std::optional<task_status> pool_core::status_of(const task_id& task) const {
  auto found = tasks_.find(task);
  if (found == tasks_.end())
    return std::nullopt;
  return found->second.machine.status();
}

const task_result* pool_core::result_of(const task_id& task) const {
  auto found = tasks_.find(task);
  return found != tasks_.end() && found->second.machine.ended() ? &found->second.result : nullptr;
}

std::optional<task_info> pool_core::describe(const task_id& task) const {
  auto found = tasks_.find(task);
  if (found == tasks_.end())
    return std::nullopt;
  const auto& its = found->second;
  task_info about;
  about.task = task;
  about.pool = options_.id;
  about.pool_name = options_.config.name;
  about.status = its.machine.status();
  about.meaning = sentence_of(about.status);
  about.route = its.route;
  about.spec = its.spec;
  auto steps = its.machine.history();
  for (const auto& each : steps)
    about.history.push_back(
        {each.at - steps.front().at, each.to, each.attempt, id_of(each.worker), each.reason.str()});
  auto& first = about.history.front().reason;
  first = first.empty() ? text_of(its.route) : text_of(its.route) + "; " + first;
  return about;
}

void pool_core::list(std::optional<task_status> only, std::size_t most, moment now,
                     std::vector<task_line>& into) const {
  std::vector<task_id> found;
  for (const auto& [task, its] : tasks_)
    if (!only || its.machine.status() == *only)
      found.push_back(task);
  auto end = found.begin() + static_cast<std::ptrdiff_t>(std::min(most, found.size()));
  std::ranges::partial_sort(found, end, std::ranges::greater{});
  found.erase(end, found.end());
  for (const auto& task : found) {
    const auto& its = tasks_.at(task);
    task_line line;
    line.task = task;
    line.pool = options_.id;
    line.pool_name = options_.config.name;
    line.status = its.machine.status();
    line.attempts = its.machine.attempt() - its.given_back;
    line.age = now - its.machine.history().front().at;
    const auto& script = its.spec->command.empty() ? its.spec->prompt : its.spec->command;
    line.prompt = script.str().substr(0, longest_prompt_shown);
    into.push_back(std::move(line));
  }
}

// -- other pools ---------------------------------------------------------------------------------

std::vector<task_run> pool_core::take_movable(std::size_t most, const pool_id& target, moment now) {
  std::vector<record*> chosen;
  queue_.for_each([&](const task_id&, record* its) {
    if (its->movable && chosen.size() < most)
      chosen.push_back(its);
  });
  std::vector<task_run> taken;
  for (auto* its : chosen) {
    queue_.remove(its->id);
    --movable_;
    its->machine.move(task_status::running, now, 0,
                      shared_text{"handed to the pool '" + target.value + "', which has room"});
    its->delegated = its->away = true;
    ++counts_.tasks_delegated;
    taken.push_back({its->id, its->machine.attempt(), its->timeout, its->spec});
  }
  pump(now); // those that wait for room
  settle(now);
  return taken;
}

void pool_core::delegated_ended(const task_result& how, std::int32_t attempt, moment now) {
  auto found = tasks_.find(how.task);
  if (found == tasks_.end() || !found->second.delegated ||
      found->second.machine.attempt() != attempt) {
    ++counts_.late_results;
    return;
  }
  conclude(how.task, found->second, task_result{how}, now);
  pump(now);
  settle(now);
}

void pool_core::given_back(const task_id& task, std::int32_t attempt, const std::string& why,
                           moment now) {
  auto found = tasks_.find(task);
  if (found == tasks_.end() || !found->second.delegated ||
      found->second.machine.attempt() != attempt)
    return;
  auto& its = found->second;
  its.delegated = false;
  ++its.given_back;
  if (its.cancelled || closing_) {
    task_result end;
    end.status = task_status::cancelled;
    end.error = its.cancelled ? "cancelled" : describe() + " was closed";
    conclude(task, its, std::move(end), now);
  } else {
    its.movable = false; // once is enough
    its.machine.move(task_status::queued, now, 0, shared_text{why});
    if (std::exchange(its.away, false))
      --departures_.count;
    enqueue(task, its);
  }
  pump(now);
  settle(now);
}

// -- the pool itself -----------------------------------------------------------------------------

void pool_core::wake(moment now) {
  alarm_ = moment::max();
  while (!timers_.empty() && timers_.begin()->first <= now) {
    auto [what, task] = timers_.begin()->second;
    auto& its = tasks_.at(task);
    (what == due::deadline ? its.deadline_timer : its.other_timer).reset();
    timers_.erase(timers_.begin());
    if (what == due::next_attempt) {
      --parked_;
      its.machine.move(task_status::queued, now);
      enqueue(task, its);
    } else if (what == due::end_of_wait) {
      ++counts_.tasks_refused;
      --waiters_;
      auto [whom, spec] = std::pair{its.requester, its.spec};
      drop_timers(its);
      tasks_.erase(task);
      refuse(whom, task, *spec,
             {errc::pool_full, describe() + " was full (" +
                                   std::to_string(options_.config.queue_limit) +
                                   " tasks wait) for all of its wait_limit of " +
                                   seconds_text(options_.config.wait_limit)});
    } else if (its.delegated) {
      effects_.stop_delegated(task);
    } else if (its.machine.status() != task_status::running) { // a worker knows its deadline
      finish(task, its, task_status::timed_out,
             "its deadline of " + seconds_text(its.spec->deadline) + " passed while it was " +
                 std::string{to_string(its.machine.status())},
             now);
    }
  }
  if (now >= sweep_at_)
    sweep(now);
  if (now >= idle_at_)
    shrink_idle(now);
  if (now >= restart_at_)
    replace_workers(now);
  pump(now);
  settle(now);
}

void pool_core::drain(moment now) {
  draining_ = true;
  settle(now);
}

void pool_core::resume(moment now) {
  draining_ = false;
  settle(now);
}

void pool_core::close(moment now) {
  closing_ = true;
  std::vector<task_id> open;
  for (const auto& [task, its] : tasks_)
    if (!its.machine.ended())
      open.push_back(task);
  std::ranges::sort(open); // as they came
  for (const auto& task : open) {
    auto& its = tasks_.at(task);
    if (its.waits_for_room) {
      drop_timers(its);
      --waiters_;
      auto [whom, spec] = std::pair{its.requester, its.spec};
      tasks_.erase(task);
      refuse(whom, task, *spec, {errc::cancelled, describe() + " was closed"});
    } else if (its.machine.status() == task_status::running) {
      cancel(task, now);
    } else {
      finish(task, its, task_status::cancelled, describe() + " was closed", now);
    }
  }
  waiting_.clear();
  settle(now);
}

std::int32_t pool_core::capacity() const {
  return live_ * options_.config.worker_concurrency;
}

void pool_core::settle(moment now) {
  for (auto* each : staged_)
    effects_.run(each->number, std::exchange(each->staged, {}));
  staged_.clear();
  if (auto fresh = status_now(); fresh != status_) {
    auto old = std::exchange(status_, fresh);
    effects_.status_changed(old, fresh, why_not_healthy());
  }
  auto next = std::min(
      {sweep_at_, idle_at_, restart_at_, timers_.empty() ? moment::max() : timers_.begin()->first});
  if (next < alarm_) {
    alarm_ = next;
    effects_.wake_at(std::max(next, now));
  }
}

pool_status pool_core::status_now() const {
  if (closing_)
    return pool_status::stopped;
  if (!failed_.empty())
    return pool_status::failed;
  if (!started_)
    return pool_status::pending;
  if (!degraded_.empty())
    return pool_status::degraded;
  if (live_ < target_)
    return pool_status::initializing;
  if (static_cast<std::int32_t>(slots_.size()) != live_)
    return pool_status::scaling;
  return pool_status::running;
}

std::string pool_core::why_not_healthy() const {
  return !failed_.empty() ? failed_ : degraded_;
}

pool_info pool_core::info() const {
  pool_info answer;
  answer.pool = options_.id;
  answer.type = options_.config.type;
  answer.name = options_.config.name;
  answer.worker_type = options_.config.worker_type;
  answer.status = status_;
  answer.reason = why_not_healthy();
  answer.health =
      status_ == pool_status::failed || status_ == pool_status::stopped ? health::unhealthy
      : status_ == pool_status::degraded ? (live_ == 0 ? health::unhealthy : health::degraded)
                                         : health::healthy;
  answer.draining = draining_;
  answer.workers = static_cast<std::int32_t>(slots_.size());
  answer.min_workers = options_.config.min_workers;
  answer.max_workers = options_.config.max_workers;
  answer.active_workers = busy_;
  answer.queued = static_cast<std::int32_t>(queue_.size());
  answer.queue_limit = options_.config.queue_limit;
  answer.tasks_completed = counts_.tasks_completed;
  answer.tasks_failed = counts_.tasks_failed;
  return answer;
}

pool_metrics pool_core::metrics() const {
  auto now = counts_;
  now.status = status_;
  now.total_workers = static_cast<std::int32_t>(slots_.size());
  now.active_workers = busy_;
  now.idle_workers = now.total_workers - busy_;
  now.queued = static_cast<std::int32_t>(queue_.size());
  now.parked = parked_;
  now.waiting = waiters_;
  now.avg_task_duration = durations_.mean();
  now.p50_task_duration = durations_.quantile(0.5);
  now.p95_task_duration = durations_.quantile(0.95);
  now.p99_task_duration = durations_.quantile(0.99);
  now.memory_count = static_cast<std::int32_t>(ended_.size());
  return now;
}

pool_core::departures pool_core::take_departures() {
  return std::exchange(departures_, {});
}

} // namespace mahavishnu
