// SPDX-License-Identifier: MIT
#include "wire/connector.hpp"

#include "wire/guarded_scribe.hpp"

#include <caf/actor_system.hpp>
#include <caf/error.hpp>
#include <caf/io/middleman.hpp>
#include <caf/io/scribe.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/sec.hpp>

#include <algorithm>
#include <set>
#include <string>

namespace mahavishnu::wire {

namespace {

using clock = std::chrono::steady_clock;

/// CAF files connections by the port they were made to; ours have none.
constexpr std::uint16_t no_port = 1;

error describe(const caf::error& reason, const std::string& where, bool guard_closed) {
  if (reason == caf::sec::request_timeout)
    return {errc::timeout, "the server behind '" + where +
                               "' does not answer; wait and try again, or restart the server"};
  if (guard_closed)
    return {
        errc::incompatible,
        "what answers behind '" + where +
            "' does not speak our protocol; check that server and command are the same version"};
  return {errc::unreachable, "the server behind '" + where +
                                 "' closed the connection; it may have too many of them or be "
                                 "going down, try again"};
}

} // namespace

result<caf::strong_actor_ptr> dial(caf::actor_system& system, const std::filesystem::path& socket,
                                   wire_interface interface, dial_options options) {
  const auto end = clock::now() + options.timeout;
  auto fd = connect_unix(socket, options.timeout);
  if (!fd)
    return fd.error();
  const auto where = socket.string();
  auto stats = std::make_shared<connection_stats>(std::move(options.log));
  frame_rules rules;
  rules.side = role::connecting;
  rules.max_payload = options.max_message_bytes;
  rules.signatures = std::move(interface.replies);
  rules.own_node = serialized_node(system);
  auto connection =
      make_guarded_connection(system, std::move(*fd), make_plain_transport(where),
                              std::make_shared<const frame_rules>(std::move(rules)), stats);
  const auto left =
      std::max(std::chrono::milliseconds{1},
               std::chrono::duration_cast<std::chrono::milliseconds>(end - clock::now()));

  result<caf::strong_actor_ptr> found{error{}};
  caf::scoped_actor self{system};
  self->request(basp_broker_of(system), left, caf::connect_atom::value,
                std::move(connection.scribe), no_port)
      .receive(
          [&](caf::node_id&, caf::strong_actor_ptr& actor, std::set<std::string>& offered) {
            if (actor && std::ranges::includes(offered, interface.handshake))
              found = std::move(actor);
            else
              found = error{errc::incompatible,
                            "the server behind '" + where +
                                "' and this command are of different versions; "
                                "restart the server with the version of the command"};
          },
          [&](caf::error& reason) {
            const auto counts = stats->read();
            const bool refused = std::ranges::any_of(counts.closed, [](auto n) { return n > 0; });
            found = describe(reason, where, refused);
          });
  if (!found)
    connection.control->cut();
  return found;
}

} // namespace mahavishnu::wire
