// SPDX-License-Identifier: MIT
#pragma once

#include "actors/ask.hpp"
#include "mahavishnu/messages/all.hpp"
#include "messages/registry.hpp"

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace mahavishnu {

namespace ask_detail {

/// Calls back once; what comes later is dropped.
template <class Answer>
class once {
public:
  explicit once(std::function<void(result<Answer>)> done) : done_(std::move(done)) {}
  once(const once&) = delete;
  /// An asker that ends without an answer (the system goes down) must not leave its caller waiting.
  ~once() { set(error{errc::shutting_down, "the actor system ended before the answer came"}); }

  void set(result<Answer> value) {
    if (auto done = std::exchange(done_, nullptr))
      done(std::move(value));
  }

private:
  std::function<void(result<Answer>)> done_;
};

} // namespace ask_detail

template <class Answer, class Question>
void ask(caf::actor_system& system, const control_actor& control, const Question& question,
         std::chrono::milliseconds limit, std::function<void(result<Answer>)> done) {
  using place = std::shared_ptr<ask_detail::once<Answer>>;
  auto asker = [](caf::event_based_actor* self, const control_actor& whom, const Question& what,
                  std::chrono::milliseconds time, const place& answer) {
    // Of an actor in this system, CAF itself tells those who wait when it has gone. Who monitors it
    // is kept in its list for as long as it lives, with all of its memory.
    if (whom.node() != self->system().node()) {
      self->set_down_handler([self, answer](const caf::down_msg&) {
        answer->set(error{errc::unreachable, "the server went away before it answered"});
        self->quit();
      });
      self->monitor(whom);
    }
    self->request(whom, time, what)
        .then(
            [self, answer](const Answer& x) {
              answer->set(x);
              self->quit();
            },
            [self, answer](const caf::error& failure) {
              answer->set(from_caf(failure, "the server"));
              self->quit();
            });
  };
  system.spawn(asker, control, question, limit,
               std::make_shared<ask_detail::once<Answer>>(std::move(done)));
}

} // namespace mahavishnu
