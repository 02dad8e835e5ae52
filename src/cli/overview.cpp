// SPDX-License-Identifier: MIT
#include "cli/command_line.hpp"
#include "cli/session.hpp"
#include "cli/text.hpp"

#include <numeric>
#include <sstream>

namespace mahavishnu::cli {

namespace {

struct hint {
  std::string command;
  std::string why;
};

std::string lines_of(const std::vector<hint>& hints) {
  std::size_t widest = 0;
  for (const auto& each : hints)
    widest = std::max(widest, each.command.size());
  std::string text = "\nNext:\n";
  for (const auto& each : hints)
    text +=
        "  " + each.command + std::string(widest - each.command.size() + 2, ' ') + each.why + "\n";
  return text;
}

json::value json_of(const std::vector<hint>& hints) {
  auto list = json::value::array();
  for (const auto& each : hints)
    list.push_back(each.command);
  return list;
}

std::string many(std::int64_t count, const std::string& thing) {
  return std::to_string(count) + " " + thing + (count == 1 ? "" : "s");
}

/// How things stand, in the one line that matters most, and what to do about it.
struct standing {
  std::string text;
  json::value object;
  std::vector<hint> hints;
};

standing without_server(const std::string& why) {
  return {why + "\n",
          {{"running", false}},
          {{"mahavishnu up --detach", "start the server"},
           {"mahavishnu doctor", "see whether this machine has what it needs"},
           {"mahavishnu --help", "see all commands"}}};
}

standing of_server(const server_status& server, const pool_list& pools) {
  auto sum = [&](auto member) {
    return std::accumulate(
        pools.pools.begin(), pools.pools.end(), std::int64_t{0},
        [&](std::int64_t all, const pool_info& each) { return all + each.*member; });
  };
  auto running = sum(&pool_info::active_workers);
  auto queued = sum(&pool_info::queued);
  auto ended_well = sum(&pool_info::tasks_completed);
  auto ended_badly = sum(&pool_info::tasks_failed);
  std::vector<std::string> ill;
  for (const auto& each : pools.pools)
    if (each.health != health::healthy)
      ill.push_back(each.name);
  standing now;
  std::ostringstream text;
  text << server.server_name << " " << server.version << " is "
       << (server.shutting_down ? "shutting down" : "up") << " for " << age(server.uptime) << ", "
       << (server.mcp.url.empty() ? "without MCP" : "MCP at " + server.mcp.url) << ".\n"
       << many(static_cast<std::int64_t>(pools.pools.size()), "pool") << ", "
       << many(running, "task") << " running, " << queued << " waiting, " << ended_well
       << " completed, " << ended_badly << " failed.\n";
  for (const auto& each : ill)
    text << "Pool '" << each << "' is not healthy.\n";
  now.text = text.str();
  now.object = {{"running", true},
                {"uptime", json::from(server)["uptime"]},
                {"pools", pools.pools.size()},
                {"tasks_running", running},
                {"tasks_waiting", queued},
                {"tasks_completed", ended_well},
                {"tasks_failed", ended_badly},
                {"unhealthy_pools", ill}};
  if (pools.pools.empty())
    now.hints.push_back({"mahavishnu pool spawn --name local --worker-type shell", "start a pool"});
  for (const auto& each : ill)
    now.hints.push_back({"mahavishnu pool describe " + each, "see what is wrong with it"});
  if (running + queued > 0)
    now.hints.push_back({"mahavishnu top", "watch what runs"});
  if (ended_badly > 0)
    now.hints.push_back({"mahavishnu ps --all --status failed", "see what failed"});
  if (!pools.pools.empty())
    now.hints.push_back(
        {"mahavishnu each --pool " + pools.pools.front().name + " 'echo {}' ::: a b c",
         "run a command for each of many words"});
  if (server.mcp.url.empty())
    now.hints.push_back({"mahavishnu mcp start", "let MCP clients in"});
  now.hints.push_back({"mahavishnu --help", "see all commands"});
  return now;
}

int show(const output& out, const standing& now) {
  auto object = now.object;
  object["next"] = json_of(now.hints);
  out.answer("overview", object, now.text + lines_of(now.hints));
  return done;
}

} // namespace

int show_overview(const invocation& now, const output& out) {
  auto server = session::open(now, out);
  if (!server)
    return server.error().code == errc::unreachable
               ? show(out, without_server(told(server.error()).what))
               : out.failure(server.error());
  auto status = (*server)->ask<server_status>(get_status{});
  auto pools = (*server)->ask<pool_list>(list_pools{});
  if (!status || !pools)
    return out.failure(status ? pools.error() : status.error());
  return show(out, of_server(*status, *pools));
}

} // namespace mahavishnu::cli
