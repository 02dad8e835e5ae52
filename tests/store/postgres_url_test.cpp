// SPDX-License-Identifier: MIT
#include "store/postgres_server.hpp"
#include "store/postgres_url.hpp"

using namespace mahavishnu;
using namespace mahavishnu::test;

TEST_CASE("a URL is shown without its secrets") {
  auto shown = [](const std::string& url) { return good(postgres_url::parse(url)).shown(); };
  CHECK(shown("postgresql://host/db") == "postgresql://host/db");
  CHECK(shown("postgres://me:s3same@host:5433/db") == "postgresql://me@host:5433/db");
  CHECK(shown("postgresql://me@host/db?password=s3same&sslpassword=s3same&connect_timeout=3") ==
        "postgresql://me@host/db?connect_timeout=3");
  CHECK(shown("postgresql://a:1,b:2/db?target_session_attrs=read-write") ==
        "postgresql://a:1,b:2/db?target_session_attrs=read-write");
  CHECK(shown("postgresql://me:s3same@%2Frun%2Fpostgresql/db?options=-csearch_path%3Dlamps") ==
        "postgresql://me@/db?host=/run/postgresql&options=-csearch_path=lamps");
  CHECK(shown("postgresql://a%20b:s3same@host/d%C3%BC") == "postgresql://a%20b@host/d%C3%BC");
  CHECK(good(postgres_url::parse("postgresql://me:a%2Fb@host/db")).option("password") == "a/b");
}

TEST_CASE("no part of a password is in what is said of a URL that cannot be read") {
  for (const std::string url :
       {"postgresql://me:s3same/x@host/db", "postgresql://me:ab@s3same@host/db",
        "postgresql://me:ab%s3same@host/db", "postgresql://me:ab@host/db?s3same",
        "postgresql://me:s3same@[host/db", "postgresql://me:ab/s3same@host:1/db",
        "postgresql://me@host:s3same/db", "host=a password=s3same", "s3same", "",
        "postgresql://me:ab@host/db?s3same=1", "postgresql://me:ab@[s3same]x/db"}) {
    INFO(url);
    auto refused = postgres_url::parse(url);
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == errc::invalid_argument);
    CHECK_THAT(refused.error().message, !ContainsSubstring("s3same") &&
                                            ContainsSubstring("postgresql://USER:PASSWORD@HOST"));
  }
}
