// SPDX-License-Identifier: MIT
#pragma once

#include "wire/frame_guard.hpp"

#include <caf/actor_system.hpp>
#include <caf/detail/type_list.hpp>
#include <caf/replies_to.hpp>
#include <caf/rtti_pair.hpp>
#include <caf/uniform_type_info_map.hpp>

#include <set>
#include <string>
#include <type_traits>

namespace mahavishnu::wire {

/// Which messages go over the wire when somebody speaks to an actor of one interface.
struct wire_interface {
  /// CAF's own description, which travels in the server's handshake.
  std::set<std::string> handshake;
  /// Signatures of the messages that the actor takes.
  std::set<std::string, std::less<>> requests;
  /// Signatures of its answers, errors included.
  std::set<std::string, std::less<>> replies;
};

/// How a message of these types begins on the wire: `@<>+name+name`.
template <class... Ts>
std::string message_signature(const caf::actor_system& system) {
  std::string signature = "@<>";
  [[maybe_unused]] const auto add = [&](const std::string& name) { signature += '+' + name; };
  (add(system.types().portable_name(caf::make_rtti_pair<std::decay_t<Ts>>())), ...);
  return signature;
}

namespace detail {

template <class... Is, class... Os>
void add_signatures(const caf::actor_system& system, wire_interface& to,
                    caf::typed_mpi<caf::detail::type_list<Is...>, caf::output_tuple<Os...>>*) {
  to.requests.insert(message_signature<Is...>(system));
  if constexpr ((std::is_void_v<Os> || ...))
    to.replies.insert(message_signature<>(system));
  else
    to.replies.insert(message_signature<Os...>(system));
}

template <class... Signatures>
void add_all(const caf::actor_system& system, wire_interface& to,
             caf::detail::type_list<Signatures...>) {
  (add_signatures(system, to, static_cast<Signatures*>(nullptr)), ...);
}

} // namespace detail

/// The messages of a typed handle, so that nobody has to write them down a second time.
template <class Handle>
wire_interface wire_interface_of(const caf::actor_system& system) {
  wire_interface interface;
  interface.handshake = system.message_types<Handle>();
  interface.replies.insert(std::string{error_signature});
  detail::add_all(system, interface, typename Handle::signatures{});
  return interface;
}

} // namespace mahavishnu::wire
