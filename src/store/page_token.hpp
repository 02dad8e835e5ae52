// SPDX-License-Identifier: MIT
#pragma once

#include "store/journal_records.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mahavishnu::store {

/// Where a page of ranked hits begins: among the documents up to one, behind so many hits.
struct ranked_place {
  std::int64_t last_document = 0;
  std::uint64_t behind = 0;
  /// What ranked the pages before: in bytes, and for each term.
  std::uint64_t usual_size = 1;
  std::vector<std::uint64_t> rarity;

  static std::optional<ranked_place> parse(std::string_view text);
  std::string text() const;
};

/// Where a page of the newest hits begins: behind the hit of this content with its newest record.
struct listed_place {
  wall_time newest_at = 0;
  std::int64_t content = 0;

  static std::optional<listed_place> parse(std::string_view text);
  std::string text() const;
  friend auto operator<=>(const listed_place&, const listed_place&) = default; // NOLINT
};

} // namespace mahavishnu::store
