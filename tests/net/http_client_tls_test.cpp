// SPDX-License-Identifier: MIT
#include "net/client_support.hpp"
#include "net/tls_support.hpp"

#include <fstream>

using namespace mahavishnu;
using namespace mahavishnu::test;

namespace {

/// An authority, and a client that trusts nobody else.
struct trust {
  trust() {
    write_certificate(authority, files / "ca.pem");
    client_options options;
    options.ca_file = files / "ca.pem";
    client = open_client(options);
  }

  identity server_for(std::string names) const {
    return make_identity({std::move(names)}, &authority);
  }

  scratch files;
  identity authority = make_identity({});
  std::unique_ptr<http_client> client;
};

} // namespace

TEST_CASE("a server with a certificate of the authority is trusted, by name and by address") {
  trust given;
  tls_server server{given.server_for("DNS:localhost,IP:127.0.0.1")};
  for (int i = 0; i < 3; ++i)
    CHECK(exchange(*given.client, ask_for(server.url("localhost")))->body == "localhost");
  CHECK(server.connection_count() == 1);
  CHECK(exchange(*given.client, ask_for(server.url("127.0.0.1")))->body == "no name");
}

TEST_CASE("a certificate for another host is not trusted") {
  trust given;
  tls_server server{given.server_for("DNS:example.org")};
  auto by_name = exchange(*given.client, ask_for(server.url("localhost")));
  REQUIRE(by_name.has_error());
  CHECK(by_name.error().code == errc::unreachable);
  CHECK_THAT(by_name.error().message,
             ContainsSubstring(server.url("localhost")) && ContainsSubstring("ostname mismatch"));
  CHECK_THAT(failure_of(exchange(*given.client, ask_for(server.url("127.0.0.1")))),
             ContainsSubstring("IP address mismatch"));
}

TEST_CASE("a certificate of an unknown authority, or one that has expired, is not trusted") {
  trust given;
  tls_server own{make_identity({"DNS:localhost"})};
  CHECK_THAT(failure_of(exchange(*given.client, ask_for(own.url("localhost")))),
             ContainsSubstring("self-signed") && ContainsSubstring("CA file"));
  auto other_authority = make_identity({});
  tls_server other{make_identity({"DNS:localhost"}, &other_authority)};
  CHECK_THAT(failure_of(exchange(*given.client, ask_for(other.url("localhost")))),
             ContainsSubstring("not to be trusted"));
  tls_server expired{make_identity({"DNS:localhost", -3600}, &given.authority)};
  CHECK_THAT(failure_of(exchange(*given.client, ask_for(expired.url("localhost")))),
             ContainsSubstring("expired"));
}

TEST_CASE("without a CA file, the authorities of the system are trusted, and no others") {
  trust given;
  tls_server server{given.server_for("DNS:localhost")};
  CHECK_THAT(failure_of(exchange(*open_client(), ask_for(server.url("localhost")))),
             ContainsSubstring("not to be trusted"));
}

TEST_CASE("a certificate that is trusted itself needs no authority, and may be renewed") {
  scratch files;
  auto file = files / "server.pem";
  auto authority = make_identity({});
  auto first = make_identity({"DNS:localhost"}, &authority);
  auto second = make_identity({"DNS:localhost"}, &authority);
  write_certificate(first, file);
  client_options options;
  options.ca_file = file;
  auto client = open_client(options);
  tls_server before{first};
  CHECK(exchange(*client, ask_for(before.url("localhost")))->body == "localhost");

  tls_server after{second};
  CHECK_THAT(failure_of(exchange(*client, ask_for(after.url("localhost")))),
             ContainsSubstring("not to be trusted"));
  auto changed = [&](int minutes) {
    auto now = std::filesystem::file_time_type::clock::now();
    std::filesystem::last_write_time(file, now + std::chrono::minutes{minutes});
  };
  std::ofstream{file} << "no certificate";
  changed(1);
  CHECK(exchange(*client, ask_for(before.url("localhost")))->body == "localhost");
  write_certificate(second, file);
  changed(2);
  CHECK(exchange(*client, ask_for(after.url("localhost")))->body == "localhost");
}

TEST_CASE("TLS to a server without it, and plain HTTP to one with it, say what is wrong") {
  trust given;
  auto plain = open_server(echo);
  auto failed =
      exchange(*given.client, ask_for("https://127.0.0.1:" + std::to_string(plain->port()) + '/'));
  REQUIRE(failed.has_error());
  CHECK(failed.error().code == errc::unreachable);
  CHECK_THAT(failed.error().message, ContainsSubstring("http://"));

  tls_server server{given.server_for("DNS:localhost")};
  CHECK(exchange(*given.client, ask_for("http://127.0.0.1:" + std::to_string(server.port())))
            .has_error());
}

TEST_CASE("surplus bytes over TLS do not become the answer to the next request") {
  trust given;
  tls_server server{given.server_for("DNS:localhost")};
  CHECK(exchange(*given.client, ask_for(server.url("localhost") + "surplus"))->body == "asked for");
  CHECK(exchange(*given.client, ask_for(server.url("localhost")))->body == "localhost");
  CHECK(server.connection_count() == 2);
}

TEST_CASE("a body of unknown length over TLS ends with a farewell, or was cut") {
  trust given;
  tls_server server{given.server_for("DNS:localhost")};
  CHECK_THAT(failure_of(exchange(*given.client, ask_for(server.url("localhost") + "cut"))),
             ContainsSubstring("in the middle"));
}
