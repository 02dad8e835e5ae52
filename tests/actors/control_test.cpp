// SPDX-License-Identifier: MIT
#include "deterministic.hpp"

using namespace mahavishnu;
using namespace mahavishnu::test;
using namespace std::chrono_literals;

TEST_CASE("the status says who the server is, how long it is up and how many pools it has") {
  running_server s;
  s.spawn("a");
  s.advance(90s);
  auto status = s.ask<server_status>(s.control, get_status{}).value();
  CHECK(status.pid == 4711);
  CHECK(status.uptime == 90s);
  CHECK(status.pools_active == 1);
  CHECK_FALSE(status.shutting_down);
}

TEST_CASE("a server that shuts down says so once and refuses new work") {
  running_server s;
  s.spawn("a");
  CHECK(s.ask<server_stopping>(s.control, shut_down{}).value().pid == 4711);
  CHECK(s.ask<server_stopping>(s.control, shut_down{}).value().pid == 4711);
  CHECK(s.shut_downs == 1);
  CHECK(s.execute("a", "x").failure().code == errc::shutting_down);
  CHECK(s.ask<server_status>(s.control, get_status{}).value().shutting_down);
}

TEST_CASE("who asks for the MCP endpoint where there is none is told so") {
  running_server s;
  CHECK(s.ask<mcp_status>(s.control, get_mcp_status{}).failure().code == errc::unsupported);
  CHECK(s.ask<mcp_status>(s.control, change_mcp{}).failure().code == errc::unsupported);
  CHECK(s.ask<server_status>(s.control, get_status{}).value().mcp.url.empty());
}
