// SPDX-License-Identifier: MIT
#pragma once

#include "store/saturating.hpp"
#include "store/sqlite_memory_session.hpp"

namespace mahavishnu::store {

/// The filters of a query, as they are compared.
struct search_filters {
  /// A document has to have one of each.
  std::vector<std::vector<std::string>> facets;
  wall_time first = min_time;
  wall_time last = max_time;
  /// Documents outside of these ids have no record in this time.
  std::int64_t first_document = 0;
  std::int64_t last_document = 0;
  bool is_for_nothing = false;
  /// The last document there was when the first page was looked for.
  std::int64_t anchor = 0;

  bool has_span() const { return first != min_time || last != max_time; }
  bool wants(const document_row& document) const;
  /// In the language of the index: those that have all of it.
  std::string expression() const;
};

/// When the state is not known, it is not known either which documents have no record in a time.
/// `last_document`: of a page before.
result<search_filters> read_filters(const sqlite_memory_session& at, const memory_query& query,
                                    const std::optional<memory_state>& state,
                                    std::optional<std::int64_t> last_document);

} // namespace mahavishnu::store
