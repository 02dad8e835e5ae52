// SPDX-License-Identifier: MIT
#include "actors/ask.hpp"

#include "mahavishnu/messages/all.hpp"
#include "messages/registry.hpp"

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <future>

namespace mahavishnu {

namespace {

/// Fulfils a promise once; what comes later is dropped.
template <class Answer>
class once {
public:
  std::future<result<Answer>> future() { return promise_.get_future(); }
  void set(result<Answer> value) {
    if (!std::exchange(done_, true))
      promise_.set_value(std::move(value));
  }
  /// An asker that ends without an answer (the system goes down) must not leave its caller waiting.
  ~once() { set(error{errc::shutting_down, "the actor system ended before the answer came"}); }

private:
  std::promise<result<Answer>> promise_;
  bool done_ = false;
};

} // namespace

template <class Answer, class Question>
result<Answer> ask(caf::actor_system& system, const control_actor& control,
                   const Question& question, std::chrono::milliseconds limit) {
  auto place = std::make_shared<once<Answer>>();
  auto future = place->future();
  auto asker = [&](caf::event_based_actor* self, const std::shared_ptr<once<Answer>>& answer) {
    self->set_down_handler([self, answer](const caf::down_msg&) {
      answer->set(error{errc::unreachable, "the server went away before it answered"});
      self->quit();
    });
    self->monitor(control);
    self->request(control, limit, question)
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
  system.spawn(asker, std::move(place));
  return future.get();
}

template result<server_status> ask(caf::actor_system&, const control_actor&, const get_status&,
                                   std::chrono::milliseconds);
template result<server_stopping> ask(caf::actor_system&, const control_actor&, const shut_down&,
                                     std::chrono::milliseconds);
template result<pool_spawned> ask(caf::actor_system&, const control_actor&, const spawn_pool&,
                                  std::chrono::milliseconds);
template result<pool_list> ask(caf::actor_system&, const control_actor&, const list_pools&,
                               std::chrono::milliseconds);
template result<task_result> ask(caf::actor_system&, const control_actor&, const execute_on_pool&,
                                 std::chrono::milliseconds);
template result<task_result> ask(caf::actor_system&, const control_actor&, const route_task&,
                                 std::chrono::milliseconds);
template result<pool_closed> ask(caf::actor_system&, const control_actor&, const close_pool&,
                                 std::chrono::milliseconds);
template result<pools_closed> ask(caf::actor_system&, const control_actor&, const close_all_pools&,
                                  std::chrono::milliseconds);

} // namespace mahavishnu
