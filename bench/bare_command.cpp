// SPDX-License-Identifier: MIT
/// The least that a command can cost which asks a server for one thing: connects through the guard
/// to an actor that gives back what it is told, asks once and leaves. For bench_commands.
///
///     bench_bare_command serve SOCKET     says a line when it is ready, and ends with its input
///     bench_bare_command ask SOCKET
#include "must.hpp"
#include "wire/endpoint.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/io/middleman.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <unistd.h>

using namespace mahavishnu;
using namespace mahavishnu::bench;

namespace {

using echo_actor = caf::typed_actor<caf::replies_to<std::string>::with<std::string>>;

struct bare_config : caf::actor_system_config {
  bare_config() {
    load<caf::io::middleman>();
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", std::size_t{2});
    set("middleman.workers", std::size_t{0});
  }
};

echo_actor::behavior_type echo() {
  return {[](std::string& words) { return std::move(words); }};
}

int serve(const std::filesystem::path& socket) {
  bare_config config;
  caf::actor_system system{config};
  auto actor = system.spawn(echo);
  auto door = good(wire::acceptor::start(system, socket, actor, {}));
  std::cout << "ready" << std::endl;
  std::cin.get();
  door->stop();
  caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  return 0;
}

int ask(const std::filesystem::path& socket) {
  constexpr std::chrono::seconds patience{5};
  bare_config config;
  caf::actor_system system{config};
  auto actor = good(wire::dial<echo_actor>(system, socket, patience));
  const std::string words(100, 'x');
  bool answered = false;
  caf::scoped_actor self{system};
  self->request(actor, patience, words)
      .receive([&](const std::string& said) { answered = said == words; },
               [](const caf::error&) {});
  ::_exit(answered ? 0 : 1);
}

} // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc == 3 ? argv[1] : "";
  if (what == "serve")
    return serve(argv[2]);
  if (what == "ask")
    return ask(argv[2]);
  die("bench_bare_command serve|ask SOCKET");
}
