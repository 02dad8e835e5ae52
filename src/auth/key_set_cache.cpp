// SPDX-License-Identifier: MIT
#include "mahavishnu/auth/key_set_cache.hpp"

#include <algorithm>

namespace mahavishnu::auth {

key_set_cache::key_set_cache(const options& chosen) : options_(chosen) {
  options_.usable_for = std::max(options_.usable_for, options_.fresh_for);
}

bool key_set_cache::should_fetch(moment now) {
  if (keys_ && now - stored_at_ < options_.fresh_for)
    return false;
  return begin_fetch(now);
}

bool key_set_cache::should_fetch_for_unknown_key(moment now) {
  return begin_fetch(now);
}

void key_set_cache::store(key_set fetched, moment now) {
  keys_ = std::move(fetched);
  stored_at_ = now;
}

std::optional<key_set> key_set_cache::keys(moment now) const {
  if (!keys_ || now - stored_at_ >= options_.usable_for)
    return std::nullopt;
  return keys_;
}

bool key_set_cache::begin_fetch(moment now) {
  if (last_fetch_ && now - *last_fetch_ < options_.pause)
    return false;
  last_fetch_ = now;
  return true;
}

} // namespace mahavishnu::auth
