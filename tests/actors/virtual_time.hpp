// SPDX-License-Identifier: MIT
#pragma once

#include "base/clock.hpp"
#include "messages/registry.hpp"
#include "support/catch.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/send.hpp>

#include <chrono>
#include <memory>
#include <optional>

namespace mahavishnu::test {

/// A clock that stands still.
class still_clock final : public wall_clock {
public:
  static constexpr std::chrono::milliseconds since_epoch{1'800'000'000'000};

  std::chrono::system_clock::time_point now() const override {
    return std::chrono::system_clock::time_point{since_epoch};
  }
};

/// An answer that may still come.
template <class Answer>
class pending {
public:
  explicit pending(caf::actor asker, std::shared_ptr<std::optional<result<Answer>>> place)
      : asker_(std::move(asker)), place_(std::move(place)) {}

  bool has_come() const { return place_->has_value(); }
  bool failed() const { return has_come() && (*place_)->has_error(); }
  Answer value() const {
    REQUIRE(has_come());
    INFO(((*place_)->has_error() ? (*place_)->error().message : std::string{}));
    REQUIRE((*place_)->has_value());
    return **(*place_);
  }
  error failure() const {
    REQUIRE(has_come());
    REQUIRE((*place_)->has_error());
    return (*place_)->error();
  }
  /// Who asked; ending it is what a command does that gets Ctrl-C.
  const caf::actor& asker() const { return asker_; }

private:
  caf::actor asker_;
  std::shared_ptr<std::optional<result<Answer>>> place_;
};

/// An actor system in one thread and in virtual time: the base of fixtures, which end their actors
/// when they go.
class virtual_time {
public:
  virtual_time() = default;
  virtual_time(const virtual_time&) = delete;
  virtual_time& operator=(const virtual_time&) = delete;

  /// Lets every actor do all it can do now.
  void run() { scheduler().run(); }

  void advance(caf::timespan time) {
    scheduler().advance_time(time);
    run();
  }

  template <class Answer, class Handle, class Question>
  pending<Answer> ask(const Handle& whom, Question question) {
    auto answer = ask_later<Answer>(whom, std::move(question));
    run();
    return answer;
  }

  /// The same, and nobody does anything yet.
  template <class Answer, class Handle, class Question>
  pending<Answer> ask_later(const Handle& whom, Question question) {
    auto place = std::make_shared<std::optional<result<Answer>>>();
    auto asker = system_.spawn(
        [=](caf::event_based_actor* self, const Question& asked) {
          self->request(whom, caf::infinite, asked)
              .then([=](const Answer& x) { place->emplace(x); },
                    [=](const caf::error& x) { place->emplace(from_caf(x, "the test")); });
        },
        std::move(question));
    return pending<Answer>{asker, place};
  }

  template <class Handle>
  void kill(const Handle& whom) {
    caf::anon_send_exit(whom, caf::exit_reason::kill);
    run();
  }

  std::shared_ptr<still_clock> clock = std::make_shared<still_clock>();

protected:
  ~virtual_time() = default;

  caf::actor_system& system() { return system_; }
  caf::scheduler::test_coordinator& scheduler() {
    return static_cast<caf::scheduler::test_coordinator&>(system_.scheduler());
  }

private:
  struct testing_config : caf::actor_system_config {
    testing_config() {
      set("scheduler.policy", caf::atom("testing"));
      register_messages(*this);
    }
  };

  testing_config config_;
  caf::actor_system system_{config_};
};

} // namespace mahavishnu::test
