// SPDX-License-Identifier: MIT
#pragma once

#include "cli/kinds.hpp"
#include "cli/session.hpp"

namespace mahavishnu::cli {

/// Opens the session, asks, shows the answer: what most commands do.
template <class Answer, class Question, class Shown>
int ask_and_show(const invocation& now, const output& out, const Question& question,
                 Shown (*show)(const Answer&), int (*exit_code_of)(const Answer&) = nullptr,
                 std::chrono::milliseconds limit = session::answer_limit) {
  auto server = session::open(now, out);
  if (!server)
    return out.failure(server.error());
  auto answer = (*server)->ask<Answer>(question, limit);
  if (!answer)
    return out.failure(answer.error());
  out.answer(kind_of<Answer>(), json::from(*answer), show(*answer));
  return (*server)->leave(exit_code_of ? exit_code_of(*answer) : done);
}

} // namespace mahavishnu::cli
