// SPDX-License-Identifier: MIT
#pragma once

#include "cli/find.hpp"
#include "cli/kinds.hpp"
#include "cli/session.hpp"

namespace mahavishnu::cli {

/// Questions that change nothing, for which the beginning of a name is enough.
template <class Question>
constexpr beginnings accepted_by =
    std::is_same_v<Question, describe_pool> || std::is_same_v<Question, list_tasks> ||
            std::is_same_v<Question, search_memory>
        ? beginnings::of_names_too
        : beginnings::of_ids;

/// Asks; a pool that nobody knows by that name may be meant by its beginning.
template <class Answer, class Question>
result<Answer> ask_for(session& server, Question question, std::chrono::milliseconds limit) {
  auto answer = server.ask<Answer>(question, limit);
  if constexpr (requires { std::string{question.pool}; })
    if (!answer && answer.error().code == errc::not_found && !question.pool.empty())
      if (auto pool = find_pool(server, question.pool, accepted_by<Question>);
          !pool || *pool != question.pool) {
        if (!pool)
          return pool.error();
        question.pool = *pool;
        answer = server.ask<Answer>(question, limit);
      }
  return answer;
}

/// Opens the session, asks, shows the answer: what most commands do. The question may have to be
/// made with the help of the server.
template <class Answer, class Question, class Shown>
int ask_and_show(const invocation& now, const output& out, const Question& question,
                 Shown (*show)(const Answer&), int (*exit_code_of)(const Answer&) = nullptr,
                 std::chrono::milliseconds limit = session::answer_limit) {
  auto server = session::open(now, out);
  if (!server)
    return out.failure(server.error());
  auto answer = [&]() -> result<Answer> {
    if constexpr (std::is_invocable_v<Question, session&>) {
      auto made = question(**server);
      if (!made)
        return made.error();
      return ask_for<Answer>(**server, std::move(*made), limit);
    } else {
      return ask_for<Answer>(**server, question, limit);
    }
  }();
  if (!answer)
    return out.failure(answer.error());
  out.answer(kind_of<Answer>(), json::from(*answer), show(*answer));
  return (*server)->leave(exit_code_of ? exit_code_of(*answer) : done);
}

} // namespace mahavishnu::cli
