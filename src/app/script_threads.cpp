// SPDX-License-Identifier: MIT
#include "app/script_threads.hpp"

#include "base/log.hpp"

#include <condition_variable>
#include <deque>
#include <list>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace mahavishnu {

namespace {

/// No more than so many threads, each of which starts when it is needed and then stays.
class work_queue {
public:
  using work = std::function<void()>;

  work_queue(std::size_t most_threads, std::size_t most_waiting)
      : most_threads_(most_threads), most_waiting_(most_waiting) {}

  /// What waits is done first.
  ~work_queue() {
    {
      std::lock_guard guard{mutex_};
      is_ending_ = true;
    }
    news_.notify_all();
    for (auto& each : threads_)
      each.join();
  }

  result<void> add(work what) {
    std::lock_guard guard{mutex_};
    if (waiting_.size() >= most_waiting_)
      return error{errc::unsupported, std::to_string(waiting_.size()) +
                                          " calls wait already for a thread that runs scripts; "
                                          "ask again later, or give the work to a pool"};
    if (idle_ <= waiting_.size() && threads_.size() < most_threads_) {
      try {
        threads_.emplace_back([this] { run(); });
      } catch (const std::system_error& failure) {
        if (threads_.empty())
          return error{errc::process_failed, std::string{"no thread can be started: "} +
                                                 failure.what() + "; end some processes"};
      }
    }
    waiting_.push_back(std::move(what));
    news_.notify_one();
    return {};
  }

private:
  void run() {
    std::unique_lock guard{mutex_};
    for (;;) {
      ++idle_;
      news_.wait(guard, [this] { return is_ending_ || !waiting_.empty(); });
      --idle_;
      if (waiting_.empty())
        return;
      auto next = std::move(waiting_.front());
      waiting_.pop_front();
      guard.unlock();
      try {
        next();
      } catch (const std::exception& failure) {
        log::error("scripts", "a call has ended with an exception: {}", failure.what());
      }
      next = nullptr; // what it holds goes without the lock
      guard.lock();
    }
  }

  std::size_t most_threads_;
  std::size_t most_waiting_;
  std::mutex mutex_;
  std::condition_variable news_;
  std::deque<work> waiting_;
  std::size_t idle_ = 0;
  bool is_ending_ = false;
  std::vector<std::thread> threads_;
};

class script_threads final : public mcp::server::script_runner {
public:
  explicit script_threads(const script_threads_options& options)
      : patterns_(options_of(options)),
        registry_(options.state_directory),
        looks_(2, options.most_waiting),
        scripts_(options.most_at_once, options.most_waiting) {}

  ~script_threads() override {
    std::lock_guard guard{mutex_};
    for (auto& each : stops_)
      each.request_stop();
  }

  result<std::stop_source> run(script what) override {
    std::list<std::stop_source>::iterator place;
    {
      std::lock_guard guard{mutex_};
      place = stops_.emplace(stops_.end());
    }
    auto stop = *place;
    auto added = scripts_.add([this, place, what = std::move(what)] {
      what(patterns_, place->get_token());
      forget(place);
    });
    if (added)
      return stop;
    forget(place);
    return added.error();
  }

  result<void> ask(look what) override {
    return looks_.add([this, what = std::move(what)] { what(patterns_, registry_); });
  }

private:
  static orchestrator_options options_of(const script_threads_options& options) {
    orchestrator_options made;
    made.state_directory = options.state_directory;
    return made;
  }

  void forget(std::list<std::stop_source>::iterator place) {
    std::lock_guard guard{mutex_};
    stops_.erase(place);
  }

  task_orchestrator patterns_;
  run_registry registry_;
  std::mutex mutex_;
  std::list<std::stop_source> stops_;
  // Their threads end before the rest goes.
  work_queue looks_;
  work_queue scripts_;
};

} // namespace

std::unique_ptr<mcp::server::script_runner> make_script_threads(script_threads_options options) {
  return std::make_unique<script_threads>(options);
}

} // namespace mahavishnu
