// SPDX-License-Identifier: MIT
#pragma once

#include <caf/error.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

namespace mahavishnu {

/// Asks every target the same, and calls `done` once with the answers that came, in the order of
/// the targets. Those that fail or take longer than `limit` are left out.
template <class Answer, class Self, class Target, class Question>
void gather(Self* self, const std::vector<Target>& targets, std::chrono::milliseconds limit,
            const Question& question, std::function<void(std::vector<Answer>)> done) {
  struct round {
    std::vector<std::vector<Answer>> answers; // none or one a target
    std::size_t open;
    std::function<void(std::vector<Answer>)> done;

    void close_one() {
      if (--open > 0)
        return;
      std::vector<Answer> all;
      for (auto& each : answers)
        for (auto& answer : each)
          all.push_back(std::move(answer));
      done(std::move(all));
    }
  };
  if (targets.empty())
    return done({});
  auto state = std::make_shared<round>();
  state->answers.resize(targets.size());
  state->open = targets.size();
  state->done = std::move(done);
  for (std::size_t i = 0; i < targets.size(); ++i)
    self->request(targets[i], limit, question)
        .then(
            [state, i](const Answer& answer) {
              state->answers[i].push_back(answer);
              state->close_one();
            },
            [state](const caf::error&) { state->close_one(); });
}

} // namespace mahavishnu
