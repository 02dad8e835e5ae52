// SPDX-License-Identifier: MIT
#include "store/libpq.hpp"
#include "support/catch.hpp"

using namespace mahavishnu;
using namespace mahavishnu::store;

TEST_CASE("a library of PostgreSQL that is not there is named, with the reason and what to do") {
  auto missing = libpq::load("libpq.so.none");
  REQUIRE(missing.has_error());
  CHECK(missing.error().code == errc::unsupported);
  CHECK(missing.error().message ==
        "cannot load 'libpq.so.none', the library that a journal in PostgreSQL needs: cannot open "
        "shared object file: No such file or directory; install version 14 or later of it (apt "
        "install libpq5), or keep the journal in a file (no storage.url)");
}

TEST_CASE("a library that has not all functions that we use is refused, and the function named") {
  auto other = libpq::load("libc.so.6");
  REQUIRE(other.has_error());
  CHECK(other.error().code == errc::unsupported);
  CHECK_THAT(other.error().message,
             ContainsSubstring("'libc.so.6'") && ContainsSubstring("undefined symbol: PQclear"));
}
