// SPDX-License-Identifier: MIT
#include "actors/pool_requesters.hpp"

#include "messages/registry.hpp"

#include <utility>

namespace mahavishnu {

namespace {

// What those hear of an end who wanted to hear of something that came before it.

task_accepted answer_from(const task_result& how,
                          const caf::typed_response_promise<task_accepted>&) {
  return {how.task, how.pool, how.status};
}

task_cancelled answer_from(const task_result& how,
                           const caf::typed_response_promise<task_cancelled>&) {
  return {how.task, how.status};
}

const task_result& answer_from(const task_result& how,
                               const caf::typed_response_promise<task_result>&) {
  return how;
}

} // namespace

template <class Who>
requester_number pool_requesters::place(Who who) {
  if (free_.empty()) {
    entries_.emplace_back();
    free_.push_back(static_cast<requester_number>(entries_.size())); // 0 is nobody
  }
  auto number = free_.back();
  free_.pop_back();
  auto& its = entries_[number - 1];
  its.who = std::move(who);
  its.used = true;
  return number;
}

requester_number pool_requesters::add(caf::typed_response_promise<task_result> whom) {
  return place(std::move(whom));
}

requester_number pool_requesters::add(caf::typed_response_promise<task_accepted> whom) {
  return place(std::move(whom));
}

requester_number pool_requesters::add(task_origin whom) {
  return place(std::move(whom));
}

requester_number pool_requesters::add(caf::typed_response_promise<task_cancelled> whom) {
  return place(std::move(whom));
}

requester_number pool_requesters::add_nobody() {
  return place(nobody{});
}

std::vector<requester_number> pool_requesters::add(caf::typed_response_promise<task_results> whom,
                                                   std::size_t count) {
  auto together = std::make_shared<group>();
  together->promise = std::move(whom);
  together->answer.results.resize(count);
  together->open = count;
  std::vector<requester_number> numbers;
  numbers.reserve(count);
  for (std::size_t i = 0; i < count; ++i)
    numbers.push_back(place(member{together, i}));
  return numbers;
}

void pool_requesters::join(requester_number whom, listener promise) {
  entries_[whom - 1].others.push_back(std::move(promise));
}

void pool_requesters::accepted(requester_number whom, const task_accepted& how) {
  if (whom == 0)
    return;
  auto& its = entries_[whom - 1];
  if (auto* promise = std::get_if<caf::typed_response_promise<task_accepted>>(&its.who)) {
    promise->deliver(how);
    its.who = nobody{};
  }
  std::erase_if(its.others, [&](listener& each) {
    auto* promise = std::get_if<caf::typed_response_promise<task_accepted>>(&each);
    if (promise)
      promise->deliver(how);
    return promise != nullptr;
  });
}

std::optional<task_origin> pool_requesters::refused(requester_number whom, const error& why) {
  if (whom == 0)
    return std::nullopt;
  auto& its = entries_[whom - 1];
  if (auto* promise = std::get_if<caf::typed_response_promise<task_result>>(&its.who))
    promise->deliver(to_caf(why));
  else if (auto* accepting = std::get_if<caf::typed_response_promise<task_accepted>>(&its.who))
    accepting->deliver(to_caf(why));
  else if (auto* cancelling = std::get_if<caf::typed_response_promise<task_cancelled>>(&its.who))
    cancelling->deliver(to_caf(why));
  else if (auto* part = std::get_if<member>(&its.who)) {
    part->of->answer.refused.push_back(
        {static_cast<std::int32_t>(part->index), static_cast<std::int32_t>(why.code), why.message});
    part->of->close_one();
  }
  for (auto& each : its.others)
    std::visit([&](auto& promise) { promise.deliver(to_caf(why)); }, each);
  return leave(whom);
}

std::optional<task_origin> pool_requesters::ended(requester_number whom, const task_result& how) {
  if (whom == 0)
    return std::nullopt;
  auto& its = entries_[whom - 1];
  if (auto* promise = std::get_if<caf::typed_response_promise<task_result>>(&its.who))
    promise->deliver(how);
  else if (auto* accepting = std::get_if<caf::typed_response_promise<task_accepted>>(&its.who))
    accepting->deliver(answer_from(how, *accepting)); // ended without a place
  else if (auto* part = std::get_if<member>(&its.who)) {
    part->of->answer.results[part->index] = how;
    part->of->close_one();
  }
  for (auto& each : its.others)
    std::visit([&](auto& promise) { promise.deliver(answer_from(how, promise)); }, each);
  return leave(whom);
}

void pool_requesters::cancelled(requester_number whom, const task_cancelled& how) {
  if (auto* promise =
          std::get_if<caf::typed_response_promise<task_cancelled>>(&entries_[whom - 1].who))
    promise->deliver(how);
  leave(whom);
}

std::optional<task_origin> pool_requesters::leave(requester_number whom) {
  auto& its = entries_[whom - 1];
  std::optional<task_origin> origin;
  if (auto* from = std::get_if<task_origin>(&its.who))
    origin = std::move(*from);
  its.who = nobody{};
  its.others.clear();
  its.used = false;
  free_.push_back(whom);
  return origin;
}

void pool_requesters::refuse_all(const error& why) {
  for (std::size_t i = 0; i < entries_.size(); ++i)
    if (entries_[i].used)
      refused(static_cast<requester_number>(i + 1), why);
}

} // namespace mahavishnu
