// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/actors/interfaces.hpp"
#include "mahavishnu/base/error.hpp"
#include "mahavishnu/messages/fwd.hpp"

#include <chrono>
#include <functional>
#include <future>
#include <memory>

namespace mahavishnu {

/// Asks the control actor from outside the actor system. `done` is called once, from a thread of
/// the system, with the answer or with why there is none; it must be short. Knows when the other
/// side goes away, which CAF does not tell those who wait for an answer of a remote actor.
/// Instantiated in ask_*.cpp for every request of the control actor, since each costs seconds to
/// compile.
template <class Answer, class Question>
void ask(caf::actor_system& system, const control_actor& control, const Question& question,
         std::chrono::milliseconds limit, std::function<void(result<Answer>)> done);

/// The same for those who wait: the one place where a thread waits for an actor.
template <class Answer, class Question>
result<Answer> ask(caf::actor_system& system, const control_actor& control,
                   const Question& question, std::chrono::milliseconds limit) {
  auto promise = std::make_shared<std::promise<result<Answer>>>();
  auto future = promise->get_future();
  ask<Answer, Question>(system, control, question, limit, [promise](result<Answer> answer) {
    promise->set_value(std::move(answer));
  });
  return future.get();
}

} // namespace mahavishnu
