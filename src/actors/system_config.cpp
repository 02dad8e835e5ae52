// SPDX-License-Identifier: MIT
#include "actors/system_config.hpp"

#include "messages/registry.hpp"

#include <caf/atom.hpp>
#include <caf/io/middleman.hpp>

#include <algorithm>
#include <thread>

namespace mahavishnu {

system_config::system_config(const system_options& options) {
  load<caf::io::middleman>();
  register_messages(*this);
  auto threads = options.threads > 0
                     ? options.threads
                     : std::max<std::size_t>(2, std::thread::hardware_concurrency());
  set("scheduler.policy",
      options.scheduler == "stealing" ? caf::atom("stealing") : caf::atom("sharing"));
  set("scheduler.max-threads", threads);
  set("scheduler.max-throughput", options.max_throughput);
  // Without this, an idle stealing scheduler takes 1 to 2 % of a core.
  set("work-stealing.relaxed-sleep-duration", caf::timespan{std::chrono::milliseconds{100}});
  set("middleman.workers", std::size_t{0});
  // CAF's own connections are not for us, so the actor that makes them needs no thread.
  set("middleman.attach-utility-actors", true);
  set("middleman.heartbeat-interval", caf::timespan{options.heartbeat});
  set("middleman.connection-timeout", caf::timespan{options.peer_timeout});
}

} // namespace mahavishnu
