// SPDX-License-Identifier: MIT
#include "net/client_support.hpp"
#include "net/tls_support.hpp"

#include <unistd.h>

using namespace mahavishnu;
using namespace mahavishnu::test;
using namespace std::chrono_literals;

namespace {

/// The files of a server, and an authority that has signed what is in them.
struct papers {
  papers() { use(shown); }

  void use(const identity& whose) const {
    write_certificate(whose, files / "cert.pem");
    write_key(whose, files / "key.pem");
  }
  http_options options() const {
    http_options all;
    all.tls_certificate = files / "cert.pem";
    all.tls_key = files / "key.pem";
    return all;
  }
  std::unique_ptr<http_client> trusting_client() const {
    write_certificate(authority, files / "ca.pem");
    client_options all;
    all.ca_file = files / "ca.pem";
    return open_client(all);
  }
  identity another() const { return make_identity({"DNS:localhost,IP:127.0.0.1"}, &authority); }

  scratch files;
  identity authority = make_identity({});
  identity shown = another();
};

std::string secure_url_of(const http_server& server, std::string_view target = "/") {
  return "https://localhost:" + std::to_string(server.port()) + std::string(target);
}

bool serves(const http_server& server) {
  tls_client next{server.port()};
  next.send(get("/well"));
  return body_of(next.receive()) == "GET /well ";
}

std::string why_not(const http_options& options) {
  auto started = http_server::start(options, echo);
  REQUIRE(started.has_error());
  CHECK(started.error().code == errc::invalid_settings);
  return started.error().message;
}

} // namespace

TEST_CASE("a server with a certificate is what a client of TLS expects") {
  papers given;
  auto server = open_server(echo, given.options());
  auto client = given.trusting_client();
  CHECK(exchange(*client, ask_for(secure_url_of(*server, "/a")))->body == "GET /a ");
  auto large = ask_for(secure_url_of(*server));
  large.method = "POST";
  large.body.assign(3'000'000, 'x');
  CHECK(exchange(*client, large)->body == "POST / " + large.body);
}

TEST_CASE(
    "a connection with TLS serves one request after the other, and those that come together") {
  papers given;
  auto server = open_server(echo, given.options());
  tls_client one{server->port()};
  for (const auto* target : {"/1", "/2", "/3"}) {
    one.send(get(target));
    CHECK(body_of(one.receive()) == "GET " + std::string(target) + ' ');
  }
  CHECK(one.version() == "TLSv1.3");
  one.send(get("/4") + get("/5") + post("six"));
  CHECK(body_of(one.receive()) == "GET /4 ");
  CHECK(body_of(one.receive()) == "GET /5 ");
  CHECK(body_of(one.receive()) == "POST / six");
}

TEST_CASE("TLS 1.2 is spoken, what is older is not") {
  papers given;
  auto server = open_server(echo, given.options());
  tls_client older{server->port(), {TLS1_2_VERSION}};
  older.send(get("/"));
  CHECK(has_status(older.receive(), 200));
  CHECK(older.version() == "TLSv1.2");

  tls_client oldest{server->port(), {TLS1_1_VERSION}};
  CHECK_FALSE(oldest.shake_hands());
  CHECK_THAT(oldest.failure(), ContainsSubstring("protocol version"));
  CHECK(serves(*server));
}

TEST_CASE("within TLS, HTTP/1.1 is chosen, and nothing is spoken with who does not know it") {
  papers given;
  auto server = open_server(echo, given.options());
  tls_client both{server->port(), {TLS1_3_VERSION, "\x02h2\x08http/1.1"}};
  REQUIRE(both.shake_hands());
  CHECK(both.protocol() == "http/1.1");
  tls_client other{server->port(), {TLS1_3_VERSION, "\x02h2"}};
  CHECK_FALSE(other.shake_hands());
  CHECK_THAT(other.failure(), ContainsSubstring("no application protocol"));
}

TEST_CASE("plain HTTP where TLS is spoken gets 400, in plain HTTP") {
  papers given;
  auto server = open_server(echo, given.options());
  for (const auto& request : {get("/"), post("x"), std::string("DELETE / HTTP/1.1\r\n")}) {
    client plain{server->port()};
    plain.send(request);
    auto answer = plain.receive();
    CHECK(has_status(answer, 400));
    CHECK_THAT(answer, ContainsSubstring("https://"));
    CHECK(plain.is_closed_by_server());
  }
  CHECK(serves(*server));
}

TEST_CASE("what is neither TLS nor HTTP is told so, and closed") {
  papers given;
  auto server = open_server(echo, given.options());
  auto before = open_descriptors();
  for (const auto& words :
       {std::string(100, '\0'), std::string("\x16\x03\x01\xff\xff") + "nonsense",
        std::string(70'000, '\x16')}) {
    client one{server->port()};
    one.send(words);
    one.say_no_more();
    CHECK(one.receive_all().size() <= 7); // an alert, at most
  }
  CHECK(comes_true([&] { return open_descriptors() == before; }));
  CHECK(serves(*server));
}

TEST_CASE("a handshake may come byte by byte") {
  papers given;
  auto server = open_server(echo, given.options());
  for (auto version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    tls_client slow{server->port(), {version, "", 1}};
    slow.send(get("/"));
    CHECK(has_status(slow.receive(), 200));
  }
}

TEST_CASE("a handshake that does not go on is cut, and so is who says nothing after it") {
  papers given;
  auto options = given.options();
  options.request_timeout = 1s;
  auto server = open_server(echo, options);
  tls_client silent{server->port()};
  tls_client half{server->port()};
  tls_client idle{server->port()};
  half.send_as_they_are(half.first_words().substr(0, 100));
  REQUIRE(idle.shake_hands());
  auto start = std::chrono::steady_clock::now();
  CHECK(silent.client::is_closed_by_server());
  CHECK(half.client::is_closed_by_server());
  CHECK(idle.is_closed_by_server());
  CHECK(idle.has_farewell());
  CHECK(std::chrono::steady_clock::now() - start < 10s);
  CHECK(serves(*server));
}

TEST_CASE("clients that go in the middle of a handshake leave nothing") {
  papers given;
  auto server = open_server(echo, given.options());
  auto before = open_descriptors(); // not behind a connection that may just be closing
  REQUIRE(serves(*server));
  for (std::size_t length : {0, 1, 5, 50, 150, 10'000})
    for (bool at_once : {false, true}) {
      tls_client one{server->port()};
      one.send_as_they_are(one.first_words().substr(0, length));
      at_once ? one.reset() : one.close();
    }
  CHECK(comes_true([&] { return open_descriptors() == before; }));
  CHECK(serves(*server));
}

TEST_CASE("a client of TLS that goes is noticed, however it goes") {
  papers given;
  inbox requests;
  auto server = open_server(requests.handler(), given.options());
  for (auto go : {+[](tls_client& one) { one.close(); }, +[](tls_client& one) { one.reset(); },
                  +[](tls_client& one) { one.say_farewell(); },
                  +[](tls_client& one) { one.say_no_more(); }}) {
    tls_client one{server->port()};
    happening gone;
    auto answer = open_stream(one, requests);
    answer.on_gone(gone.callback());
    CHECK(gone.count() == 0);
    go(one);
    CHECK(gone.comes());
  }
}

TEST_CASE("a client of TLS that sends no more is answered") {
  papers given;
  inbox requests;
  auto server = open_server(requests.handler(), given.options());
  for (auto stop : {+[](tls_client& one) { one.say_farewell(); },
                    +[](tls_client& one) { one.say_no_more(); }}) {
    tls_client one{server->port()};
    one.send(get("/"));
    auto answer = requests.next().answer;
    happening gone;
    answer.on_gone(gone.callback());
    stop(one);
    REQUIRE(gone.comes());
    answer.reply(text("all the same"));
    CHECK(body_of(one.receive()) == "all the same");
    CHECK(one.is_closed_by_server());
    CHECK(one.has_farewell());
  }
}

TEST_CASE("a stream over TLS comes piece by piece, and is kept alive") {
  papers given;
  inbox requests;
  auto server = open_server(requests.handler(), given.options());
  tls_client one{server->port()};
  auto answer = open_stream(one, requests, "first\n");
  CHECK_THAT(one.receive_through("first\n"), ContainsSubstring("first"));
  answer.send("second\n");
  CHECK_THAT(one.receive_through("second\n"), ContainsSubstring("second"));
  answer.keep_alive(20ms, ":\n\n");
  one.receive_through(":\n\n");
  one.receive_through(":\n\n");
  answer.end();
  one.receive_through("\r\n0\r\n\r\n");
  one.send(get("/next"));
  requests.next().answer.reply(text("next"));
  CHECK(body_of(one.receive()) == "next");
}

TEST_CASE("a slow client of TLS gets all of a stream of small and large pieces") {
  constexpr int pieces = 400;
  papers given;
  inbox requests;
  auto server = open_server(requests.handler(), given.options());
  tls_client one{server->port(), {TLS1_3_VERSION, "", 0, 4096}};
  auto answer = open_stream(one, requests);
  std::string all;
  std::vector<std::string> parts;
  for (int i = 0; i < pieces; ++i) {
    parts.emplace_back(i % 7 == 0 ? 40'000 : 1 + i % 300, static_cast<char>('a' + i % 26));
    all += parts.back();
  }
  std::thread writer([&parts, answer] {
    for (auto& part : parts)
      if (comes_true([&] { return answer.waiting() < 100'000; }))
        answer.send(part);
    answer.end();
  });
  auto body = unchunked(one.receive_through("\r\n0\r\n\r\n"));
  writer.join();
  CHECK(body == all);
}

TEST_CASE("a client of TLS that does not read is cut, without a farewell") {
  papers given;
  auto options = given.options();
  options.max_stream_bytes = 200'000;
  inbox requests;
  auto server = open_server(requests.handler(), options);
  tls_client one{server->port(), {TLS1_3_VERSION, "", 0, 4096}};
  happening gone;
  auto answer = open_stream(one, requests);
  answer.on_gone(gone.callback());
  CHECK(comes_true([&] {
    answer.send(std::string(50'000, 'x'));
    return gone.count() > 0;
  }));
  one.receive_all();
  CHECK_FALSE(one.has_farewell());
}

TEST_CASE("a stream to a client of HTTP/1.0 within TLS ends with a farewell") {
  papers given;
  inbox requests;
  auto server = open_server(requests.handler(), given.options());
  tls_client one{server->port()};
  auto answer = open_stream(one, requests, "", "GET / HTTP/1.0\r\n\r\n");
  answer.send("all of it");
  answer.end();
  CHECK(one.receive_all() == "all of it");
  CHECK(one.has_farewell());
}

TEST_CASE("what one record of TLS holds is read although it has to wait in parts") {
  papers given;
  auto options = given.options();
  options.max_header_bytes = 256; // so much of the next requests is taken
  inbox requests;
  auto server = open_server(requests.handler(), options);
  tls_client one{server->port()};
  std::string all;
  constexpr int count = 200;
  for (int i = 0; i < count; ++i)
    all += get("/" + std::to_string(i));
  one.send(all);
  for (int i = 0; i < count; ++i) {
    auto next = requests.next();
    CHECK(next.request.target == "/" + std::to_string(i));
    next.answer.reply(text(next.request.target));
    CHECK(body_of(one.receive()) == next.request.target);
  }
}

TEST_CASE("a new handshake within a connection is refused") {
  papers given;
  auto options = given.options();
  options.request_timeout = 10 * deadline; // so that it is not this what ends the connection
  auto server = open_server(echo, options);
  tls_client one{server->port(), {TLS1_2_VERSION}};
  one.send(get("/"));
  REQUIRE(has_status(one.receive(), 200));
  SSL_renegotiate(one.session());
  CHECK_FALSE(one.shake_hands());
  CHECK_THAT(one.failure(), ContainsSubstring("renegotiation"));

  // Nor may it go on as if nothing had been said.
  tls_client deaf{server->port(), {TLS1_2_VERSION}};
  deaf.send(get("/"));
  REQUIRE(has_status(deaf.receive(), 200));
  SSL_renegotiate(deaf.session());
  deaf.send_as_they_are(deaf.first_words());
  CHECK(deaf.is_cut());
  CHECK(serves(*server));
}

TEST_CASE("a client may change its keys, and others are served while it does nothing else") {
  papers given;
  auto server = open_server(echo, given.options());
  tls_client one{server->port()};
  REQUIRE(one.shake_hands());
  for (int i = 0; i < 300; ++i) {
    SSL_key_update(one.session(),
                   i % 2 == 0 ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED);
    one.shake_hands();
  }
  CHECK(serves(*server));
  one.send(get("/after"));
  CHECK(body_of(one.receive()) == "GET /after ");
}

TEST_CASE("a connection of TLS says whose it is") {
  papers given;
  auto options = given.options();
  options.find_peer_user = true;
  inbox requests;
  auto server = open_server(requests.handler(), options);
  tls_client one{server->port()};
  one.send(get("/"));
  auto peer = requests.next().request.peer;
  CHECK(peer.user == ::getuid());
  CHECK(peer.is_loopback);
}

TEST_CASE("stop lets a request within TLS finish, and takes leave of the others") {
  papers given;
  inbox requests;
  auto server = open_server(requests.handler(), given.options());
  tls_client unused{server->port()};
  REQUIRE(unused.shake_hands());
  tls_client half{server->port()};
  half.send_as_they_are(half.first_words().substr(0, 20));
  tls_client busy{server->port()};
  busy.send(get("/"));
  auto answer = requests.next().answer;
  happening stopping;
  answer.on_stopping(stopping.callback());
  auto stopped = std::async(std::launch::async, [&] { server->stop(); });
  REQUIRE(stopping.comes());
  answer.reply(text("last"));
  CHECK(body_of(busy.receive()) == "last");
  CHECK(busy.is_closed_by_server());
  CHECK(busy.has_farewell());
  CHECK(unused.is_closed_by_server());
  CHECK(unused.has_farewell());
  CHECK(half.client::is_closed_by_server());
  stopped.get();
}

TEST_CASE("a connection of TLS over the cap is closed") {
  papers given;
  auto options = given.options();
  options.max_connections = 1;
  auto server = open_server(echo, options);
  tls_client first{server->port()};
  first.send(get("/"));
  CHECK(has_status(first.receive(), 200));
  tls_client second{server->port()};
  CHECK_FALSE(second.shake_hands());
  first.close();
  CHECK(comes_true([&] { return serves(*server); }));
}

TEST_CASE("a certificate that is replaced is shown from then on, and one that is no good is not") {
  papers given;
  std::mutex mutex;
  std::string notes;
  auto options = given.options();
  options.note = [&](std::string_view text, bool) {
    std::lock_guard guard{mutex};
    notes += text;
  };
  auto said = [&](std::string_view text) {
    std::lock_guard guard{mutex};
    return notes.find(text) != std::string::npos;
  };
  auto server = open_server(echo, options);
  auto is_shown = [&](const identity& whose) {
    tls_client one{server->port()};
    return one.shake_hands() && one.was_shown(whose);
  };
  CHECK(is_shown(given.shown));

  auto next = given.another();
  given.use(next);
  CHECK(comes_true([&] { return is_shown(next); }));

  // As in the middle of replacing both.
  auto last = given.another();
  write_certificate(last, given.files / "cert.pem");
  CHECK(comes_true([&] { return is_shown(next) && said("does not belong"); }));
  CHECK(is_shown(next));
  write_key(last, given.files / "key.pem");
  CHECK(comes_true([&] { return is_shown(last); }));

  std::filesystem::remove(given.files / "cert.pem");
  CHECK(comes_true([&] { return is_shown(last) && said("No such file"); }));
}

TEST_CASE("a connection lives through the change of the certificate") {
  papers given;
  auto server = open_server(echo, given.options());
  tls_client old{server->port()};
  REQUIRE(old.shake_hands());
  auto next = given.another();
  given.use(next);
  CHECK(comes_true([&] {
    tls_client one{server->port()};
    return one.shake_hands() && one.was_shown(next);
  }));
  old.send(get("/still"));
  CHECK(body_of(old.receive()) == "GET /still ");
}

TEST_CASE("a certificate that has expired is not trusted") {
  papers given;
  given.use(make_identity({"DNS:localhost", -60}, &given.authority));
  auto server = open_server(echo, given.options());
  auto client = given.trusting_client();
  CHECK_THAT(failure_of(exchange(*client, ask_for(secure_url_of(*server)))),
             ContainsSubstring("expired"));
}

TEST_CASE("the certificate is sent with those that it was signed with") {
  papers given;
  auto both = content_of(given.files / "cert.pem");
  write_certificate(given.authority, given.files / "ca.pem");
  given.files.write("cert.pem", both + given.files.read("ca.pem"));
  auto server = open_server(echo, given.options());
  tls_client one{server->port()};
  REQUIRE(one.shake_hands());
  CHECK(sk_X509_num(SSL_get_peer_cert_chain(one.session())) == 2);
}

TEST_CASE("files without a certificate and its key are refused by name, with the reason") {
  papers given;
  auto options = given.options();
  options.tls_key.clear();
  CHECK_THAT(why_not(options), ContainsSubstring("not both"));

  options = given.options();
  options.tls_certificate = given.files / "none.pem";
  CHECK_THAT(why_not(options), ContainsSubstring("none.pem': No such file") &&
                                   ContainsSubstring("set mcp.tls_certificate"));
  options.tls_certificate = given.files.path();
  CHECK_THAT(why_not(options), ContainsSubstring("it is no file"));
  given.files.write("empty.pem", "");
  options.tls_certificate = given.files / "empty.pem";
  CHECK_THAT(why_not(options), ContainsSubstring("there is no certificate in it"));
  given.files.write("torn.pem", given.files.read("cert.pem").substr(0, 200));
  options.tls_certificate = given.files / "torn.pem";
  CHECK_THAT(why_not(options), ContainsSubstring("there is no certificate in it"));
  given.files.write("chain.pem", given.files.read("cert.pem") +
                                     "-----BEGIN CERTIFICATE-----\nAAAA\n-----END "
                                     "CERTIFICATE-----\n");
  options.tls_certificate = given.files / "chain.pem";
  CHECK_THAT(why_not(options), ContainsSubstring("behind the first is broken"));

  options = given.options();
  options.tls_key = given.files / "cert.pem";
  CHECK_THAT(why_not(options),
             ContainsSubstring("no private key in it") && ContainsSubstring("set mcp.tls_key"));
  write_key(given.shown, given.files / "secret.pem", "secret");
  options.tls_key = given.files / "secret.pem";
  CHECK_THAT(why_not(options), ContainsSubstring("without a passphrase"));
  write_key(given.another(), given.files / "other.pem");
  options.tls_key = given.files / "other.pem";
  CHECK_THAT(why_not(options), ContainsSubstring("other.pem': it does not belong to the "
                                                 "certificate in '" +
                                                 options.tls_certificate));
}
