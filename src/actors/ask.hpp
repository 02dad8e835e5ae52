// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/actors/interfaces.hpp"
#include "mahavishnu/base/error.hpp"
#include "mahavishnu/messages/fwd.hpp"

#include <chrono>

namespace mahavishnu {

/// Asks the control actor from outside the actor system and waits for the answer: the one place
/// where a thread waits for an actor. Knows when the other side goes away, which CAF does not tell
/// those who wait for an answer of a remote actor. Instantiated in ask.cpp for every request of the
/// control actor, since each costs seconds to compile.
template <class Answer, class Question>
result<Answer> ask(caf::actor_system& system, const control_actor& control,
                   const Question& question, std::chrono::milliseconds limit);

} // namespace mahavishnu
