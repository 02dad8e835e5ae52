// SPDX-License-Identifier: MIT
#include "mcp/server/prompt.hpp"

namespace mahavishnu::mcp::server {

void prompt_call::finish(std::string_view description, const json& messages) {
  auto members = R"("description":)" + to_text(description);
  finish(members.append(R"(,"messages":)").append(to_text(messages)));
}

void prompt_call::run() {
  prompt_.run(std::static_pointer_cast<prompt_call>(shared_from_this()));
}

json user_shows(json content) {
  return {{"role", "user"}, {"content", std::move(content)}};
}

json user_says(std::string_view text) {
  return user_shows(json{{"type", "text"}, {"text", text}});
}

} // namespace mahavishnu::mcp::server
