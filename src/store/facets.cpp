// SPDX-License-Identifier: MIT
#include "store/facets.hpp"

#include <algorithm>
#include <charconv>

namespace mahavishnu::store {

namespace {

std::string_view take_facet(std::string_view& facets) {
  auto taken = facets.substr(0, facets.find(' '));
  facets.remove_prefix(std::min(taken.size() + 1, facets.size()));
  return taken;
}

} // namespace

std::string facets_of(std::int64_t pool, std::uint8_t status,
                      const std::vector<std::int64_t>& tags) {
  auto all = pool_facet(pool) + " " + status_facet(status);
  for (auto tag : tags)
    all += " " + tag_facet(tag);
  return all;
}

bool has_facet(std::string_view facets, std::string_view wanted) {
  while (!facets.empty())
    if (take_facet(facets) == wanted)
      return true;
  return false;
}

std::vector<std::int64_t> tags_among(std::string_view facets) {
  std::vector<std::int64_t> tags;
  while (!facets.empty()) {
    auto facet = take_facet(facets);
    std::int64_t number = 0;
    if (facet.starts_with('t') &&
        std::from_chars(facet.data() + 1, facet.data() + facet.size(), number).ec == std::errc{})
      tags.push_back(number);
  }
  return tags;
}

} // namespace mahavishnu::store
