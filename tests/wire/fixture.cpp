// SPDX-License-Identifier: MIT
#include "wire/fixture.hpp"

#include "wire/guarded_scribe.hpp"

#include <caf/actor_cast.hpp>
#include <caf/io/basp_broker.hpp>
#include <caf/io/middleman.hpp>
#include <caf/io/network/multiplexer.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/sec.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <future>
#include <ostream>
#include <stdexcept>

namespace mahavishnu::wire::test {

namespace {

struct config : caf::actor_system_config {
  explicit config(std::size_t basp_workers) {
    add_message_types<caf::id_block::wire_test>();
    load<caf::io::middleman>();
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", std::size_t{2});
    set("middleman.workers", basp_workers);
  }
};

echo_actor::behavior_type echo(echo_actor::pointer self, const std::string& refusal) {
  auto promises = std::make_shared<std::vector<caf::typed_response_promise<answer>>>();
  return {
      [self, refusal, promises](question& asked) -> caf::result<answer> {
        if (asked.text == "fail")
          return caf::make_error(caf::sec::runtime_error, refusal);
        if (asked.text == "throw")
          throw std::runtime_error{"thrown"};
        if (asked.text == "later")
          return self->make_response_promise<answer>();
        if (asked.text == "keep")
          return promises->emplace_back(self->make_response_promise<answer>());
        if (asked.text == "let go")
          for (auto& each : std::exchange(*promises, {}))
            each.deliver(answer{"late"});
        return answer{std::move(asked.text)};
      },
      [self](leave& asked) { self->quit(caf::make_error(caf::sec::runtime_error, asked.why)); },
  };
}

} // namespace

node_system::node_system(std::size_t basp_workers)
    : config_(std::make_unique<config>(basp_workers)),
      system_(std::make_unique<caf::actor_system>(*config_)) {}

echo_server::echo_server(acceptor_options options, std::size_t basp_workers)
    : socket(dir / "control"), system(basp_workers), echo(spawn_echo(*system)) {
  auto started = acceptor::start(*system, socket, echo, std::move(options));
  if (!started)
    throw std::runtime_error{started.error().message};
  door = std::move(*started);
}

echo_server::~echo_server() {
  door->stop();
  caf::anon_send_exit(echo, caf::exit_reason::user_shutdown);
}

echo_actor spawn_echo(caf::actor_system& system) {
  return system.spawn(echo, "because you asked for it");
}

std::string ask(caf::actor_system& system, const echo_actor& echo, std::string text) {
  std::string said;
  caf::scoped_actor self{system};
  self->request(echo, patience, question{std::move(text)})
      .receive([&](answer& got) { said = std::move(got.text); },
               [&](caf::error& reason) { said = "error: " + system.render(reason); });
  return said;
}

std::string dial_and_ask(caf::actor_system& system, const std::filesystem::path& socket,
                         std::string text) {
  auto echo = dial<echo_actor>(system, socket, patience);
  if (!echo)
    return "dial: " + echo.error().message;
  return ask(system, *echo, std::move(text));
}

std::string wait_for_down(caf::actor_system& system, const echo_actor& echo,
                          const std::function<void()>& meanwhile) {
  std::string why;
  caf::scoped_actor self{system};
  self->monitor(echo);
  meanwhile();
  bool down = false;
  const auto heard = [&](caf::down_msg& notice) {
    why = system.render(notice.reason);
    down = true;
  };
  self->receive_while([&] { return !down && why.empty(); })(
      heard, caf::after(patience) >> [&] { down = true; });
  return why;
}

kept kept_by_broker(caf::actor_system& system) {
  const auto actor = caf::actor_cast<caf::strong_actor_ptr>(basp_broker_of(system));
  std::promise<kept> found;
  system.middleman().backend().post([&] {
    auto& broker =
        static_cast<caf::io::basp_broker&>(*caf::actor_cast<caf::abstract_actor*>(actor));
    kept now;
    now.connections = broker.ctx.size();
    now.routes = broker.instance.tbl().direct_by_hdl_.size();
    now.helpers = broker.spawn_servers.size();
    for (const auto& [whom, nodes] : broker.monitored_actors)
      now.watchers += nodes.size();
    now.proxies = !broker.proxies().empty();
    found.set_value(now);
  });
  return found.get_future().get();
}

std::ostream& operator<<(std::ostream& out, const kept& what) {
  return out << what.connections << " connections, " << what.routes << " routes, " << what.helpers
             << " helpers, " << what.watchers << " watchers, "
             << (what.proxies ? "proxies" : "no proxies");
}

std::string captured_server_handshake(const echo_server& server) {
  raw_peer peer{server.socket};
  peer.send(client_handshake(4711).bytes());
  return peer.receive_frame();
}

} // namespace mahavishnu::wire::test
