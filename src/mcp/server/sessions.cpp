// SPDX-License-Identifier: MIT
#include "mcp/server/sessions.hpp"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <stdexcept>

namespace mahavishnu::mcp::server {

namespace {

std::string unguessable() {
  std::array<unsigned char, 16> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    throw std::runtime_error{"the system gives no random bytes"};
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (auto byte : bytes)
    (text += digits[byte >> 4]) += digits[byte & 15];
  return text;
}

} // namespace

bool session::begin(const json& request) {
  std::lock_guard guard{mutex_};
  return calls_.try_emplace(request).second;
}

void session::run(const json& request, const std::weak_ptr<tool_call>& call) {
  std::lock_guard guard{mutex_};
  calls_[request] = call;
}

void session::end(const json& request) {
  std::lock_guard guard{mutex_};
  calls_.erase(request);
}

void session::cancel(const json& request) {
  std::shared_ptr<tool_call> call;
  {
    std::lock_guard guard{mutex_};
    if (auto found = calls_.find(request); found != calls_.end())
      call = found->second.lock();
  }
  if (call)
    call->cancel();
}

void session::cancel_all() {
  std::map<json, std::weak_ptr<tool_call>> calls;
  {
    std::lock_guard guard{mutex_};
    calls.swap(calls_);
  }
  for (const auto& [request, each] : calls)
    if (auto call = each.lock())
      call->cancel();
}

bool session::is_busy() {
  std::lock_guard guard{mutex_};
  return !calls_.empty();
}

std::shared_ptr<session> session_table::open(std::string version, time_point now) {
  drop_old(now);
  if (by_use_.size() >= most_) {
    auto idle =
        std::ranges::find_if(by_use_, [](const entry& each) { return !each.what->is_busy(); });
    close((idle != by_use_.end() ? *idle : by_use_.front()).what->id());
  }
  auto made = std::make_shared<session>(unguessable(), std::move(version));
  by_use_.push_back({made, now});
  by_id_.emplace(made->id(), std::prev(by_use_.end()));
  return made;
}

std::shared_ptr<session> session_table::find(std::string_view id, time_point now) {
  drop_old(now);
  auto found = by_id_.find(id);
  if (found == by_id_.end())
    return nullptr;
  touch(found->second, now);
  return found->second->what;
}

bool session_table::close(std::string_view id) {
  auto found = by_id_.find(id);
  if (found == by_id_.end())
    return false;
  auto place = found->second;
  auto ended = place->what; // its id is the key
  by_id_.erase(found);
  by_use_.erase(place);
  ended->cancel_all();
  return true;
}

void session_table::drop_old(time_point now) {
  while (!by_use_.empty() && now - by_use_.front().used > idle_limit_) {
    if (by_use_.front().what->is_busy())
      touch(by_use_.begin(), now);
    else
      close(by_use_.front().what->id());
  }
}

void session_table::touch(std::list<entry>::iterator which, time_point now) {
  which->used = now;
  by_use_.splice(by_use_.end(), by_use_, which);
}

} // namespace mahavishnu::mcp::server
