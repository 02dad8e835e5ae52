// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/auth/key_set.hpp"

#include <chrono>
#include <optional>

namespace mahavishnu::auth {

/// Keeps a key set that comes from elsewhere, and decides when it has to be fetched again. Fetches
/// nothing itself and has no clock: the moments it is given must not go back.
class key_set_cache {
public:
  using moment = std::chrono::steady_clock::time_point;

  struct options {
    /// A set that is older is fetched again, and used until the new one is there.
    std::chrono::seconds fresh_for{600};
    /// A set that is older is not used: a key that was withdrawn must not be good for ever only
    /// because nobody answers. Never less than `fresh_for`.
    std::chrono::seconds usable_for{86'400};
    /// Between two fetches, whatever they are for: tokens of strangers with made-up keys must not
    /// make us ask all the time.
    std::chrono::seconds pause{30};
  };

  key_set_cache() : key_set_cache(options{}) {}
  explicit key_set_cache(const options& chosen);

  /// Whether to fetch now, because there is no set or it is old. True counts as a fetch.
  bool should_fetch(moment now);

  /// The same when a token was refused with `unknown_key`: also for a set that is fresh.
  bool should_fetch_for_unknown_key(moment now);

  /// What came of it. A fetch that failed needs no word: it is made again after the pause.
  void store(key_set fetched, moment now);

  /// What tokens can be checked with now, if there is anything.
  std::optional<key_set> keys(moment now) const;

private:
  bool begin_fetch(moment now);

  options options_;
  std::optional<key_set> keys_;
  moment stored_at_{};
  std::optional<moment> last_fetch_;
};

} // namespace mahavishnu::auth
