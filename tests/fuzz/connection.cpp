// SPDX-License-Identifier: MIT
// Feeds bytes to a real actor system behind the guard, after an honest handshake. libFuzzer sees
// the coverage of our code only; what it hunts for are crashes of the whole.
#include "wire/guarded_scribe.hpp"
#include "wire/raw_peer.hpp"
#include "wire/signatures.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/io/middleman.hpp>
#include <caf/io/scribe.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <caf/type_id.hpp>
#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <sys/socket.h>

#include <cstdint>
#include <cstdlib>
#include <map>
#include <string_view>
#include <vector>

namespace mahavishnu::wire::fuzz {

struct inner {
  std::string name;
  std::map<std::string, std::uint64_t> numbers;
};

/// A message with all that our own messages are made of.
struct request {
  std::string text;
  std::vector<std::string> list;
  std::vector<inner> inners;
  bool flag = false;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, inner& x) {
  return f(x.name, x.numbers);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, request& x) {
  return f(x.text, x.list, x.inners, x.flag);
}

using target_actor = caf::typed_actor<caf::replies_to<request>::with<std::uint64_t>>;

} // namespace mahavishnu::wire::fuzz

CAF_BEGIN_TYPE_ID_BLOCK(wire_fuzz, caf::first_custom_type_id)
CAF_ADD_TYPE_ID(wire_fuzz, (mahavishnu::wire::fuzz::inner))
CAF_ADD_TYPE_ID(wire_fuzz, (mahavishnu::wire::fuzz::request))
CAF_END_TYPE_ID_BLOCK(wire_fuzz)

namespace mahavishnu::wire::fuzz {

namespace {

struct config : caf::actor_system_config {
  config() {
    add_message_types<caf::id_block::wire_fuzz>();
    load<caf::io::middleman>();
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", std::size_t{1});
    set("middleman.workers", std::size_t{0});
  }
};

target_actor::behavior_type target(target_actor::pointer self, std::uint64_t more) {
  self->set_default_handler(caf::drop);
  return {[more](const request& x) { return x.text.size() + more; }};
}

/// Lives as long as the process: its end is not what is looked at.
struct world {
  config cfg;
  caf::actor_system system{cfg};
  target_actor actor = system.spawn(target, 1u);
  wire_interface interface = wire_interface_of<target_actor>(system);
  std::shared_ptr<connection_stats> stats = std::make_shared<connection_stats>();
  std::shared_ptr<const frame_rules> rules = std::make_shared<const frame_rules>(
      frame_rules{role::accepting, 1u << 20, interface.requests, 0, serialized_node(system)});
};

void run(world& w, std::string_view input) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
    std::abort();
  test::raw_peer peer{descriptor{ends[0]}};
  auto connection = make_guarded_connection(w.system, descriptor{ends[1]},
                                            make_plain_transport("fuzz"), w.rules, w.stats);
  caf::anon_send(basp_broker_of(w.system), caf::publish_atom::value, std::move(connection.scribe),
                 std::uint16_t{1}, caf::actor_cast<caf::strong_actor_ptr>(w.actor),
                 w.interface.handshake);

  auto bytes = test::client_hello(7);
  // Each piece becomes one honest frame with the piece as the values of a request, or raw bytes.
  while (input.size() > 2) {
    const auto kind = static_cast<unsigned char>(input[0]);
    const auto size = std::min<std::size_t>(static_cast<unsigned char>(input[1]), input.size() - 2);
    const auto piece = input.substr(2, size);
    input.remove_prefix(2 + size);
    if (kind % 8 == 0) {
      bytes += piece;
    } else if (kind % 8 == 1) {
      bytes += test::frame{.op = test::frame::monitor,
                           .receiver = kind,
                           .payload = test::node(7) + w.rules->own_node + std::string{piece}}
                   .bytes();
    } else if (kind % 8 == 2) {
      bytes += test::frame{.op = test::frame::down,
                           .sender = kind,
                           .payload = test::node(7) + w.rules->own_node + std::string{piece}}
                   .bytes();
    } else {
      auto asked = test::direct_message(*w.interface.requests.begin(), piece, w.actor.id());
      asked.data = kind;
      asked.sender = kind % 3;
      bytes += asked.bytes();
    }
  }
  peer.send(bytes);
  ::shutdown(peer.fd(), SHUT_WR);
  if (!peer.sees_end())
    std::abort();
  // and an honest request must get its answer
  caf::scoped_actor self{w.system};
  self->request(w.actor, std::chrono::seconds{20}, request{"x", {}, {}, false})
      .receive([](std::uint64_t) {}, [](caf::error&) { std::abort(); });
}

} // namespace

} // namespace mahavishnu::wire::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static auto* const world = new mahavishnu::wire::fuzz::world;
  mahavishnu::wire::fuzz::run(*world, {reinterpret_cast<const char*>(data), size});
  return 0;
}
