// SPDX-License-Identifier: MIT
#pragma once

#include "store/journal_store.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace mahavishnu::store {

/// What one journal has on its way to another, as the changes that would have led there, some at a
/// time. Stops at the first thing that goes wrong: a copy with something missing would be taken for
/// a whole one.
class journal_copy {
public:
  using writing = std::function<result<void>(std::span<const change>)>;

  explicit journal_copy(writing write) : write_(std::move(write)) {}

  void take(stored_pool&& pool);
  void take(result<stored_task>&& task);
  void fail(error why);

  /// Everything that a journal has.
  void take_all(journal_store& from);

  /// Writes the last ones. Says whether all is there.
  result<void> finish();

private:
  void write();

  writing write_;
  std::vector<change> changes_;
  std::size_t bytes_ = 0;
  std::optional<error> failed_;
};

} // namespace mahavishnu::store
