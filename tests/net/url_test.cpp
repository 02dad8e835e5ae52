// SPDX-License-Identifier: MIT
#include "base/text.hpp"
#include "net/url.hpp"
#include "support/catch.hpp"

namespace mahavishnu::net {

static std::ostream& operator<<(std::ostream& out, const url& read) {
  return out << read.origin() << read.target;
}

} // namespace mahavishnu::net

using namespace mahavishnu;
using namespace mahavishnu::net;

namespace {

std::string message_for(std::string_view text) {
  auto read = parse_url(text);
  return read ? "it was accepted" : read.error().message;
}

} // namespace

TEST_CASE("a URL is taken apart") {
  auto plain = parse_url("http://Example.org:8678/mcp?a=b#part");
  REQUIRE(plain);
  CHECK(*plain == url{false, "example.org", 8678, "/mcp?a=b"});
  auto secure = parse_url("HTTPS://localhost");
  REQUIRE(secure);
  CHECK(*secure == url{true, "localhost", 443, "/"});
  auto query = parse_url("http://a?b");
  REQUIRE(query);
  CHECK(query->target == "/?b");
}

TEST_CASE("an IPv6 address stands in brackets") {
  auto read = parse_url("http://[::1]:8080/x");
  REQUIRE(read);
  CHECK(*read == url{false, "::1", 8080, "/x"});
  CHECK(read->authority() == "[::1]:8080");
  CHECK(read->origin() == "http://[::1]:8080");
  auto without_port = parse_url("https://[::1]/");
  REQUIRE(without_port);
  CHECK(without_port->authority() == "[::1]");
}

TEST_CASE("the usual port is not said to the server, and the query not in errors") {
  CHECK(parse_url("http://a:80/b?token=c")->authority() == "a");
  CHECK(parse_url("https://a:80/b")->authority() == "a:80");
  CHECK(parse_url("https://a/b?token=c")->shown() == "https://a/b");
}

TEST_CASE("a URL that is refused is shown without secrets, and without parts of characters") {
  auto filler = std::string(10'000, 'x');
  CHECK_THAT(message_for("http://u:secret@a/" + filler),
             ContainsSubstring("http://") && !ContainsSubstring("secret"));
  CHECK_THAT(message_for("http://a/?secret=y&" + filler), !ContainsSubstring("secret"));
  CHECK_FALSE(first_invalid_utf8(message_for("http://a/1234567890\xC3\xBC" + filler)));
  CHECK_FALSE(first_invalid_utf8(message_for("http://a/" + std::string(98, 'x') + "\xC3\xBC")));
}

TEST_CASE("what is no URL is refused with a reason") {
  for (const auto* text :
       {"", "localhost:80", "ftp://a/", "http://", "http:///x", "http://:80/", "http://a:/",
        "http://a:0/", "http://a:65536/", "http://a:80x/", "http://[::1/", "http://[::1]80/",
        "http://a b/", "http://a/b c", "http://a/\r\nX: y", "http://a\n", "http://[a-z]/"})
    CHECK(parse_url(text).has_error());
  CHECK(parse_url("http://a/" + std::string(10'000, 'x')).has_error());
  CHECK_THAT(message_for("localhost:80/mcp"),
             ContainsSubstring("'localhost:80/mcp'") && ContainsSubstring("http://"));
}

TEST_CASE("a user name or a password in a URL is refused and not repeated") {
  for (const auto* text : {"http://name:secret@host/", "http://secret@host/",
                           "http://name:secret@host:99999/", "http://a b:secret@host/ "}) {
    CHECK(parse_url(text).has_error());
    CHECK_THAT(message_for(text), !ContainsSubstring("secret"));
  }
  CHECK_THAT(message_for("http://a b/?token=secret"), !ContainsSubstring("secret"));
}

TEST_CASE("a Location is read against the URL that was asked") {
  auto base = *parse_url("http://a:81/one/two?x");
  CHECK(*follow(base, "/mcp/") == *parse_url("http://a:81/mcp/"));
  CHECK(*follow(base, "three") == *parse_url("http://a:81/one/three"));
  CHECK(*follow(base, "?y") == *parse_url("http://a:81/one/two?y"));
  CHECK(*follow(base, "//b/c") == *parse_url("http://b/c"));
  CHECK(*follow(base, "https://b/c") == *parse_url("https://b/c"));
  CHECK(*follow(base, "/to?next=http://b/") == *parse_url("http://a:81/to?next=http://b/"));
}
