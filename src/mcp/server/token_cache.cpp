// SPDX-License-Identifier: MIT
#include "mcp/server/token_cache.hpp"

#include <functional>

namespace mahavishnu::mcp::server {

namespace {

/// In a time that says nothing of how much of it is the same.
bool is_same(std::string_view a, std::string_view b) {
  if (a.size() != b.size())
    return false;
  unsigned differs = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    differs |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
  return differs == 0;
}

bool is_over(const caller& who, token_cache::second now) {
  return who.until && now >= *who.until;
}

std::size_t place_of(std::string_view token) {
  return std::hash<std::string_view>{}(token);
}

} // namespace

const token_cache::entry* token_cache::find(std::string_view token, second now) {
  auto found = all_.find(place_of(token));
  if (found == all_.end() || !is_same(found->second.token, token))
    return nullptr;
  if (is_over(found->second.who, now)) {
    all_.erase(found);
    return nullptr;
  }
  return &found->second;
}

const token_cache::entry& token_cache::put(entry checked, second now) {
  auto place = place_of(checked.token);
  if (all_.size() >= most_ && !all_.contains(place))
    make_room(now);
  return all_.insert_or_assign(place, std::move(checked)).first->second;
}

void token_cache::make_room(second now) {
  std::erase_if(all_, [now](const auto& each) { return is_over(each.second.who, now); });
  // Checking all of them once more is cheaper than finding out which was used last.
  if (all_.size() >= most_)
    all_.clear();
}

} // namespace mahavishnu::mcp::server
