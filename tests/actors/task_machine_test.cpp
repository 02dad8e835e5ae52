// SPDX-License-Identifier: MIT
#include "actors/task_machine.hpp"
#include "support/catch.hpp"

#include <map>
#include <random>
#include <set>
#include <vector>

using namespace mahavishnu;
using namespace std::chrono_literals;
using enum task_status;

namespace {

const moment start = moment{} + 1h;
constexpr task_status all[]{queued, parked, running, completed, failed, timed_out, cancelled, lost};

const std::map<task_status, std::set<task_status>> allowed{
    {queued, {running, parked, cancelled, timed_out, failed}},
    {parked, {queued, cancelled, timed_out, failed}},
    {running, {completed, failed, timed_out, cancelled, lost, parked, queued}},
};

bool is_allowed(task_status from, task_status to) {
  auto at = allowed.find(from);
  return at != allowed.end() && at->second.contains(to);
}

task_machine machine_in(task_status status) {
  task_machine machine{start, status == parked ? parked : queued};
  if (status != queued && status != parked)
    REQUIRE(machine.move(running, start + 1s, 3));
  if (is_final(status))
    REQUIRE(machine.move(status, start + 2s, 3));
  REQUIRE(machine.status() == status);
  return machine;
}

std::vector<transition> copy(const task_machine& machine) {
  return {machine.history().begin(), machine.history().end()};
}

} // namespace

TEST_CASE("a task starts queued or parked, and with no other state") {
  for (auto first : all) {
    task_machine machine{start, first, "why"};
    CHECK(machine.status() == (first == parked ? parked : queued));
    CHECK(machine.attempt() == 0);
    CHECK_FALSE(machine.ended());
    CHECK(machine.left_out() == 0);
    CHECK(copy(machine) ==
          std::vector{transition{start, first == parked ? parked : queued, 0, 0, "why"}});
  }
  CHECK(task_machine{start}.status() == queued);
}

TEST_CASE("every pair of states is allowed or refused as the table says") {
  for (auto from : all)
    for (auto to : all) {
      INFO(to_string(from) << " to " << to_string(to));
      CHECK(may_follow(from, to) == is_allowed(from, to));
      auto machine = machine_in(from);
      auto before = copy(machine);
      auto attempt = machine.attempt();
      auto moved = machine.move(to, start + 5s, 9, "because");
      CHECK(moved == is_allowed(from, to));
      if (moved) {
        attempt = static_cast<std::uint16_t>(attempt + (to == running));
        before.push_back({start + 5s, to, attempt, 9, "because"});
      }
      CHECK(machine.status() == (moved ? to : from));
      CHECK(machine.attempt() == attempt);
      CHECK(machine.ended() == is_final(machine.status()));
      CHECK(copy(machine) == before);
    }
}

TEST_CASE("a state is final when no state follows") {
  for (auto from : all)
    CHECK(is_final(from) ==
          std::ranges::none_of(all, [&](task_status to) { return may_follow(from, to); }));
}

TEST_CASE("a state that does not exist is never reached and never left") {
  for (int number : {8, 9, 31, 32, 64, 200, 255}) {
    auto unknown = static_cast<task_status>(number);
    for (auto each : all) {
      CHECK_FALSE(machine_in(each).move(unknown, start));
      CHECK_FALSE(may_follow(unknown, each));
    }
    CHECK(task_machine{start, unknown}.status() == queued);
    CHECK_FALSE(sentence_of(unknown).empty());
  }
}

TEST_CASE("each state has a sentence of its own") {
  std::set<std::string_view> seen;
  for (auto each : all) {
    auto sentence = sentence_of(each);
    REQUIRE(sentence.size() > 10);
    CHECK(sentence.back() == '.');
    CHECK((sentence.front() >= 'A' && sentence.front() <= 'Z'));
    CHECK(seen.insert(sentence).second);
  }
}

TEST_CASE("the history tells the whole way of a task that was tried twice") {
  task_machine machine{start};
  CHECK(machine.move(running, start + 1s, 4));
  CHECK(machine.attempt() == 1);
  CHECK(machine.move(parked, start + 2s, 4, "exited with 1; next attempt in 1 s"));
  CHECK(machine.attempt() == 1);
  CHECK(machine.move(queued, start + 3s));
  CHECK(machine.move(running, start + 3s, 2));
  CHECK(machine.attempt() == 2);
  CHECK(machine.move(completed, start + 9s, 2));
  CHECK(machine.ended());
  CHECK(copy(machine) == std::vector<transition>{
                             {start, queued, 0, 0, {}},
                             {start + 1s, running, 1, 4, {}},
                             {start + 2s, parked, 1, 4, "exited with 1; next attempt in 1 s"},
                             {start + 3s, queued, 1, 0, {}},
                             {start + 3s, running, 2, 2, {}},
                             {start + 9s, completed, 2, 2, {}},
                         });
  CHECK(machine.left_out() == 0);
}

TEST_CASE("a copy of a machine goes its own way") {
  task_machine one{start};
  one.move(running, start + 1s, 1, "shared");
  auto two = one;
  CHECK(one.move(completed, start + 2s));
  CHECK(two.status() == running);
  CHECK(two.move(lost, start + 3s));
  CHECK(one.status() == completed);
  auto three = std::move(two);
  CHECK(three.status() == lost);
  CHECK(three.history()[1].reason == shared_text{"shared"});
}

TEST_CASE("a long history keeps its beginning and its end, and counts what is missing") {
  constexpr auto longest = task_machine::longest_history;
  task_machine machine{start, queued, "0"};
  std::vector<transition> model = copy(machine);
  for (int i = 1; i < 2000; ++i) {
    auto to = i % 2 ? running : queued;
    auto reason = std::to_string(i);
    REQUIRE(machine.move(to, start + i * 1s, 1, reason));
    model.push_back(
        {start + i * 1s, to, static_cast<std::uint16_t>((i + 1) / 2), 1, shared_text{reason}});
    REQUIRE(machine.history().size() == std::min(model.size(), longest));
    REQUIRE(machine.history().size() + machine.left_out() == model.size());
    REQUIRE(machine.history().back() == model.back());
  }
  auto history = machine.history();
  CHECK(std::ranges::equal(history.first(longest / 2), std::span{model}.first(longest / 2)));
  CHECK(std::ranges::equal(history.last(longest / 2), std::span{model}.last(longest / 2)));
  CHECK(machine.attempt() == 1000);
}

TEST_CASE("attempts stop counting before they would begin again at 0") {
  task_machine machine{start};
  for (int i = 0; i < 70'000; ++i) {
    REQUIRE(machine.move(running, start));
    REQUIRE(machine.move(queued, start));
  }
  CHECK(machine.attempt() == UINT16_MAX);
}

TEST_CASE("random walks never leave the table, and every walk that ends stays there") {
  std::mt19937 random{test::seed()};
  for (int round = 0; round < 3000; ++round) {
    task_machine machine{start, random() % 2 ? queued : parked};
    std::uint16_t runs = 0;
    auto now = start;
    for (int step = 0; step < 60; ++step) {
      auto from = machine.status();
      auto to = all[random() % std::size(all)];
      now += std::chrono::milliseconds{random() % 1000};
      auto moved = machine.move(to, now, random() % 5);
      REQUIRE(moved == is_allowed(from, to));
      runs = static_cast<std::uint16_t>(runs + (moved && to == running));
      REQUIRE(machine.attempt() == runs);
    }
    auto history = machine.history();
    REQUIRE((history.front().to == queued || history.front().to == parked));
    for (std::size_t i = 1; i < history.size(); ++i) {
      REQUIRE(is_allowed(history[i - 1].to, history[i].to));
      REQUIRE(history[i - 1].at <= history[i].at);
    }
    REQUIRE(machine.ended() == is_final(history.back().to));
  }
}
