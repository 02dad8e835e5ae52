// SPDX-License-Identifier: MIT
#include "mcp/server/tool.hpp"

namespace mahavishnu::mcp::server {

std::string text_block(std::string_view text) {
  return to_text(json{{"type", "text"}, {"text", text}});
}

tool_answer tool_error(std::string_view text) {
  return {{}, {text_block(text)}, true};
}

std::string members_of(const tool_answer& how) {
  std::string members{R"("content":[)"};
  if (how.content.empty())
    members += text_block(how.structured);
  for (std::size_t i = 0; i < how.content.size(); ++i)
    members.append(i == 0 ? "" : ",").append(how.content[i]);
  members += ']';
  if (!how.structured.empty())
    members.append(R"(,"structuredContent":)").append(how.structured);
  if (how.is_error)
    members += R"(,"isError":true)";
  return members;
}

void tool_call::finish(const tool_answer& how) {
  finish(members_of(how));
}

void tool_call::on_stopping(std::function<void(tool_call&)> callback) {
  call::on_stopping(
      [callback = std::move(callback)](call& whose) { callback(static_cast<tool_call&>(whose)); });
}

void tool_call::run() {
  tool_.run(std::static_pointer_cast<tool_call>(shared_from_this()));
}

void tool_call::end_with_server() {
  finish(tool_error("the server is ending; ask again when it is up"));
}

} // namespace mahavishnu::mcp::server
