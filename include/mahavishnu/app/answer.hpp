// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/error.hpp"

#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>

namespace mahavishnu {

/// What was asked for and may still be on its way. To be taken once, in one of three ways; dropping
/// it does not stop what was asked for.
template <class T>
class answer {
public:
  /// Waits for it.
  result<T> get() {
    std::unique_lock lock{state_->mutex};
    state_->came.wait(lock, [this] { return state_->value.has_value(); });
    return std::move(*state_->value);
  }

  /// A future of it, for those who have other things to do meanwhile.
  std::future<result<T>> future() {
    auto promise = std::make_shared<std::promise<result<T>>>();
    auto its_future = promise->get_future();
    then([promise](result<T> value) { promise->set_value(std::move(value)); });
    return its_future;
  }

  /// Calls `done` with it: on a thread of the actor system, or on this one when it is there
  /// already. `done` must be short, and must not wait for another answer.
  void then(std::function<void(result<T>)> done) {
    std::unique_lock lock{state_->mutex};
    if (!state_->value) {
      state_->done = std::move(done);
      return;
    }
    auto value = std::move(*state_->value);
    lock.unlock();
    done(std::move(value));
  }

  /// For those who answer: the answer, and what to call when it is there.
  static std::pair<answer, std::function<void(result<T>)>> make() {
    answer fresh;
    auto set = [state = fresh.state_](result<T> value) {
      std::unique_lock lock{state->mutex};
      if (auto done = std::move(state->done)) {
        lock.unlock();
        done(std::move(value));
        return;
      }
      state->value.emplace(std::move(value));
      state->came.notify_all();
    };
    return {std::move(fresh), std::move(set)};
  }

private:
  struct state {
    std::mutex mutex;
    std::condition_variable came;
    std::optional<result<T>> value;
    std::function<void(result<T>)> done;
  };

  answer() : state_(std::make_shared<state>()) {}

  std::shared_ptr<state> state_;
};

} // namespace mahavishnu
