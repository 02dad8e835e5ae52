// SPDX-License-Identifier: MIT
#pragma once

#include "support/catch.hpp"
#include "support/descriptors.hpp"
#include "support/scratch.hpp"
#include "wire/endpoint.hpp"
#include "wire/raw_peer.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/type_id.hpp>
#include <caf/typed_actor.hpp>

#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MAHAVISHNU_TEST_SANITIZED 1
#else
#define MAHAVISHNU_TEST_SANITIZED 0
#endif

namespace mahavishnu::wire::test {

using mahavishnu::test::open_descriptors;
using mahavishnu::test::scratch;

/// Asks for its own text back; "fail" and "throw" ask for trouble, "later" for no answer at all,
/// "keep" for one that comes when somebody says "let go".
struct question {
  std::string text;
  std::vector<std::string> more{};
};

struct answer {
  std::string text;
};

/// Asks the actor to end, with an error that says why.
struct leave {
  std::string why;
};

/// Something that only `other_actor` takes.
struct riddle {
  std::string text;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, question& x) {
  return f(x.text, x.more);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, answer& x) {
  return f(x.text);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, leave& x) {
  return f(x.why);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, riddle& x) {
  return f(x.text);
}

using echo_actor = caf::typed_actor<caf::replies_to<question>::with<answer>, caf::reacts_to<leave>>;

using other_actor = caf::typed_actor<caf::replies_to<riddle>::with<answer>, caf::reacts_to<leave>>;

/// Name of `question` in messages.
inline constexpr std::string_view question_signature = "@<>+mahavishnu::wire::test::question";
inline constexpr std::string_view answer_signature = "@<>+mahavishnu::wire::test::answer";

/// An actor system with the middleman.
class node_system {
public:
  explicit node_system(std::size_t basp_workers = 1);

  caf::actor_system& operator*() { return *system_; }
  caf::actor_system* operator->() { return system_.get(); }

private:
  std::unique_ptr<caf::actor_system_config> config_;
  std::unique_ptr<caf::actor_system> system_;
};

/// A server with one echo actor behind a socket file.
class echo_server {
public:
  explicit echo_server(acceptor_options options = {}, std::size_t basp_workers = 1);
  ~echo_server();

  connection_counts counts() const { return door->counts(); }

  scratch dir;
  std::filesystem::path socket;
  node_system system;
  echo_actor echo;
  std::unique_ptr<acceptor> door;
};

echo_actor spawn_echo(caf::actor_system& system);

/// The answer to `text`, or what went wrong.
std::string ask(caf::actor_system& system, const echo_actor& echo, std::string text);

/// Dials and asks.
std::string dial_and_ask(caf::actor_system& system, const std::filesystem::path& socket,
                         std::string text);

/// Waits until the actor is down and tells why; empty when it lives on.
std::string wait_for_down(
    caf::actor_system& system, const echo_actor& echo,
    const std::function<void()>& meanwhile = [] {});

/// What the broker of a system keeps about its peers.
struct kept {
  std::size_t connections = 0;
  std::size_t routes = 0;
  std::size_t helpers = 0;
  std::size_t watchers = 0;
  bool proxies = false;

  bool operator==(const kept&) const = default;
};

std::ostream& operator<<(std::ostream& out, const kept& what);

kept kept_by_broker(caf::actor_system& system);

/// What the server of this system says to a client that introduces itself.
std::string captured_server_handshake(const echo_server& server);

} // namespace mahavishnu::wire::test

CAF_BEGIN_TYPE_ID_BLOCK(wire_test, caf::first_custom_type_id)
CAF_ADD_TYPE_ID(wire_test, (mahavishnu::wire::test::question))
CAF_ADD_TYPE_ID(wire_test, (mahavishnu::wire::test::answer))
CAF_ADD_TYPE_ID(wire_test, (mahavishnu::wire::test::leave))
CAF_ADD_TYPE_ID(wire_test, (mahavishnu::wire::test::riddle))
CAF_END_TYPE_ID_BLOCK(wire_test)
