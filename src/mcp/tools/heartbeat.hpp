// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/tools/bridge.hpp"

#include <chrono>
#include <functional>
#include <string>

namespace mahavishnu::mcp::server {

/// Clients that show progress believe in a call for as long as they hear of it.
inline constexpr std::chrono::seconds between_news{15};

/// Calls that until the call has ended or the server does, the first time at once, with the seconds
/// that have passed.
void until_it_ends(const control_door& door, const call_ptr& call, std::chrono::milliseconds pause,
                   std::function<void(tool_call&, double seconds)> tell);

/// Tells the client now and then that its call goes on.
void say_that_it_goes_on(const control_door& door, const call_ptr& call, std::string text);

} // namespace mahavishnu::mcp::server
