// SPDX-License-Identifier: MIT
#include "mcp/server/resource.hpp"

#include "mcp/protocol/header_value.hpp"

namespace mahavishnu::mcp::server {

void resource_call::finish_with(std::string_view mime_type, std::string_view member,
                                std::string_view value) {
  json content{{"uri", name()}, {"mimeType", mime_type}};
  content[std::string{member}] = value;
  auto members = R"("contents":[)" + to_text(content) + "]";
  if (client().spoken == era::modern)
    members += R"(,"ttlMs":0,"cacheScope":"private")";
  finish(members);
}

void resource_call::finish_text(std::string_view mime_type, std::string_view text) {
  finish_with(mime_type, "text", text);
}

void resource_call::finish_bytes(std::string_view mime_type, std::string_view bytes) {
  finish_with(mime_type, "blob", base64(bytes));
}

void resource_call::fail_unknown(std::string_view reason) {
  std::string text{"there is no such resource; resources/list and resources/templates/list say "
                   "what there is"};
  if (!reason.empty())
    text = reason;
  fail({200, code_of_unknown_resource(client().spoken), std::move(text), {{"uri", name()}}});
}

void resource_call::run() {
  shelf_.read(std::static_pointer_cast<resource_call>(shared_from_this()));
}

int code_of_unknown_resource(era spoken) {
  constexpr int resource_not_found = -32002; // of the legacy era
  return spoken == era::modern ? code::invalid_params : resource_not_found;
}

} // namespace mahavishnu::mcp::server
