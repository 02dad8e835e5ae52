// SPDX-License-Identifier: MIT
#include "net/connection_pool.hpp"

#include <algorithm>
#include <utility>

namespace mahavishnu::net {

using std::chrono::steady_clock;

namespace {

constexpr std::size_t extra_for_urgent = 4;

} // namespace

std::size_t connection_pool::most_for(bool is_urgent) const {
  return options_.max_connections_per_origin + (is_urgent ? extra_for_urgent : 0);
}

connection_pool::connection_ptr connection_pool::make() const {
  return std::make_shared<client_connection>(context_, options_.max_header_bytes);
}

connection_pool::connection_ptr connection_pool::take_idle(origin& of) {
  while (!of.idle.empty()) {
    auto connection = std::move(of.idle.back());
    of.idle.pop_back();
    if (steady_clock::now() < connection->keep_until && connection->is_quiet())
      return connection;
    connection->close();
    --of.connections;
  }
  return nullptr;
}

bool connection_pool::ask(const url& where, request_number who, bool is_urgent, taker take) {
  auto& of = origins_[where.origin()];
  if (auto kept = take_idle(of)) {
    take(std::move(kept));
  } else if (of.connections < most_for(is_urgent)) {
    ++of.connections;
    take(make());
  } else if (waiting_ < options_.max_waiting) {
    ++waiting_;
    auto place =
        is_urgent ? std::ranges::find(of.waiting, false, &waiter::is_urgent) : of.waiting.end();
    of.waiting.insert(place, {who, is_urgent, std::move(take)});
  } else {
    return false;
  }
  return true;
}

void connection_pool::withdraw(const url& where, request_number who) {
  auto of = origins_.find(where.origin());
  if (of != origins_.end())
    waiting_ -=
        std::erase_if(of->second.waiting, [&](const waiter& one) { return one.who == who; });
}

void connection_pool::give_back(const url& where, const connection_ptr& connection,
                                bool is_usable) {
  auto found = origins_.find(where.origin());
  auto& of = found->second;
  // A connection on which something has come unasked is not for the next request.
  is_usable = is_usable && connection->is_quiet();
  auto may_serve = [&](const waiter& next) { return of.connections <= most_for(next.is_urgent); };
  if (!of.waiting.empty() && may_serve(of.waiting.front())) {
    auto next = std::move(of.waiting.front());
    of.waiting.pop_front();
    --waiting_;
    next.take(is_usable ? connection : replace(connection));
  } else if (is_usable && of.connections <= most_for(false)) {
    of.idle.push_back(connection);
    watch_idle();
  } else {
    connection->close();
    if (--of.connections == 0)
      origins_.erase(found);
  }
}

connection_pool::connection_ptr connection_pool::replace(const connection_ptr& connection) {
  connection->close();
  return make();
}

void connection_pool::watch_idle() {
  if (is_watching_ || origins_.empty())
    return;
  auto first = steady_clock::time_point::max();
  for (const auto& [name, of] : origins_)
    for (const auto& connection : of.idle)
      first = std::min(first, connection->keep_until);
  if (first == steady_clock::time_point::max())
    return;
  is_watching_ = true;
  idle_timer_.expires_at(first);
  idle_timer_.async_wait([this](boost::system::error_code cancelled) {
    is_watching_ = false;
    if (!cancelled)
      close_expired();
  });
}

void connection_pool::close_expired() {
  auto now = steady_clock::now();
  for (auto& [name, of] : origins_)
    of.connections -= std::erase_if(of.idle, [&](const connection_ptr& connection) {
      auto is_expired = connection->keep_until <= now;
      if (is_expired)
        connection->close();
      return is_expired;
    });
  std::erase_if(origins_, [](const auto& entry) { return entry.second.connections == 0; });
  watch_idle();
}

void connection_pool::close_idle() {
  for (auto& [name, of] : origins_) {
    for (const auto& connection : of.idle)
      connection->close();
    of.connections -= of.idle.size();
    of.idle.clear();
  }
  idle_timer_.cancel();
}

} // namespace mahavishnu::net
