// SPDX-License-Identifier: MIT
#include "exec/leftovers.hpp"

#include "exec/process_tree.hpp"
#include "exec/survivors.hpp"

#include <unistd.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace mahavishnu::exec {

namespace {

using clock = event_loop::clock;

/// Long enough for what a run has left to have lost its parent and its old name.
constexpr std::chrono::milliseconds after_an_end{50};
constexpr std::chrono::seconds between_looks{1};

constexpr std::chrono::seconds patience_after_kill{5};

} // namespace

leftovers::leftovers(event_loop& loop, std::string mark, pid_t reaper,
                     std::function<bool(const std::string&)> runs)
    : loop_(loop), mark_(std::move(mark)), reaper_(reaper), runs_(std::move(runs)) {}

leftovers::~leftovers() {
  loop_.cancel(next_);
}

void leftovers::note_end() {
  is_due_ = true;
  if (!next_)
    look_at(std::max(clock::now() + after_an_end, looked_at_ + between_looks));
}

void leftovers::end_all(std::function<void()> over) {
  over_ = std::move(over);
  if (is_due_)
    look_at(clock::now());
  else
    look_for_the_end();
}

void leftovers::look_at(clock::time_point when) {
  loop_.cancel(next_);
  next_ = loop_.at(when, [this] {
    next_ = {};
    look();
  });
}

void leftovers::look() {
  auto now = clock::now();
  auto table = process_table::read();
  looked_at_ = clock::now();
  is_due_ = false;
  if (!table) { // without free descriptors nothing is seen: the next end looks again
    endings_.clear();
    look_for_the_end();
    return;
  }
  find(*table);
  std::optional<clock::time_point> next;
  for (auto ending = endings_.begin(); ending != endings_.end();) {
    auto step = ending->second.step(now, *table);
    if (step)
      next = next ? std::min(*next, *step) : *step;
    ending = step ? std::next(ending) : endings_.erase(ending);
  }
  if (next)
    look_at(*next);
  look_for_the_end();
}

/// Begins the end of every marked process that no run of ours stands for any more.
void leftovers::find(const process_table& table) {
  auto reapers = table.above(::getpid());
  reapers.insert(reaper_);
  for (const auto& process : table.entries()) {
    if (!reapers.contains(process.parent) || !process.alive() || process.pid == ::getpid())
      continue;
    auto mark = mark_of(process.pid);
    if (!mark.starts_with(mark_))
      continue;
    auto run = mark.substr(mark_.size());
    if (!runs_(run))
      endings_.try_emplace(run, process_tree{0, mark, reaper_},
                           end_patience{std::chrono::milliseconds{0}, patience_after_kill},
                           clock::now());
  }
}

void leftovers::look_for_the_end() {
  if (over_ && endings_.empty())
    std::exchange(over_, {})();
}

} // namespace mahavishnu::exec
