// SPDX-License-Identifier: MIT
#include "exec/tree_end.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace mahavishnu::exec {

namespace {

using std::chrono::milliseconds;

/// Between two looks: short at first, since most end at once.
constexpr milliseconds shortest_pause{2};
constexpr milliseconds longest_pause{100};

/// Looks for new members before those that were found are killed all the same.
constexpr int most_freezes = 20;

/// Looks again when nothing is left but somebody who may yet turn out to be a member.
constexpr int most_last_looks = 3;

/// Survivors that are described.
constexpr std::size_t most_told = 16;

/// A day is as good as for ever, and keeps the arithmetic of the clock from running over.
milliseconds sane(milliseconds time) {
  return std::clamp<milliseconds>(time, milliseconds{0}, std::chrono::hours{24});
}

auto identity_of(const process_entry& process) {
  return std::pair{process.pid, process.started};
}

} // namespace

std::string describe_survivors(const end_account& account) {
  if (account.survivors.empty())
    return {};
  auto text =
      std::to_string(account.survivors.size()) + " of its processes could not be ended and run on:";
  std::size_t told = 0;
  for (const auto& [process, reason] : account.survivors) {
    if (++told > most_told)
      return text + " and others";
    text += process.pid == 0
                ? " " + reason
                : " " + std::to_string(process.pid) + " (" + process.command + ": " + reason + ")";
  }
  return text;
}

tree_end::tree_end(process_tree tree, end_patience patience, clock::time_point now,
                   const cgroup* group, tools with)
    : tree_(std::move(tree)),
      patience_{sane(patience.grace), sane(patience.killing)},
      group_(group),
      tools_(std::move(with)),
      end_of_grace_(now + patience_.grace),
      end_of_killing_(end_of_grace_ + patience_.killing),
      pause_(shortest_pause) {}

tree_end::tree_end(process_tree tree, end_patience patience, clock::time_point now,
                   const cgroup* group)
    : tree_end(std::move(tree), patience, now, group, tools{}) {}

void tree_end::hurry(clock::time_point end_of_grace) {
  if (phase_ == phase::asking)
    end_of_grace_ = std::min(end_of_grace_, end_of_grace);
}

std::optional<tree_end::clock::time_point> tree_end::step(clock::time_point now,
                                                          const process_table& table) {
  if (phase_ == phase::ended)
    return std::nullopt;
  auto alive = tree_.members(table, group_ != nullptr ? group_->processes() : std::vector<pid_t>{});
  if (phase_ == phase::asking && now >= end_of_grace_) {
    phase_ = phase::freezing;
    end_of_killing_ = now + patience_.killing;
    pause_ = shortest_pause;
  }
  if (alive.empty() && (group_ == nullptr || !group_->populated())) {
    if (may_have_missed_one(table) && last_looks_++ < most_last_looks)
      return now + shortest_pause;
    phase_ = phase::ended;
    return std::nullopt;
  }
  if (phase_ == phase::asking)
    return ask(alive, now);
  if (all_refuse(alive) || now >= end_of_killing_) {
    give_up(alive);
    return std::nullopt;
  }
  return freeze_or_kill(alive, now);
}

tree_end::clock::time_point tree_end::ask(const members& alive, clock::time_point now) {
  for (const auto& process : alive) {
    if (!asked_.insert(identity_of(process)).second)
      continue;
    send(process, SIGTERM);
    send(process, SIGCONT); // a stopped one hears nothing before it goes on
    ++account_.asked;
  }
  return std::min(end_of_grace_, a_moment_after(now));
}

tree_end::clock::time_point tree_end::freeze_or_kill(const members& alive, clock::time_point now) {
  if (freezes_ < most_freezes && freeze(alive)) {
    phase_ = phase::freezing;
    ++freezes_;
    return now;
  }
  freezes_ = 0;
  phase_ = phase::killing;
  kill(alive);
  return std::min(end_of_killing_, a_moment_after(now));
}

bool tree_end::freeze(const members& alive) {
  send_to_groups(alive, SIGSTOP);
  bool found_new = false;
  for (const auto& process : alive)
    if (frozen_.insert(identity_of(process)).second) {
      send(process, SIGSTOP);
      found_new = true;
    }
  return found_new;
}

void tree_end::kill(const members& alive) {
  if (group_ != nullptr)
    (void)group_->kill(); // those that are found are killed one by one besides
  send_to_groups(alive, SIGKILL);
  for (const auto& process : alive) {
    send(process, SIGKILL);
    if (killed_.insert(identity_of(process)).second)
      ++account_.killed;
  }
}

bool tree_end::may_have_missed_one(const process_table& table) {
  // A process can move on to a new number while the table is read, but not out of its group.
  if (auto group = tree_.own_group(table))
    tools_.send_to_group(*group, SIGKILL);
  return tree_.undecided() || !frozen_.empty();
}

bool tree_end::all_refuse(const members& alive) const {
  return !alive.empty() && !killed_.empty() &&
         std::ranges::all_of(alive, [this](const process_entry& process) {
           return refused_.contains(identity_of(process));
         });
}

void tree_end::give_up(const members& alive) {
  for (const auto& process : alive)
    account_.survivors.push_back({process, reason_of(process)});
  if (alive.empty())
    account_.survivors.push_back({{}, "the cgroup '" + group_->directory() + "' is not empty"});
  phase_ = phase::ended;
}

void tree_end::send(const process_entry& process, int signal) {
  auto failure = tools_.send(process, signal);
  if (failure != 0 && failure != ESRCH && signal == SIGKILL)
    refused_[identity_of(process)] = failure;
}

void tree_end::send_to_groups(const members& alive, int signal) {
  std::set<pid_t> groups;
  for (const auto& process : alive)
    groups.insert(process.group);
  // Not 0 and 1, which mean something else, and never our own.
  for (auto group : groups)
    if (group > 1 && group != ::getpgrp())
      tools_.send_to_group(group, signal);
}

std::string tree_end::reason_of(const process_entry& process) const {
  if (auto at = refused_.find(identity_of(process)); at != refused_.end())
    return at->second == EPERM ? "it runs as another user, and we may not signal it"
                               : std::generic_category().message(at->second);
  if (process.state == 'D')
    return "it waits in the system and cannot be interrupted (state D), most often for a disk or a "
           "network file system";
  return "it has not ended " + std::to_string(patience_.killing.count()) + " ms after SIGKILL";
}

tree_end::clock::time_point tree_end::a_moment_after(clock::time_point now) {
  auto pause = pause_;
  pause_ = std::min(2 * pause_, longest_pause);
  return now + pause;
}

} // namespace mahavishnu::exec
