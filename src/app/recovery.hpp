// SPDX-License-Identifier: MIT
#pragma once

#include "actors/pool_manager.hpp"
#include "store/journal_store.hpp"

#include <cstddef>
#include <vector>

namespace mahavishnu {

class keepers;

/// What a server finds of the one before it.
struct recovery {
  std::vector<restored_pool> pools;
  /// The oldest first.
  std::vector<restored_key> keys;
};

/// Reads the journal and takes over the keepers, of which there may be none. Tasks that cannot be
/// gone on with, since their pool is no more, are ended in the journal. What is damaged is said in
/// the log, and the rest is found all the same.
result<recovery> recover(store::journal_store& journal, keepers* keepers, std::size_t keys,
                         store::wall_time now);

} // namespace mahavishnu
