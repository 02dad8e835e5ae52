// SPDX-License-Identifier: MIT
#include "mcp/tools/server_news.hpp"

#include <caf/event_based_actor.hpp>

#include <set>

namespace mahavishnu::mcp::server {

namespace {

/// Soon enough to see that nobody listens any more.
constexpr std::chrono::seconds one_wait{5};
constexpr std::chrono::seconds before_next_try{1};

/// What can be read that is not the same after this notice.
void add_changed(const notice& what, std::set<std::string>& changed) {
  auto pool_has_changed = [&](const pool_id& pool) {
    changed.insert(std::string{uri::pools});
    changed.insert(std::string{uri::pool_prefix} + pool.value);
  };
  if (const auto* created = std::get_if<bus::pool_created>(&what.payload)) {
    changed.insert(std::string{});
    pool_has_changed(created->pool);
  } else if (const auto* closed = std::get_if<bus::pool_closed>(&what.payload)) {
    changed.insert(std::string{});
    pool_has_changed(closed->pool);
  } else if (const auto* ended = std::get_if<bus::task_completed>(&what.payload)) {
    pool_has_changed(ended->pool);
    auto task = std::string{uri::task_prefix} + ended->result.task.str();
    changed.insert(task + std::string{uri::output_suffix});
    changed.insert(std::move(task));
  } else {
    pool_has_changed(what.source);
  }
}

} // namespace

std::shared_ptr<void> server_news::watch(const std::string& uri, std::function<void()> changed) {
  auto watcher = std::make_shared<callback>(std::move(changed));
  std::lock_guard guard{mutex_};
  watchers_.emplace(uri, watcher);
  if (!std::exchange(is_running_, true))
    begin();
  return watcher;
}

void server_news::begin() {
  subscribe wish;
  for (auto each : {notice_type::status_update, notice_type::pool_created, notice_type::pool_closed,
                    notice_type::task_completed})
    wish.types.emplace_back(to_string(each));
  ask<subscribed, subscribe>(*door_.system, door_.control, wish, usual_limit,
                             [weak = weak_from_this()](const result<subscribed>& begun) {
                               auto self = weak.lock();
                               if (!self)
                                 return;
                               if (!begun)
                                 return self->try_again(begun.error());
                               // Nobody knows what has happened before this.
                               self->tell_all();
                               self->go_on(begun->subscription);
                             });
}

void server_news::go_on(std::uint64_t subscription) {
  receive_notices wish;
  wish.subscription = subscription;
  wish.most = 1000;
  wish.wait = one_wait;
  ask<notices, receive_notices>(
      *door_.system, door_.control, wish, usual_limit,
      [weak = weak_from_this(), subscription](const result<notices>& news) {
        auto self = weak.lock();
        if (!self)
          return;
        if (!news)
          return self->try_again(news.error());
        if (news->missed > 0)
          self->tell_all();
        else
          self->tell(*news);
        if (self->is_wanted())
          self->go_on(subscription);
        else
          ask<unsubscribed, unsubscribe>(*self->door_.system, self->door_.control,
                                         unsubscribe{subscription}, usual_limit,
                                         [](const result<unsubscribed>&) {});
      });
}

void server_news::tell(const notices& what) {
  std::set<std::string> changed;
  for (const auto& each : what.items)
    add_changed(each, changed);
  std::vector<std::shared_ptr<callback>> all;
  {
    std::lock_guard guard{mutex_};
    for (const auto& uri : changed) {
      auto [begin, end] = watchers_.equal_range(uri);
      for (auto each = begin; each != end; ++each)
        if (auto watcher = each->second.lock())
          all.push_back(std::move(watcher));
    }
  }
  for (const auto& each : all)
    (*each)();
}

/// Except of the list: whoever has just begun to watch has not read it yet.
void server_news::tell_all() {
  std::vector<std::shared_ptr<callback>> all;
  {
    std::lock_guard guard{mutex_};
    for (const auto& [uri, each] : watchers_)
      if (auto watcher = uri.empty() ? nullptr : each.lock())
        all.push_back(std::move(watcher));
  }
  for (const auto& each : all)
    (*each)();
}

bool server_news::is_wanted() {
  std::lock_guard guard{mutex_};
  std::erase_if(watchers_, [](const auto& each) { return each.second.expired(); });
  is_running_ = !watchers_.empty();
  return is_running_;
}

void server_news::try_again(const error& why) {
  if (why.code == errc::shutting_down || why.code == errc::unreachable)
    return; // there is no news any more
  if (!is_wanted())
    return;
  door_.system->spawn([weak = weak_from_this()](caf::event_based_actor* self) -> caf::behavior {
    self->delayed_send(self, before_next_try, caf::tick_atom::value);
    return {[self, weak](caf::tick_atom) {
      if (auto news = weak.lock())
        news->begin();
      self->quit();
    }};
  });
}

} // namespace mahavishnu::mcp::server
