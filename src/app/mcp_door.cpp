// SPDX-License-Identifier: MIT
#include "app/mcp_door.hpp"

#include "app/core.hpp"
#include "app/script_threads.hpp"
#include "base/state_dir.hpp"
#include "base/text.hpp"
#include "mahavishnu/app/orchestrator.hpp"
#include "mahavishnu/config/load.hpp"
#include "mcp/server/endpoint.hpp"
#include "mcp/tools/all_tools.hpp"

#include <unistd.h>

namespace mahavishnu {

namespace {

constexpr auto instructions =
    "Mahavishnu runs tasks on pools of workers, and keeps what they were and what became of them. "
    "Look for a pool with pool_list, or start one with pool_spawn; run something with pool_execute "
    "or pool_route_execute. What takes longer than a call may answers with a task_id: ask "
    "task_wait "
    "for its result, and do not send it again.";

} // namespace

std::unique_ptr<mcp::server::endpoint> make_mcp_endpoint(const config::settings& settings,
                                                         core& inside) {
  mcp::server::endpoint_options options;
  options.who.name = settings.get<"server_name">();
  options.who.version = version();
  options.instructions = instructions;
  options.only_user = ::geteuid();
  const auto& host = settings.get<"mcp.host">();
  options.origins.hosts.push_back(
      to_lower(host.find(':') == std::string::npos ? host : "[" + host + "]"));
  mcp::server::control_door door{&inside.system(), inside.control()};
  script_threads_options scripts;
  // The one that the server has taken.
  if (auto found = state_dir::locate(settings.get<"state_dir">(), config::process_environment()))
    scripts.state_directory = found->string();
  auto tools = mcp::server::all_tools(door, make_script_threads(std::move(scripts)));
  return std::make_unique<mcp::server::endpoint>(std::move(options),
                                                 mcp::server::catalog{std::move(tools)});
}

} // namespace mahavishnu
