// SPDX-License-Identifier: MIT
#pragma once

#include "report.hpp"

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>

#include <functional>
#include <future>
#include <memory>

namespace mahavishnu::bench {

/// How many requests one client sends, and how many of them are on their way at a time.
struct load {
  std::int64_t requests = 0;
  std::int64_t in_flight = 1;
};

/// Sends requests to one actor and a new one for each answer. `make` gives the next request, `take`
/// gets each answer and says whether it is good.
template <class Answer, class Target, class Make, class Take>
struct client_state {
  caf::event_based_actor* self = nullptr;
  Target target;
  Make make;
  Take take;
  load how;
  std::shared_ptr<std::promise<std::int64_t>> done;
  std::int64_t sent = 0;
  std::int64_t answered = 0;
  std::int64_t bad = 0;

  void next() {
    if (sent == how.requests)
      return;
    ++sent;
    self->request(target, caf::infinite, make())
        .then([this](const Answer& answer) { count(take(answer)); },
              [this](const caf::error&) { count(false); });
  }

  void count(bool good) {
    bad += good ? 0 : 1;
    if (++answered < how.requests)
      return next();
    self->quit();
    auto whom = done; // which lets go of us
    whom->set_value(bad);
  }
};

/// What it took; aborts the program when an answer is bad.
template <class Answer, class Target, class Make, class Take>
cost run_client(caf::actor_system& system, const Target& target, load how, Make make, Take take) {
  using state_type = client_state<Answer, Target, Make, Take>;
  auto done = std::make_shared<std::promise<std::int64_t>>();
  auto state = std::make_shared<state_type>(
      state_type{nullptr, target, std::move(make), std::move(take), how, done});
  auto cpu = cpu_seconds();
  auto start = clock::now();
  system.spawn([state](caf::event_based_actor* self) -> caf::behavior {
    state->self = self;
    for (std::int64_t i = 0; i < state->how.in_flight; ++i)
      state->next();
    return {[](int) {}};
  });
  auto bad = done->get_future().get();
  cost all{seconds_since(start), cpu_seconds() - cpu};
  if (bad > 0)
    std::abort();
  return all;
}

/// Tasks per second and microseconds of CPU per task, with so many tasks in each request. `run`
/// sends as many requests as it is told and says what that took; the first tenth is to warm up.
template <class Run>
std::vector<double> speed_of(const Run& run, std::int64_t requests, std::size_t tasks_each = 1) {
  run(requests / 10);
  cost taken = run(requests);
  auto tasks = static_cast<double>(requests) * static_cast<double>(tasks_each);
  return {tasks / taken.seconds, taken.cpu_seconds / tasks * 1e6};
}

} // namespace mahavishnu::bench
