// SPDX-License-Identifier: MIT
#include "wire/fixture.hpp"

#include <caf/send.hpp>

#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

using namespace mahavishnu;
using namespace mahavishnu::wire;
using namespace mahavishnu::wire::test;
using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;

namespace {

/// Runs `body` in another process, on a socket pair to this one; its result is the exit code.
class child {
public:
  template <class Body>
  explicit child(Body body) {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      ::close(ends[0]);
      raw_peer parent{descriptor{ends[1]}};
      ::_exit(body(parent));
    }
    ::close(ends[1]);
    talk = raw_peer{descriptor{ends[0]}};
  }

  ~child() {
    if (pid_ > 0)
      wait();
  }

  int wait() {
    int status = 0;
    talk.hang_up();
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

  raw_peer talk{descriptor{}};

private:
  pid_t pid_ = -1;
};

/// Milliseconds of a second that a server at its limits may use; one that spins uses all of it.
#if defined(__SANITIZE_THREAD__)
constexpr int processor_limit = 900; // the sanitizer itself is busy in a process after fork
#else
constexpr int processor_limit = 100;
#endif

double cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

} // namespace

TEST_CASE("a silent peer is cut when its time is over", "[wire]") {
  acceptor_options options;
  options.handshake_timeout = 200ms;
  echo_server server{options};
  const auto before = open_descriptors();
  const auto began = clock_type::now();
  {
    raw_peer silent{server.socket};
    raw_peer slow{server.socket};
    slow.send(client_handshake(99).bytes().substr(0, 40));
    raw_peer undecided{server.socket};
    undecided.send(client_handshake(99).bytes());

    CHECK(silent.receive(1) == "");
    CHECK(clock_type::now() - began >= 150ms);
    CHECK(slow.sees_end());
    CHECK(undecided.sees_end());
  }
  CHECK(eventually([&] { return server.counts().open == 0; }));
  CHECK(eventually([&] { return open_descriptors() == before; }));
  CHECK(server.counts().timed_out == 3);

  node_system client;
  auto echo = dial<echo_actor>(*client, server.socket, patience);
  REQUIRE(echo.has_value());
  // an introduced connection outlives the time that newcomers have
  CHECK_FALSE(raw_peer{server.socket}.receive_for(400ms).size() > 0);
  CHECK(ask(*client, *echo, "still here") == "still here");
}

TEST_CASE("connections beyond the limit are closed and the others served", "[wire]") {
  acceptor_options options;
  options.max_connections = 8;
  options.handshake_timeout = 30s;
  echo_server server{options};
  node_system client;
  auto echo = dial<echo_actor>(*client, server.socket, patience);
  REQUIRE(echo.has_value());
  {
    std::vector<raw_peer> crowd;
    for (int i = 0; i < 40; ++i)
      crowd.emplace_back(server.socket);
    CHECK(eventually([&] { return server.counts().refused_full == 33; }));
    CHECK(server.counts().open == 8);
    CHECK(crowd.back().sees_end());
    CHECK(ask(*client, *echo, "in the crowd") == "in the crowd");
  }
  CHECK(eventually([&] { return server.counts().open == 1; }));
  node_system other;
  CHECK(dial_and_ask(*other, server.socket, "afterwards") == "afterwards");
}

TEST_CASE("running out of descriptors burns no processor time", "[wire]") {
  const scratch dir;
  const auto socket = dir / "control";
  child server{[&](raw_peer& parent) {
    rlimit limit{60, 60};
    ::setrlimit(RLIMIT_NOFILE, &limit);
    node_system system;
    auto echo = spawn_echo(*system);
    acceptor_options options;
    options.max_connections = 1000;
    options.handshake_timeout = 60s;
    auto door = acceptor::start(*system, socket, echo, options);
    if (!door)
      return 2;
    parent.send("up");
    // from the moment when all connections were looked at until a second later
    const auto looked_at = [&] {
      const auto counts = (*door)->counts();
      return counts.accepted + counts.refused_full;
    };
    if (parent.receive(1) != "1" || !eventually([&] { return looked_at() >= 200; }))
      return 3;
    const auto before = cpu_seconds();
    parent.receive_for(1s);
    const auto used = cpu_seconds() - before;
    parent.send(std::to_string(100'000 + static_cast<int>(used * 1000)));
    parent.receive_for(patience);
    ::_exit(0);
  }};
  REQUIRE(server.talk.receive(2) == "up");
  std::vector<raw_peer> crowd;
  for (int i = 0; i < 200; ++i)
    crowd.emplace_back(socket);
  server.talk.send("1");

  const auto milliseconds = std::atoi(server.talk.receive(6).c_str()) - 100'000;
  INFO(milliseconds << " ms of processor time in one second");
  CHECK(milliseconds >= 0);
  CHECK(milliseconds < processor_limit);

  crowd.clear();
  node_system client;
  // the server closes the crowd's ends in its own time
  CHECK(eventually([&] { return dial_and_ask(*client, socket, "afterwards") == "afterwards"; }));
}

TEST_CASE("another user gets nowhere", "[wire]") {
  if (::geteuid() != 0) {
    WARN("skipped: only root can become another user");
    return;
  }
  const scratch dir;
  const auto socket = dir / "control";
  constexpr uid_t nobody = 65534;

  const auto try_as_nobody = [&] {
    child stranger{[&](raw_peer& parent) {
      if (::setgid(nobody) != 0 || ::setuid(nobody) != 0)
        return 2;
      parent.send("ready");
      if (parent.receive(1) != "1")
        return 3;
      const auto fd = connect_unix(socket, patience);
      return fd ? 4 : 10 + static_cast<int>(fd.error().code);
    }};
    REQUIRE(stranger.talk.receive(5) == "ready");
    stranger.talk.send("1");
    stranger.talk.sees_end();
    return stranger.wait();
  };
  // a client that does not ask who the server is, and speaks first
  const auto speak_as_nobody = [&] {
    child stranger{[&](raw_peer&) {
      if (::setgid(nobody) != 0 || ::setuid(nobody) != 0)
        return 2;
      descriptor fd{::socket(AF_UNIX, SOCK_STREAM, 0)};
      sockaddr_un address{};
      address.sun_family = AF_UNIX;
      socket.string().copy(address.sun_path, sizeof address.sun_path - 1);
      if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return errno == EACCES ? 3 : 4;
      raw_peer server{std::move(fd)};
      server.send(client_hello(99));
      return server.receive(1).empty() ? 5 : 6;
    }};
    return stranger.wait();
  };

  // listening, not served: what a connection finds is a matter of the file and of the kernel
  {
    const auto listener = listen_unix(socket, leftover::keep);
    REQUIRE(listener.has_value());
    std::filesystem::permissions(dir.path(), std::filesystem::perms{0755});
    CHECK(try_as_nobody() == 10 + static_cast<int>(errc::unauthorized));
    CHECK(speak_as_nobody() == 3);
    std::filesystem::permissions(socket, std::filesystem::perms{0666});
    CHECK(try_as_nobody() == 10 + static_cast<int>(errc::unauthorized));
  }
  std::filesystem::remove(socket);

  node_system system;
  auto echo = spawn_echo(*system);
  auto door = acceptor::start(*system, socket, echo, {});
  REQUIRE(door.has_value());
  CHECK(speak_as_nobody() == 3);
  std::filesystem::permissions(socket, std::filesystem::perms{0666});
  CHECK(speak_as_nobody() == 5);
  CHECK((*door)->counts().refused_user == 1);
  {
    node_system client;
    CHECK(dial_and_ask(*client, socket, "hello") == "hello");
  }
  (*door)->stop();
  caf::anon_send_exit(echo, caf::exit_reason::user_shutdown);
}
