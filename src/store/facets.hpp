// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mahavishnu::store {

/// What records are filtered by, as words of the index: so that a filter costs what a word costs.
inline std::string pool_facet(std::int64_t pool) {
  return "p" + std::to_string(pool);
}
inline std::string status_facet(std::uint8_t status) {
  return "s" + std::to_string(status);
}
inline std::string tag_facet(std::int64_t tag) {
  return "t" + std::to_string(tag);
}

/// All of a document. @pre the tags are sorted.
std::string facets_of(std::int64_t pool, std::uint8_t status,
                      const std::vector<std::int64_t>& tags);

bool has_facet(std::string_view facets, std::string_view wanted);
std::vector<std::int64_t> tags_among(std::string_view facets);

} // namespace mahavishnu::store
