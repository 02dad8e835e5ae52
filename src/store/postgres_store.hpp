// SPDX-License-Identifier: MIT
#pragma once

#include "store/journal_store.hpp"

#include <chrono>

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
///
/// When the connection is lost while changes are written, `apply` waits for a server that restarts,
/// no longer than `patience`, to ask it what became of them. If nobody can say, its error is
/// `lost`; the tasks that were to be opened are taken away by the next changes that are written, if
/// they are there and are not opened again by these. When another one has had the journal in the
/// meantime, nothing is written any more.
result<std::unique_ptr<journal_store>>
open_postgres(const std::string& url, postgres_use use = postgres_use::write,
              std::chrono::milliseconds patience = std::chrono::seconds{30});

/// Puts all that another journal has into one in PostgreSQL that has nothing yet, or changes
/// nothing and says why.
result<void> restore_postgres(const std::string& url, journal_store& from);

} // namespace mahavishnu::store
