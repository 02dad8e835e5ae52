// SPDX-License-Identifier: MIT
#include "deterministic.hpp"

#include <deque>
#include <random>
#include <set>

using namespace mahavishnu;
using namespace mahavishnu::test;

namespace {

/// What a pool should do, as simply as it can be said: a list of tasks and a number of workers.
class pool_model {
public:
  struct task {
    std::string prompt;
    std::int32_t priority;
    task_status status;
  };

  explicit pool_model(std::size_t workers, std::size_t queue_limit)
      : target_(workers), workers_(workers), queue_limit_(queue_limit) {}

  /// False when there is no room.
  bool submit(const std::string& prompt, std::int32_t priority) {
    if (busy() >= target_ && count(task_status::queued) >= queue_limit_)
      return false;
    tasks_.push_back({prompt, priority, task_status::queued});
    start();
    return true;
  }

  void end(const std::string& prompt, task_status how) {
    auto& its = find(prompt);
    auto ran = its.status == task_status::running;
    its.status = how;
    if (ran && workers_ > target_) // one of those that are to go has nothing to do any more
      --workers_;
    start();
  }

  void scale(std::size_t target) {
    target_ = target;
    workers_ = std::max(target, busy());
    start();
  }

  /// Its worker has died: a successor comes, unless it was one too many.
  void lose(const std::string& prompt) { end(prompt, task_status::lost); }

  std::vector<std::string> of(task_status status) const {
    std::vector<std::string> prompts;
    for (const auto& each : tasks_)
      if (each.status == status)
        prompts.push_back(each.prompt);
    return prompts;
  }

  std::size_t count(task_status status) const { return of(status).size(); }
  std::size_t busy() const { return count(task_status::running); }
  std::size_t workers() const { return workers_; }
  task_status status(const std::string& prompt) { return find(prompt).status; }

private:
  task& find(const std::string& prompt) {
    return *std::ranges::find(tasks_, prompt, &task::prompt);
  }

  void start() {
    while (busy() < target_) {
      task* next = nullptr;
      for (auto& each : tasks_)
        if (each.status == task_status::queued && (!next || each.priority > next->priority))
          next = &each;
      if (!next)
        return;
      next->status = task_status::running;
    }
  }

  std::vector<task> tasks_;
  std::size_t target_;
  std::size_t workers_;
  std::size_t queue_limit_;
};

/// The real pool and the model, given the same commands.
struct both {
  static constexpr int most_workers = 4;
  static constexpr int queue_limit = 5;

  both() {
    pool_config wish;
    wish.name = "build";
    wish.min_workers = 1;
    wish.max_workers = most_workers;
    wish.queue_limit = queue_limit;
    wish.restart_limit = 100'000;
    s.ask<pool_spawned>(s.control, spawn_pool{wish}).value();
  }

  void submit(std::int32_t priority) {
    auto prompt = "t" + std::to_string(++submitted);
    auto spec = task_of(prompt);
    spec.priority = priority;
    auto answer = s.ask<task_result>(s.control, execute_on_pool{"build", spec});
    if (model.submit(prompt, priority)) {
      answers.emplace(prompt, answer);
    } else {
      REQUIRE(answer.has_come());
      CHECK(answer.failure().code == errc::pool_full);
    }
  }

  void end(const std::string& prompt, int exit_code) {
    s.finish(prompt, exit_with(exit_code));
    model.end(prompt, exit_code == 0 ? task_status::completed : task_status::failed);
  }

  void cancel(const std::string& prompt) {
    auto before = model.status(prompt);
    auto answer = s.ask<task_cancelled>(s.control, cancel_task{id_of(prompt)}).value();
    CHECK(answer.status == (before == task_status::queued ? task_status::cancelled : before));
    if (before == task_status::running) {
      CHECK(s.was_stopped(prompt));
      s.finish(prompt, exit_with(143));
    }
    model.end(prompt, task_status::cancelled);
  }

  void kill_worker_of(const std::string& prompt) {
    auto info = s.ask<task_info>(s.control, describe_task{id_of(prompt)}).value();
    s.kill(info.history.back().worker);
    model.lose(prompt);
  }

  void scale(std::int32_t target) {
    auto answer = s.ask<pool_scaled>(s.control, scale_pool{"build", target});
    if (target < 1 || target > most_workers) {
      CHECK(answer.failure().code == errc::invalid_argument);
      return;
    }
    model.scale(static_cast<std::size_t>(target));
    CHECK(answer.value().actual_workers == static_cast<std::int32_t>(model.workers()));
  }

  task_id id_of(const std::string& prompt) {
    auto list = s.ask<task_list>(s.control, list_tasks{"build", {}, 1000, {}, {}}).value();
    for (const auto& each : list.tasks)
      if (each.prompt == prompt)
        return each.task;
    FAIL("there is no task " << prompt);
    return {};
  }

  /// Every answer that the model knows has come, and no other; and the pool says the same of
  /// itself.
  void compare() {
    std::vector<std::string> done;
    for (const auto& [prompt, answer] : answers) {
      auto status = model.status(prompt);
      if (status == task_status::queued || status == task_status::running) {
        REQUIRE_FALSE(answer.has_come());
        continue;
      }
      REQUIRE(answer.has_come());
      CHECK(answer.value().status == status);
      done.push_back(prompt);
    }
    for (const auto& each : done)
      answers.erase(each);
    auto info = s.info("build");
    CHECK(info.queued == static_cast<std::int32_t>(model.count(task_status::queued)));
    CHECK(info.active_workers == static_cast<std::int32_t>(model.busy()));
    CHECK(info.workers == static_cast<std::int32_t>(model.workers()));
    auto running = model.of(task_status::running);
    for (const auto& each : s.runner->started())
      if (auto& prompt = each.spec.argv.back(); std::ranges::count(running, prompt) > 0)
        CHECK(s.runner->is_running(each.handle));
  }

  running_server s;
  pool_model model{1, queue_limit};
  std::map<std::string, pending<task_result>> answers;
  int submitted = 0;
};

} // namespace

TEST_CASE("a pool does what a simple model of it does, whatever happens to it") {
  // A hundred pools with a hundred commands each: the lists of what was stay short.
  std::mt19937 random{test::seed()};
  auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  for (int life = 0; life < 100; ++life) {
    both b;
    for (int i = 0; i < 100; ++i) {
      auto running = b.model.of(task_status::running);
      auto queued = b.model.of(task_status::queued);
      auto what = below(100);
      if (what < 40)
        b.submit(static_cast<std::int32_t>(below(3)) - 1);
      else if (what < 60 && !running.empty())
        b.end(running[below(running.size())], 0);
      else if (what < 68 && !running.empty())
        b.end(running[below(running.size())], 1);
      else if (what < 75 && !queued.empty())
        b.cancel(queued[below(queued.size())]);
      else if (what < 80 && !running.empty())
        b.cancel(running[below(running.size())]);
      else if (what < 88 && !running.empty())
        b.kill_worker_of(running[below(running.size())]);
      else if (what < 98)
        b.scale(static_cast<std::int32_t>(below(7)) - 1);
      b.compare();
    }
    auto closed = b.s.ask<pool_closed>(b.s.control, close_pool{"build"});
    auto running = b.model.of(task_status::running);
    for (const auto& each : b.model.of(task_status::queued))
      CHECK(b.answers.at(each).value().status == task_status::cancelled);
    CHECK(closed.has_come() == running.empty());
    for (const auto& each : running) {
      CHECK(b.s.was_stopped(each));
      b.s.finish(each, exit_with(143));
      CHECK(b.answers.at(each).value().status == task_status::cancelled);
    }
    CHECK(closed.has_come());
  }
}
