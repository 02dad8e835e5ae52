// SPDX-License-Identifier: MIT
#pragma once

#include "actors/pool_core.hpp"
#include "mahavishnu/actors/interfaces.hpp"
#include "mahavishnu/messages/all.hpp"

#include <caf/typed_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <memory>
#include <variant>
#include <vector>

namespace mahavishnu {

/// The pool that handed us a task.
struct task_origin {
  pool_actor from;
  pool_id pool;
  std::int32_t attempt = 0;
};

/// Whom the tasks of a pool are for. Gives each a number, and answers it once.
class pool_requesters {
public:
  requester_number add(caf::typed_response_promise<task_result> whom);
  requester_number add(caf::typed_response_promise<task_accepted> whom);
  requester_number add(task_origin whom);
  requester_number add(caf::typed_response_promise<task_cancelled> whom);
  /// For a task of which somebody may want to hear later.
  requester_number add_nobody();
  /// One for each of several tasks, which are answered together.
  std::vector<requester_number> add(caf::typed_response_promise<task_results> whom,
                                    std::size_t count);

  /// One more who wants to hear of the task: that it is accepted, that it is cancelled, or how it
  /// ends.
  using listener = std::variant<caf::typed_response_promise<task_accepted>,
                                caf::typed_response_promise<task_cancelled>,
                                caf::typed_response_promise<task_result>>;
  void join(requester_number whom, listener promise);

  void accepted(requester_number whom, const task_accepted& how);
  /// Both tell the pool that is to hear of it, if the task came from one.
  std::optional<task_origin> refused(requester_number whom, const error& why);
  std::optional<task_origin> ended(requester_number whom, const task_result& how);
  void cancelled(requester_number whom, const task_cancelled& how);

  /// The pool ends: nobody waits any longer.
  void refuse_all(const error& why);

private:
  struct nobody {};
  /// Requesters of several tasks get one answer.
  struct group {
    caf::typed_response_promise<task_results> promise;
    task_results answer;
    std::size_t open = 0;

    void close_one() {
      if (--open == 0)
        promise.deliver(std::move(answer));
    }
  };
  struct member {
    std::shared_ptr<group> of;
    std::size_t index;
  };
  struct entry {
    std::variant<nobody, caf::typed_response_promise<task_result>,
                 caf::typed_response_promise<task_accepted>,
                 caf::typed_response_promise<task_cancelled>, member, task_origin>
        who;
    std::vector<listener> others;
    bool used = false;
  };

  template <class Who>
  requester_number place(Who who);
  std::optional<task_origin> leave(requester_number whom);

  std::vector<entry> entries_;
  std::vector<requester_number> free_;
};

} // namespace mahavishnu
