// SPDX-License-Identifier: MIT
#include "actors/pool_core.hpp"

#include "actors/retry_rules.hpp"
#include "actors/task_words.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <variant>

namespace mahavishnu {

namespace {

/// How often we look for workers that have not answered, and how much later than they should have.
constexpr std::chrono::seconds sweep_interval{10};
constexpr std::chrono::seconds for_the_way{30};

/// When a restored task goes on: a parked one that is not due yet when it would have, and no later
/// than after its whole delay, wherever the clock on the wall was set.
moment next_attempt_of(const restored_task& task, moment now) {
  if (task.steps.empty() || task.steps.back().status != task_status::parked)
    return now;
  auto age = std::max(task.age, task.steps.back().after);
  return later(now, std::chrono::ceil<std::chrono::milliseconds>(task.next_attempt - age));
}

} // namespace

pool_core::pool_core(pool_core_options options, pool_effects& effects)
    : options_(std::move(options)),
      effects_(effects),
      random_(options_.seed),
      history_(static_cast<std::size_t>(options_.config.history_limit), options_.history_bytes),
      workers_(options_.config, effects) {
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

bool pool_core::start_workers(moment now) {
  started_ = true;
  auto all = closing_ || workers_.start(now);
  pump(now);
  settle(now);
  return all;
}

void pool_core::worker_down(std::uint32_t worker, moment now) {
  auto* which = workers_.find(worker);
  if (!which)
    return;
  lose_worker(*which, "worker '" + id_of(worker).value + "' has died", now);
  pump(now);
  settle(now);
}

void pool_core::lose_worker(pool_worker& which, const std::string& why, moment now) {
  while (auto* its = which.tasks) {
    workers_.take(which, *its);
    task_result how;
    how.status = task_status::lost;
    how.error = why;
    conclude(*its, std::move(how), now);
  }
  auto was_leaving = which.leaving;
  workers_.remove(which);
  if (!closing_ && !was_leaving)
    fill_up_workers(now);
}

/// In the place of those that died; without any that could come, nothing that waits will ever run.
void pool_core::fill_up_workers(moment now) {
  workers_.replace(now);
  if (!workers_.failed().empty())
    for (auto* its : open_tasks())
      if (its->machine.status() != task_status::running)
        finish(*its, task_status::failed, describe() + " has failed: " + workers_.failed(), now);
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
  options_.config.start_workers = target;
  workers_.scale(target, now);
  pool_scaled answer;
  answer.pool = options_.id;
  answer.target_workers = target;
  answer.actual_workers = workers_.count();
  answer.status = answer.actual_workers == target ? "scaled" : "draining";
  pump(now);
  settle(now);
  return answer;
}

/// Ends workers that should have answered long ago.
void pool_core::sweep(moment now) {
  sweep_at_ = moment::max();
  auto hangs = [&](const pool_worker& which) {
    for (const auto* its = which.tasks; its; its = its->next)
      if (now - its->machine.history().back().at > its->timeout + options_.grace + for_the_way)
        return true;
    return false;
  };
  std::vector<std::uint32_t> hanging;
  workers_.for_each([&](const pool_worker& each) {
    if (hangs(each))
      hanging.push_back(each.number);
  });
  std::ranges::sort(hanging);
  for (auto number : hanging) {
    effects_.kill_worker(number);
    lose_worker(*workers_.find(number),
                "worker '" + id_of(number).value + "' did not answer in time", now);
  }
  if (workers_.running() > 0)
    sweep_at_ = now + sweep_interval;
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
  if (!workers_.failed().empty())
    return refuse(whom, task, *spec,
                  {errc::process_failed, describe() + " has failed: " + workers_.failed()});
  const auto& config = options_.config;
  std::unique_ptr<const retry_policy> retry;
  if (spec->retry != retry_policy{}) {
    auto own = complete(spec->retry, config.retry);
    if (!own)
      return refuse(whom, task, *spec, own.error());
    retry = std::make_unique<const retry_policy>(std::move(*own));
  }
  auto has_worker = workers_.first_free() != nullptr && queue_.empty();
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
  set_limits(its, std::move(spec), now);
  if (!takes_it)
    return wait_for_room(its, now);
  ++active_;
  effects_.accepted(its);
  if (has_worker)
    assign(its, *workers_.first_free(), now);
  else
    enqueue(its);
}

/// What it is to do, and how long it may take.
void pool_core::set_limits(pool_task& its, shared_spec spec, moment since) {
  its.timeout = spec->timeout.count() > 0 ? spec->timeout : options_.config.default_timeout;
  if (spec->deadline.count() > 0) {
    its.deadline = later(since, spec->deadline);
    its.deadline_timer = timers_.emplace(its.deadline, task_due{task_due::deadline, its.id});
  }
  its.spec = std::move(spec);
}

// -- tasks of an earlier server ------------------------------------------------------------------

void pool_core::restore(std::vector<restored_task> tasks, moment now) {
  // Whoever runs already needs a worker now, however many there are to be at least.
  auto running = std::ranges::count_if(tasks, [](const auto& each) { return each.running != 0; });
  auto per_worker = options_.config.worker_concurrency;
  workers_.need((static_cast<std::int32_t>(running) + per_worker - 1) / per_worker);
  for (auto& each : tasks)
    restore(std::move(each), now);
  pump(now);
  settle(now);
}

/// The states of a task that an earlier server has written down.
std::vector<transition> pool_core::history_of(restored_task& task, moment since) {
  std::vector<transition> history;
  for (auto& each : task.steps) {
    auto reason = std::move(each.reason);
    if (!each.worker.empty()) // its number would be that of a worker of ours
      reason += (reason.empty() ? "by " : "; by ") + each.worker.value + " of an earlier server";
    history.push_back({since + std::chrono::duration_cast<moment::duration>(each.after),
                       each.status, static_cast<std::uint16_t>(each.attempt), 0,
                       shared_text{std::move(reason)}});
  }
  if (history.empty())
    history.push_back({since, task_status::queued, 0, 0, {}});
  return history;
}

void pool_core::restore(restored_task&& task, moment now) {
  auto since = now - std::chrono::duration_cast<moment::duration>(task.age);
  auto history = history_of(task, since);
  std::int32_t came_to_nothing = 0;
  for (std::size_t i = 1; i < history.size(); ++i)
    came_to_nothing +=
        history[i - 1].to == task_status::running && history[i].to == task_status::queued;
  std::chrono::milliseconds has_run{0};
  if (task.running != 0) {
    auto start = std::ranges::find_if(history, [&](const transition& each) {
      return each.to == task_status::running && each.attempt == task.running;
    });
    if (start != history.end()) {
      has_run = std::chrono::duration_cast<std::chrono::milliseconds>(now - start->at);
    } else { // it began a moment before the end of that server, and was not written down
      if (history.back().to != task_status::queued)
        history.push_back({now, task_status::queued, history.back().attempt, 0, {}});
      history.push_back(
          {now, task_status::running, static_cast<std::uint16_t>(task.running), 0, {}});
    }
  }
  auto [place, is_new] = tasks_.try_emplace(task.task, since, task_status::queued, shared_text{});
  if (!is_new)
    return;
  auto& its = place->second;
  its.machine = task_machine{history};
  its.id = task.task;
  its.route = task.route;
  its.given_back = came_to_nothing;
  its.cancelled = task.cancelled;
  if (auto own = complete(task.spec->retry, options_.config.retry);
      own && *own != options_.config.retry)
    its.retry = std::make_unique<const retry_policy>(std::move(*own));
  set_limits(its, std::move(task.spec), since);
  ++active_;
  auto was_running = its.machine.status() == task_status::running;
  if (task.running != 0) {
    // It waits for a worker to take care of it, which is no attempt of its own.
    its.goes_on = task.running;
    its.has_run = has_run;
    ++its.given_back;
    its.machine.move(task_status::queued, now, 0,
                     shared_text{"the server was started anew; its process goes on"});
  } else if (was_running) {
    task_result how;
    how.status = task_status::lost;
    how.error = "the server ended while it ran, and its process did not outlive it";
    return conclude(its, std::move(how), now);
  } else if (auto until = next_attempt_of(task, now); until > now) {
    wait_for_next_attempt(its, until);
  } else {
    its.machine.move(task_status::queued, now, 0, shared_text{"the server was started anew"});
  }
  if (its.cancelled)
    finish(its, task_status::cancelled, "cancelled, and then the server was started anew", now);
  else if (its.machine.status() == task_status::queued)
    enqueue(its);
}

void pool_core::withdraw(const task_id& task, moment now) {
  set_requester(task, 0);
  departures_.refused.push_back(task); // nor does its key belong to it
  cancel(task, now);
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

void pool_core::enqueue(pool_task& its) {
  // A process that goes on takes its worker before any other comes to one.
  auto priority = its.goes_on != 0 ? std::numeric_limits<std::int32_t>::max() : its.spec->priority;
  queue_.push(its.id, priority, &its);
  movable_ += its.movable;
}

void pool_core::wait_for_room(pool_task& its, moment now) {
  its.waits_for_room = true;
  its.other_timer = timers_.emplace(later(now, options_.config.wait_limit),
                                    task_due{task_due::end_of_wait, its.id});
  waiting_.push_back(its.id);
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
    effects_.accepted(its);
    enqueue(its);
  }
}

/// Brings together what waits and who is free.
void pool_core::pump(moment now) {
  for (;;) {
    while (!queue_.empty() && workers_.first_free()) {
      auto* its = *queue_.pop();
      movable_ -= its->movable;
      assign(*its, *workers_.first_free(), now);
    }
    if (waiters_ > 0)
      let_in(now);
    if (queue_.empty())
      return;
    if (workers_.first_free())
      continue;
    auto room = started_ && !closing_ ? workers_.room_to_grow() : 0;
    if (room <= 0)
      return;
    auto per_worker = static_cast<std::size_t>(options_.config.worker_concurrency);
    auto wanted = (queue_.size() + per_worker - 1) / per_worker;
    workers_.grow(static_cast<std::int32_t>(std::min(wanted, static_cast<std::size_t>(room))), now);
  }
}

void pool_core::assign(pool_task& its, pool_worker& to, moment now) {
  its.machine.move(task_status::running, now, to.number);
  if (workers_.running() == 0 && sweep_at_ == moment::max())
    sweep_at_ = now + sweep_interval;
  workers_.assign(to, its);
  auto timeout = its.timeout;
  auto goes_on = std::exchange(its.goes_on, 0);
  its.process = goes_on != 0 ? goes_on : its.machine.attempt();
  drop_last_output(its);
  if (goes_on != 0)
    timeout = std::max(timeout - its.has_run, std::chrono::milliseconds{1});
  if (its.deadline != moment::max())
    timeout = std::clamp(std::chrono::ceil<std::chrono::milliseconds>(its.deadline - now),
                         std::chrono::milliseconds{1}, timeout);
  if (to.staged.empty())
    staged_.push_back(&to);
  to.staged.push_back({its.id, its.machine.attempt(), timeout, its.spec, goes_on});
  effects_.moved(its);
}

void pool_core::runs_ended(const tasks_ended& what, moment now) {
  auto* worker = workers_.find(what.worker);
  for (const auto& end : what.ends) {
    auto found = tasks_.find(end.task);
    if (!worker || found == tasks_.end() || found->second.worker != what.worker ||
        found->second.machine.status() != task_status::running ||
        found->second.machine.attempt() != end.attempt) {
      ++counts_.late_results;
      continue;
    }
    auto& its = found->second;
    workers_.take(*worker, its);
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
    conclude(its, std::move(how), now);
  }
  if (worker)
    workers_.has_less_to_do(*worker, now);
  pump(now);
  settle(now);
}

/// An attempt is over.
void pool_core::conclude(pool_task& its, task_result&& how, moment now) {
  if (how.pool.empty()) {
    how.pool = options_.id;
    how.worker = id_of(its.worker);
  }
  how.task = its.id;
  how.attempts = its.attempts();
  its.worker = 0;
  its.delegated = false;
  if (how.status == task_status::cancelled && !its.cancelled && now >= its.deadline)
    how.status = task_status::timed_out; // we stopped it in the other pool
  if (how.status == task_status::timed_out && now >= its.deadline)
    how.error = "ended at its deadline of " + seconds_text(its.spec->deadline);
  if (its.cancelled && how.status == task_status::lost)
    how.status = task_status::cancelled;
  if (may_retry(its, how.status) && now < its.deadline)
    park(its, how, now);
  else
    finish(its, std::move(how), now);
}

bool pool_core::may_retry(const pool_task& its, task_status end) const {
  if (closing_ || its.cancelled || its.route.reason == route_reason::delegated)
    return false;
  const auto& policy = its.retry ? *its.retry : options_.config.retry;
  return its.attempts() < policy.max_attempts && counts(policy, end);
}

/// Until its next attempt.
void pool_core::park(pool_task& its, const task_result& end, moment now) {
  const auto& policy = its.retry ? *its.retry : options_.config.retry;
  auto done = its.attempts();
  auto delay = delay_before(policy, done + 1, random_());
  its.machine.move(task_status::parked, now, 0,
                   shared_text{"attempt " + std::to_string(done) + " of " +
                               std::to_string(policy.max_attempts) + " ended as " +
                               std::string{to_string(end.status)} + " (" + end.error +
                               "); the next one starts in " + seconds_text(delay)});
  keep_last_output(its, {end.output, end.standard_error, end.truncated});
  wait_for_next_attempt(its, later(now, delay));
  ++counts_.tasks_retried;
  if (std::exchange(its.away, false))
    --departures_.count;
  effects_.moved(its);
}

void pool_core::wait_for_next_attempt(pool_task& its, moment until) {
  its.other_timer = timers_.emplace(until, task_due{task_due::next_attempt, its.id});
  ++parked_;
}

/// As long as there is not too much of them: tasks that wait are many.
void pool_core::keep_last_output(pool_task& its, attempt_output wrote) {
  drop_last_output(its);
  if (wrote.bytes() > options_.history_bytes - last_output_bytes_)
    return;
  last_output_bytes_ += wrote.bytes();
  its.last_output = std::make_unique<const attempt_output>(std::move(wrote));
}

void pool_core::drop_last_output(pool_task& its) {
  if (its.last_output)
    last_output_bytes_ -= its.last_output->bytes();
  its.last_output.reset();
}

/// The end of one that does not run.
void pool_core::finish(pool_task& its, task_status how, std::string why, moment now) {
  task_result end;
  end.task = its.id;
  end.pool = options_.id;
  end.status = how;
  end.error = std::move(why);
  end.attempts = its.attempts();
  if (its.machine.status() == task_status::queued && queue_.remove(its.id))
    movable_ -= its.movable;
  else if (its.machine.status() == task_status::parked && !its.waits_for_room)
    --parked_;
  finish(its, std::move(end), now);
}

/// The end of the task, which is history then.
void pool_core::finish(pool_task& its, task_result&& end, moment now) {
  shared_text error;
  if (!end.error.empty())
    error = shared_text{end.error};
  drop_last_output(its);
  auto last_worker = its.machine.history().back().worker;
  its.machine.move(end.status, now, 0, error);
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
  if (!its.away)
    ++departures_.count;
  if (!its.spec->idempotency_key.empty())
    departures_.keyed.push_back(its.id);
  effects_.ended(its, end);

  ended_task ended{.id = its.id,
                   .machine = std::move(its.machine),
                   .spec = std::move(its.spec),
                   .route = its.route,
                   .output = std::move(end.output),
                   .standard_error = std::move(end.standard_error),
                   .error = std::move(error),
                   .duration = end.duration,
                   .exit_code = end.exit_code,
                   .given_back = its.given_back,
                   .truncated = end.truncated};
  if (end.pool != options_.id)
    ended.elsewhere = std::make_unique<const std::pair<pool_id, worker_id>>(std::move(end.pool),
                                                                            std::move(end.worker));
  else if (!end.worker.empty())
    ended.worker = last_worker;
  tasks_.erase(ended.id);
  history_.add(std::move(ended));
}

void pool_core::drop_timers(pool_task& its) {
  for (auto* each : {&its.deadline_timer, &its.other_timer})
    if (*each) {
      timers_.erase(**each);
      each->reset();
    }
}

/// One that still waited for room never was a task of this pool.
void pool_core::refuse_waiting(pool_task& its, const error& why) {
  drop_timers(its);
  --waiters_;
  auto [task, whom, spec] = std::tuple{its.id, its.requester, its.spec};
  tasks_.erase(task);
  refuse(whom, task, *spec, why);
}

/// As they came.
std::vector<pool_task*> pool_core::open_tasks() {
  std::vector<pool_task*> open;
  for (auto& [task, its] : tasks_)
    open.push_back(&its);
  std::ranges::sort(open, {}, &pool_task::id);
  return open;
}

std::optional<task_status> pool_core::cancel(const task_id& task, moment now) {
  auto found = tasks_.find(task);
  if (found == tasks_.end()) {
    const auto* ended = history_.find(task);
    return ended ? std::optional{ended->machine.status()} : std::nullopt;
  }
  auto& its = found->second;
  auto status = its.machine.status();
  if (status == task_status::running) {
    its.cancelled = true;
    effects_.cancel_asked(its);
    if (its.delegated)
      effects_.stop_delegated(task);
    else
      effects_.stop(its.worker, task, its.machine.attempt());
  } else {
    finish(its, task_status::cancelled, "cancelled while it was " + std::string{to_string(status)},
           now);
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

bool pool_core::is_bound(const pool_task& its) {
  return its.spec->cancel_with_requester || its.route.reason == route_reason::delegated;
}

std::vector<task_id> pool_core::bound_tasks() const {
  std::vector<task_id> found;
  for (const auto& [task, its] : tasks_)
    if (is_bound(its))
      found.push_back(task);
  std::ranges::sort(found);
  return found;
}

std::vector<requester_number> pool_core::take_waiters() {
  std::vector<requester_number> whom;
  for (auto* its : open_tasks())
    if (its->waits_for_room) {
      whom.push_back(its->requester);
      drop_timers(*its);
      --waiters_;
      tasks_.erase(task_id{its->id});
    }
  waiting_.clear();
  return whom;
}

bool pool_core::has_ending_tasks() const {
  return std::ranges::any_of(
      tasks_, [](const auto& each) { return each.second.cancelled || is_bound(each.second); });
}

const pool_task* pool_core::open_task(const task_id& task) const {
  auto found = tasks_.find(task);
  return found == tasks_.end() ? nullptr : &found->second;
}

std::optional<task_status> pool_core::status_of(const task_id& task) const {
  if (auto found = tasks_.find(task); found != tasks_.end())
    return found->second.machine.status();
  const auto* ended = history_.find(task);
  return ended ? std::optional{ended->machine.status()} : std::nullopt;
}

std::optional<task_result> pool_core::result_of(const task_id& task) const {
  const auto* ended = history_.find(task);
  if (!ended)
    return std::nullopt;
  task_result answer;
  answer.task = task;
  answer.pool = ended->elsewhere ? ended->elsewhere->first : options_.id;
  answer.worker = ended->elsewhere ? ended->elsewhere->second : id_of(ended->worker);
  answer.status = ended->machine.status();
  answer.output = ended->output;
  answer.error = ended->error.str();
  answer.standard_error = ended->standard_error;
  answer.exit_code = ended->exit_code;
  answer.duration = ended->duration;
  answer.attempts = ended->attempts();
  answer.truncated = ended->truncated;
  return answer;
}

/// Of one that has ended or not.
template <class Task>
task_info pool_core::info_of(const Task& its) const {
  task_info about;
  about.task = its.id;
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
  explain_route(about);
  return about;
}

std::optional<task_info> pool_core::describe(const task_id& task) const {
  if (auto found = tasks_.find(task); found != tasks_.end())
    return info_of(found->second);
  const auto* ended = history_.find(task);
  return ended ? std::optional{info_of(*ended)} : std::nullopt;
}

std::optional<located_output> pool_core::locate(const task_id& task) const {
  located_output place;
  place.at.task = task;
  place.at.pool = options_.id;
  auto fill = [&](const auto& its, const auto& wrote) {
    place.at.status = its.machine.status();
    place.at.attempt = its.attempts();
    place.at.output = wrote.output;
    place.at.standard_error = wrote.standard_error;
    place.at.truncated = wrote.truncated;
  };
  if (const auto* its = open_task(task)) {
    bool runs = its->machine.status() == task_status::running;
    fill(*its, its->last_output ? *its->last_output : attempt_output{});
    if (!runs && its->goes_on == 0 && its->attempts() > 0 && !its->last_output)
      place.at.truncated = true;
    if (its->goes_on != 0)
      place.process = its->goes_on; // it runs, and only waits for a worker to look after it
    else if (runs && !its->delegated)
      place.process = its->process;
    if (its->route.reason == route_reason::delegated && place.process == 0)
      return std::nullopt;
    return place;
  }
  const auto* ended = history_.find(task);
  if (!ended || ended->route.reason == route_reason::delegated)
    return std::nullopt;
  fill(*ended, *ended);
  return place;
}

template <class Task>
task_line pool_core::line_of(const Task& its, moment now) const {
  task_line line;
  line.task = its.id;
  line.pool = options_.id;
  line.pool_name = options_.config.name;
  line.status = its.machine.status();
  line.attempts = its.attempts();
  line.age = now - its.machine.history().front().at;
  line.prompt = first_words(*its.spec);
  return line;
}

/// The newest first.
void pool_core::list(const task_choice& choice, std::size_t most, moment now,
                     std::vector<task_line>& into) const {
  std::vector<std::variant<const pool_task*, const ended_task*>> found;
  auto wanted = [&](const auto& its) {
    return (!choice.status || its.machine.status() == *choice.status) &&
           (choice.before.empty() || choice.before > its.id) && !(choice.since > its.id);
  };
  for (const auto& [task, its] : tasks_)
    if (wanted(its))
      found.emplace_back(&its);
  history_.for_each([&](const ended_task& its) {
    if (wanted(its))
      found.emplace_back(&its);
  });
  auto id = [](const auto& any) {
    return std::visit([](const auto* its) { return its->id; }, any);
  };
  auto end = found.begin() + static_cast<std::ptrdiff_t>(std::min(most, found.size()));
  std::ranges::partial_sort(found, end, std::ranges::greater{}, id);
  for (auto each = found.begin(); each != end; ++each)
    into.push_back(std::visit([&](const auto* its) { return line_of(*its, now); }, *each));
}

// -- other pools ---------------------------------------------------------------------------------

std::vector<task_run> pool_core::take_movable(std::size_t most, const pool_id& target, moment now) {
  std::vector<pool_task*> chosen;
  queue_.for_each([&](const task_id&, pool_task* its) {
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
    drop_last_output(*its);
    effects_.moved(*its);
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
  conclude(found->second, task_result{how}, now);
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
    conclude(its, std::move(end), now);
  } else {
    its.movable = false; // once is enough
    its.machine.move(task_status::queued, now, 0, shared_text{why});
    if (std::exchange(its.away, false))
      --departures_.count;
    effects_.moved(its);
    enqueue(its);
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
    (what == task_due::deadline ? its.deadline_timer : its.other_timer).reset();
    timers_.erase(timers_.begin());
    if (what == task_due::next_attempt) {
      --parked_;
      its.machine.move(task_status::queued, now);
      effects_.moved(its);
      enqueue(its);
    } else if (what == task_due::end_of_wait) {
      ++counts_.tasks_refused;
      refuse_waiting(its, {errc::pool_full, describe() + " was full (" +
                                                std::to_string(options_.config.queue_limit) +
                                                " tasks wait) for all of its wait_limit of " +
                                                seconds_text(options_.config.wait_limit)});
    } else if (its.delegated) {
      effects_.stop_delegated(task);
    } else if (its.machine.status() != task_status::running) { // a worker knows its deadline
      finish(its, task_status::timed_out,
             "its deadline of " + seconds_text(its.spec->deadline) + " passed while it was " +
                 std::string{to_string(its.machine.status())},
             now);
    }
  }
  if (now >= sweep_at_)
    sweep(now);
  workers_.wake(now);
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
  for (auto* its : open_tasks()) {
    if (its->waits_for_room)
      refuse_waiting(*its, {errc::cancelled, describe() + " was closed"});
    else if (its->machine.status() == task_status::running)
      cancel(its->id, now);
    else
      finish(*its, task_status::cancelled, describe() + " was closed", now);
  }
  waiting_.clear();
  settle(now);
}

std::int32_t pool_core::capacity() const {
  return workers_.staying() * options_.config.worker_concurrency;
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
      {sweep_at_, workers_.next_wake(), timers_.empty() ? moment::max() : timers_.begin()->first});
  if (next < alarm_) {
    alarm_ = next;
    effects_.wake_at(std::max(next, now));
  }
}

pool_status pool_core::status_now() const {
  if (closing_)
    return pool_status::stopped;
  if (!workers_.failed().empty())
    return pool_status::failed;
  if (!started_)
    return pool_status::pending;
  if (!workers_.degraded().empty())
    return pool_status::degraded;
  if (workers_.staying() < workers_.target())
    return pool_status::initializing;
  if (workers_.count() != workers_.staying())
    return pool_status::scaling;
  return pool_status::running;
}

std::string pool_core::why_not_healthy() const {
  return !workers_.failed().empty() ? workers_.failed() : workers_.degraded();
}

pool_info pool_core::info() const {
  pool_info answer;
  answer.pool = options_.id;
  answer.type = options_.config.type;
  answer.name = options_.config.name;
  answer.worker_type = options_.config.worker_type;
  answer.status = status_;
  answer.reason = why_not_healthy();
  answer.health = status_ == pool_status::failed || status_ == pool_status::stopped
                      ? health::unhealthy
                  : status_ == pool_status::degraded
                      ? (workers_.staying() == 0 ? health::unhealthy : health::degraded)
                      : health::healthy;
  answer.draining = draining_;
  answer.workers = workers_.count();
  answer.min_workers = options_.config.min_workers;
  answer.max_workers = options_.config.max_workers;
  answer.active_workers = workers_.busy();
  answer.queued = static_cast<std::int32_t>(queue_.size());
  answer.queue_limit = options_.config.queue_limit;
  answer.tasks_completed = counts_.tasks_completed;
  answer.tasks_failed = counts_.tasks_failed;
  return answer;
}

pool_metrics pool_core::metrics() const {
  auto now = counts_;
  now.status = status_;
  now.workers_restarted = workers_.restarted();
  now.total_workers = workers_.count();
  now.active_workers = workers_.busy();
  now.idle_workers = now.total_workers - workers_.busy();
  now.queued = static_cast<std::int32_t>(queue_.size());
  now.parked = parked_;
  now.waiting = waiters_;
  now.avg_task_duration = durations_.mean();
  now.p50_task_duration = durations_.quantile(0.5);
  now.p95_task_duration = durations_.quantile(0.95);
  now.p99_task_duration = durations_.quantile(0.99);
  now.memory_count = static_cast<std::int32_t>(history_.size());
  return now;
}

pool_core::departures pool_core::take_departures() {
  return std::exchange(departures_, {});
}

} // namespace mahavishnu
