// SPDX-License-Identifier: MIT
#include "config/workspace.hpp"
#include "support/catch.hpp"

using namespace mahavishnu;
using namespace mahavishnu::config;
using mahavishnu::test::text_of;
using mahavishnu::test::workspace;

namespace {

std::string problems_of(std::string_view text) {
  workspace here;
  here.write("settings/mahavishnu.yaml", text);
  return text_of(here.load().problems);
}

std::string storage(std::string_view connection) {
  return problems_of("otel_storage:\n  connection_string: \"" + std::string{connection} + "\"\n");
}

} // namespace

TEST_CASE("more workers at least than at most are refused where the later word was said") {
  CHECK(problems_of("pools: {min_workers: 5, max_workers: 3}\n") ==
        "settings/mahavishnu.yaml:1:22: pools.min_workers (5) must not be greater than "
        "pools.max_workers (3)\n");
  CHECK(problems_of("pools: {min_workers: 3, max_workers: 3}\n").empty());

  workspace here;
  here.write("settings/mahavishnu.yaml", "pools: {min_workers: 5}\n");
  here.environment["MAHAVISHNU_POOLS__MAX_WORKERS"] = "3";
  CHECK_THAT(text_of(here.load().problems),
             ContainsSubstring("environment MAHAVISHNU_POOLS__MAX_WORKERS: pools.min_workers (5)"));
}

TEST_CASE("a rule is silent about a value that is no good anyway") {
  CHECK(problems_of("pools: {min_workers: 10, max_workers: few}\n").find("greater") ==
        std::string::npos);
}

TEST_CASE("rules are silent while a file cannot be read, which may hold what they miss") {
  workspace here;
  here.environment["MAHAVISHNU_AUTH__ENABLED"] = "true";
  CHECK(here.load().problems.size() == 1);
  here.write("settings/local.yaml", "auth: {secret: [\n");
  auto text = text_of(here.load().problems);
  CHECK_THAT(text, ContainsSubstring("not valid YAML"));
  CHECK(text.find("needs a secret") == std::string::npos);
}

TEST_CASE("enabled auth without a secret is refused with the variable to set") {
  CHECK(problems_of("auth: {enabled: true}\n") ==
        "settings/mahavishnu.yaml:1:17: auth.enabled needs a secret; set "
        "MAHAVISHNU_AUTH__SECRET\n");
  CHECK_THAT(problems_of("subscription_auth: {enabled: true}\n"),
             ContainsSubstring("set MAHAVISHNU_SUBSCRIPTION_AUTH__SECRET"));
}

TEST_CASE("enabled auth with a pair of keys needs the public one and no secret") {
  for (std::string name : {"RS256", "ES256"}) {
    CHECK_THAT(problems_of("auth: {enabled: true, algorithm: " + name + "}\n"),
               ContainsSubstring("auth.enabled with " + name +
                                 " needs a file with public keys; set auth.public_key"));
    CHECK(problems_of("auth: {enabled: true, algorithm: " + name + ", public_key: keys.json}\n")
              .empty());
    CHECK(problems_of("auth: {enabled: true, algorithm: " + name +
                      ", jwks_url: https://issuer.example/keys}\n")
              .empty());
  }
}

TEST_CASE("a short secret is refused, and is not shown") {
  auto text = problems_of("auth: {secret: hunter2}\nsubscription_auth: {secret: hunter22}\n");
  CHECK_THAT(text, ContainsSubstring("auth.secret must have at least 32 characters, not 7"));
  CHECK_THAT(text,
             ContainsSubstring("subscription_auth.secret must have at least 32 characters, not 8"));
  CHECK(text.find("hunter") == std::string::npos);
  CHECK(problems_of("auth: {secret: " + std::string(32, 'x') + "}\n").empty());
  CHECK_FALSE(problems_of("auth: {secret: " + std::string(31, 'x') + "}\n").empty());
}

TEST_CASE("subscriptions that are enabled alone make nobody ask for tokens, which is said") {
  workspace here;
  const std::string secret(32, 'x');
  auto subscriptions = "subscription_auth: {enabled: true, secret: " + secret + "}\n";
  here.write("settings/mahavishnu.yaml", subscriptions);
  auto loaded = here.load();
  REQUIRE(loaded.settings);
  REQUIRE(loaded.warnings.size() == 1);
  CHECK_THAT(loaded.warnings.front(), ContainsSubstring("only together with auth.enabled"));
  here.write("settings/mahavishnu.yaml",
             subscriptions + "auth: {enabled: true, secret: " + secret + "}\n");
  CHECK(here.load().warnings.empty());
}

TEST_CASE("a journal is in PostgreSQL or in the state directory") {
  auto journal = [](std::string_view url) {
    return problems_of("storage:\n  url: \"" + std::string{url} + "\"\n");
  };
  CHECK(journal("").empty());
  CHECK(journal("postgresql:///mahavishnu?host=/run/postgresql").empty());
  CHECK(journal("postgres://me:Ki7xw@db.example.org/journal").empty());
  for (std::string_view wrong : {"mysql://me:hunter2@db/journal", "hunter2", "journal.db"}) {
    CHECK_THAT(journal(wrong), ContainsSubstring("storage.url must look like postgresql://"));
    CHECK(journal(wrong).find(wrong) == std::string::npos);
  }
}

TEST_CASE("storage that is enabled needs a connection string") {
  CHECK_THAT(problems_of("otel_storage: {enabled: true}\n"),
             ContainsSubstring("set MAHAVISHNU_OTEL_STORAGE__CONNECTION_STRING"));
}

TEST_CASE("a connection string has a scheme, a user and a database") {
  CHECK(storage("postgresql://me:Ki7xw@db.example.org/traces").empty());
  CHECK(storage("postgres://me:p@ss@db:5432/traces?sslmode=require").empty());
  CHECK_THAT(storage("mysql://me:hunter2@db/traces"), ContainsSubstring("does not start with"));
  CHECK_THAT(storage("postgresql://db/traces"), ContainsSubstring("has no \"@\""));
  CHECK_THAT(storage("postgresql://me:hunter2@db"), ContainsSubstring("names no database"));
  CHECK_THAT(storage("postgresql://me:hunter2@db/?a=b"), ContainsSubstring("names no database"));
  CHECK(storage("postgresql://me:hunter2@db").find("hunter2") == std::string::npos);
}

TEST_CASE("a connection string with default credentials is refused, enabled or not") {
  for (auto credentials : {"me:password", "postgres:postgres", "Postgres:Password", "admin:admin",
                           "root:root", "test:test"}) {
    INFO(credentials);
    CHECK_THAT(storage("postgresql://" + std::string{credentials} + "@db/traces"),
               ContainsSubstring("default credentials"));
  }
}

TEST_CASE("a peer gets more time than a heartbeat takes") {
  CHECK_THAT(problems_of("control: {heartbeat_seconds: 10, peer_timeout_seconds: 10}\n"),
             ContainsSubstring("control.peer_timeout_seconds (10) must be greater than"));
  CHECK(problems_of("control: {heartbeat_seconds: 10, peer_timeout_seconds: 11}\n").empty());
}

TEST_CASE("the path of the endpoint starts with a slash") {
  CHECK_THAT(problems_of("mcp: {path: mcp}\n"), ContainsSubstring("mcp.path must start with"));
}

TEST_CASE("a certificate of TLS needs its key, and a key its certificate") {
  CHECK(problems_of("mcp: {tls_certificate: a.pem}\n") ==
        "settings/mahavishnu.yaml:1:24: mcp.tls_certificate needs the key that belongs to it; set "
        "mcp.tls_key\n");
  CHECK_THAT(problems_of("mcp: {tls_key: a.pem}\n"), ContainsSubstring("set mcp.tls_certificate"));
  CHECK(problems_of("mcp: {tls_certificate: a.pem, tls_key: b.pem}\n").empty());
}

TEST_CASE("only addresses of this machine are listened on while nobody is asked for tokens") {
  for (auto host : {"127.0.0.1", "127.1.2.3", "\"::1\"", "localhost"}) {
    INFO(host);
    CHECK(problems_of("mcp: {host: " + std::string{host} + "}\n").empty());
  }
  for (auto host :
       {"0.0.0.0", "\"\"", "\"::\"", "192.168.1.1", "127.evil.example.org", "127.0.0"}) {
    INFO(host);
    auto text = problems_of("mcp: {host: " + std::string{host} + "}\n");
    CHECK_THAT(text, ContainsSubstring("mcp.host must be an address of this machine only"));
    CHECK_THAT(text, ContainsSubstring("keep 127.0.0.1"));
  }
  CHECK(problems_of("mcp: {host: 0.0.0.0}\nauth: {enabled: true, secret: " + std::string(32, 'x') +
                    "}\n")
            .empty());
}
