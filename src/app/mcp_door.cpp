// SPDX-License-Identifier: MIT
#include "app/mcp_door.hpp"

#include "app/core.hpp"
#include "app/kept_secret.hpp"
#include "app/script_threads.hpp"
#include "base/log.hpp"
#include "base/state_dir.hpp"
#include "mahavishnu/app/orchestrator.hpp"
#include "mcp/fixtures/fixtures.hpp"
#include "mcp/server/endpoint.hpp"
#include "mcp/tools/all_tools.hpp"
#include "mcp/tools/prompts.hpp"
#include "mcp/tools/server_resources.hpp"
#include "mcp/tools/server_tasks.hpp"

namespace mahavishnu {

namespace {

constexpr auto instructions =
    "Mahavishnu runs tasks on pools of workers, and keeps what they were and what became of them. "
    "Look for a pool with pool_list, or start one with pool_spawn; run something with pool_execute "
    "or pool_route_execute. What takes longer than a call may answers with a task_id: ask "
    "task_wait "
    "for its result, and do not send it again. For scripts outside of pools, pattern_advise says "
    "which tool fits; memory_search finds what tasks have said.";

} // namespace

std::unique_ptr<mcp::server::endpoint> make_mcp_endpoint(const config::settings& settings,
                                                         core& inside, mcp_surroundings around) {
  using namespace mcp::server;
  endpoint_options options;
  options.who.name = settings.get<"server_name">();
  options.who.version = version();
  options.instructions = instructions;
  options.entrance = std::move(around.entrance);
  options.audit = std::move(around.audit);
  // The ids of tasks that clients know are to be good for the next server too.
  if (auto key = kept_secret(around.directory / state_dir::mcp_key))
    options.signing_key = *key;
  else
    log::warning("mcp", "ids of tasks are good until this server ends: {}", key.error().message);
  control_door door{&inside.system(), inside.control()};
  script_threads_options scripts;
  scripts.state_directory = around.directory.string();
  auto news = std::make_shared<server_news>(door);
  offers all;
  all.tools = all_tools(door, make_script_threads(std::move(scripts)));
  all.prompts = server_prompts(door);
  all.shelves.push_back(std::make_shared<server_resources>(door, news));
  all.tasks = std::make_shared<server_tasks>(door, news);
  if (settings.get<"mcp.conformance_fixtures">())
    add_fixtures(all);
  return std::make_unique<endpoint>(std::move(options), std::move(all));
}

} // namespace mahavishnu
