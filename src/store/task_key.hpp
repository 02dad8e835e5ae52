// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/ids.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace mahavishnu::store {

/// A task id as 16 bytes that sort like the id.
class task_key {
public:
  explicit task_key(const task_id& task);
  static std::optional<task_id> read(std::string_view bytes);
  std::string_view bytes() const { return {bytes_.data(), bytes_.size()}; }

private:
  std::array<char, 16> bytes_;
};

/// What an id adds to a sum over many: ids that differ little have marks that differ much.
std::uint64_t task_mark(const task_id& task);
std::uint64_t pool_mark(const pool_id& pool);

} // namespace mahavishnu::store
