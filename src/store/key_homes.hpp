// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/error.hpp"
#include "mahavishnu/base/ids.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace mahavishnu::store {

/// To which pools the tasks with a sticky key go; the key is known by its hash.
struct key_home {
  std::uint64_t key = 0;
  /// Empty: it has gone.
  pool_id home{};
  /// While the home is away, or when it has gone; empty: none was needed yet.
  pool_id stand_in{};

  friend bool operator==(const key_home&, const key_home&) = default;
};

/// The file that remembers them from server to server: a line for each change, the last one counts.
/// It is not synced to the disk, so that a power cut may take the last ones; then a key goes where
/// its hash says. Any damage costs no more than that.
class key_homes_file {
public:
  explicit key_homes_file(std::string path) : path_(std::move(path)) {}

  /// What it has, those that changed last at the end and no more than `most` of them. It is written
  /// anew when most of it does not count any more.
  result<std::vector<key_home>> read(std::size_t most);

  /// Makes the file if there is none.
  result<void> add(std::span<const key_home> changed);

private:
  std::string path_;
  std::size_t most_ = 0;
  std::size_t lines_ = 0;
  /// The last line may have no end.
  bool is_torn_ = false;
};

} // namespace mahavishnu::store
