// SPDX-License-Identifier: MIT
#include "cli/mcp_services.hpp"

// What the composition root gives the commands of the group `mcp`: here nobody is asked.
namespace mahavishnu::cli {

result<void> bridge_mcp(const bridge_wish&, std::stop_token) {
  return error{errc::unsupported, "there is no bridge in this test"};
}

endpoint_health ask_endpoint(const std::string&, const std::string&, const std::string&) {
  return {};
}

} // namespace mahavishnu::cli
