// SPDX-License-Identifier: MIT
#pragma once

#include "store/journal_store.hpp"

namespace mahavishnu::store {

enum class postgres_use {
  /// Makes what is missing, brings older tables up to date, and is the only one that does.
  write,
  /// Of a journal that is there.
  read,
};

/// A journal in one schema of a PostgreSQL database (14 or later), named by a `postgresql://` URL:
/// the first schema of its search path, which `?options=-csearch_path%3DNAME` sets, or else
/// `mahavishnu`. Tables that are newer than this program are refused and left as they are. A
/// connection that is lost is made again by the next call. The URL's password is in no error.
result<std::unique_ptr<journal_store>> open_postgres(const std::string& url,
                                                     postgres_use use = postgres_use::write);

/// Puts all that another journal has into one in PostgreSQL that has nothing yet, or changes
/// nothing and says why.
result<void> restore_postgres(const std::string& url, journal_store& from);

} // namespace mahavishnu::store
