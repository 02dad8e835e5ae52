// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/messages/pool.hpp"

namespace mahavishnu {

/// What a wish that leaves something open gets.
struct pool_defaults {
  std::string type = "mahavishnu";
  std::string worker_type = "shell";
  std::int32_t min_workers = 1;
  std::int32_t max_workers = 10;
  std::int32_t queue_limit = 1000;
};

/// The wish with its defaults filled in; an error that names what cannot be, why, and what would.
result<pool_config> complete(pool_config wish, const pool_defaults& defaults);

} // namespace mahavishnu
