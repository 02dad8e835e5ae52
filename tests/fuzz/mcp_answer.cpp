// SPDX-License-Identifier: MIT
// Shows arbitrary HTTP answers to what reads them for an MCP client, up to tools and errors.
#include "mcp/client/call_errors.hpp"
#include "mcp/client/era.hpp"
#include "mcp/client/reply_reader.hpp"
#include "mcp/client/tool.hpp"
#include "mcp/protocol/header_value.hpp"
#include "net/header_text.hpp"

#include <cstdint>
#include <cstdlib>

using namespace mahavishnu;
using namespace mahavishnu::mcp;

namespace {

constexpr reply_limits limits{4096, 16, true};

void must(bool holds) {
  if (!holds)
    std::abort();
}

void look_at_tools(const json& body) {
  if (auto result = read_tool_result(body)) {
    must(result->content.is_array());
    (void)result->text();
  }
  auto page = read_tool_page(body);
  if (!page)
    return;
  for (const auto& one : page->tools) {
    must(!one.name.empty());
    auto mirrored = mirrored_arguments(one.input_schema);
    for (const auto& [name, value] : argument_headers(mirrored, one.input_schema))
      must(net::is_header_name(name) && net::is_header_value(value));
    must(net::is_header_value(header_value(one.name)));
  }
}

void look_at(const message& read, unsigned status) {
  const call_label label{"the call of 'a'", "http://b/"};
  switch (read.kind) {
  case message_kind::result:
    must(read.body.is_object() && !read.id.is_null());
    look_at_tools(read.body);
    if (auto version = chosen_version(read.body))
      must(*version < modern_version);
    break;
  case message_kind::error: {
    auto refused = explain_refusal(label, read);
    must(refused.rpc_code == read.code && refused.message.size() < 1000);
    break;
  }
  case message_kind::notification:
    (void)read_progress(read.body, json(1));
    must(read_log(read.body).text.size() <= 4096);
    break;
  case message_kind::request: must(!read.method.empty() && !read.id.is_null()); break;
  case message_kind::nonsense: break;
  }
  (void)decide_era(status, read);
  (void)says_start_over({}, status, read);
  (void)says_start_over({era::legacy, "2025-11-25", "s"}, status, read);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2)
    return 0;
  constexpr const char* types[] = {"application/json", "text/event-stream", "text/html"};
  net::answer_head head{data[0] * 4u, {{"content-type", types[data[1] % 3]}}};
  std::string_view body{reinterpret_cast<const char*>(data) + 2, size - 2};
  reply_reader reader{limits, head};
  auto take = [&](const message& read) { look_at(read, head.status); };
  auto step = 1 + data[1] / 3u;
  for (std::size_t at = 0; at < body.size(); at += step)
    reader.feed(body.substr(at, step), take);
  reader.finish(take);
  must(reader.excerpt().size() <= 4096);
  must(explain_status({"a", "b"}, head.status, reader.excerpt()).message.size() < 1000);
  return 0;
}
