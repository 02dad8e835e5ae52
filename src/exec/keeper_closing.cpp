// SPDX-License-Identifier: MIT
#include "exec/keeper_closing.hpp"

#include "exec/keeper_directory.hpp"
#include "exec/keeper_link.hpp"
#include "exec/left_keepers.hpp"

#include <algorithm>
#include <utility>

namespace mahavishnu::exec {

namespace {

using std::chrono::milliseconds;

/// What still runs after the limit has this long between SIGTERM and SIGKILL.
constexpr std::chrono::seconds longest_grace{5};

/// How long a keeper may take that has been told to end: the grace, the processes that are killed,
/// its last words.
constexpr std::chrono::seconds patience_for_the_end{15};

/// How long a keeper that has said farewell may hold its directory.
constexpr std::chrono::seconds patience_for_the_lock{2};
constexpr milliseconds between_tries{5};

constexpr std::chrono::hours longest_limit{24 * 365};

} // namespace

keeper_closing::keeper_closing(event_loop& loop, std::shared_ptr<keeper_link> link,
                               std::string directory)
    : loop_(loop), link_(std::move(link)), directory_(std::move(directory)) {}

keeper_closing::~keeper_closing() {
  loop_.cancel(limit_);
  loop_.cancel(next_);
}

void keeper_closing::begin(milliseconds limit, std::function<void()> over) {
  over_ = std::move(over);
  link_->hear_at_once(); // nobody is left to say it
  if (link_->is_idle() && !keeper_directory::is_served(directory_)) {
    remove();
    return;
  }
  limit_ = loop_.after(std::clamp<milliseconds>(limit, milliseconds{0}, longest_limit), [this] {
    limit_ = {};
    close();
  });
  // Only a keeper that has been reached tells what else it runs.
  link_->connect([this](const auto& reached) {
    was_reached_ = reached.has_value();
    if (!is_over_ && !is_closing_)
      go_on_with(reached ? &keeper_closing::wait_until_idle : &keeper_closing::remove,
                 milliseconds{0});
  });
}

void keeper_closing::wait_until_idle() {
  link_->when_idle([this] {
    if (!is_over_ && !is_closing_)
      go_on_with(&keeper_closing::close, milliseconds{0});
  });
}

void keeper_closing::close() {
  if (std::exchange(is_closing_, true))
    return;
  loop_.cancel(limit_);
  loop_.cancel(next_);
  give_up_at_ = event_loop::clock::now() + patience_for_the_end;
  limit_ = loop_.at(give_up_at_, [this] {
    limit_ = {};
    finish();
  });
  link_->close(longest_grace, [this] {
    if (is_over_)
      return;
    loop_.cancel(limit_);
    give_up_at_ = event_loop::clock::now() + patience_for_the_lock;
    go_on_with(&keeper_closing::remove, milliseconds{0});
  });
}

void keeper_closing::remove() {
  auto removed = remove_left(directory_);
  if (!removed && removed.error().code == errc::already_exists && was_reached_ &&
      event_loop::clock::now() < give_up_at_)
    go_on_with(&keeper_closing::remove, between_tries);
  else
    finish();
}

void keeper_closing::finish() {
  is_over_ = true;
  link_->shut_down();
  auto over = std::move(over_);
  over();
}

/// Never at once: the link that says when to go on is in the middle of something.
void keeper_closing::go_on_with(void (keeper_closing::*step)(), milliseconds after) {
  loop_.cancel(next_);
  next_ = loop_.after(after, [this, step] {
    next_ = {};
    (this->*step)();
  });
}

} // namespace mahavishnu::exec
