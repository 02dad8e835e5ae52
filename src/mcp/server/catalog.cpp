// SPDX-License-Identifier: MIT
#include "mcp/server/catalog.hpp"

namespace mahavishnu::mcp::server {

namespace {

constexpr std::size_t page_size = 100;

std::string describe(const tool& what) {
  json text{{"name", what.name},
            {"title", what.title},
            {"description", what.description},
            {"inputSchema", what.input_schema},
            {"annotations",
             {{"title", what.title},
              {"readOnlyHint", what.hints.reads_only},
              {"destructiveHint", what.hints.destroys},
              {"idempotentHint", what.hints.may_be_repeated},
              {"openWorldHint", what.hints.is_open}}}};
  if (!what.output_schema.is_null())
    text["outputSchema"] = what.output_schema;
  return to_text(text);
}

/// What comes after so many; a client has no use for its meaning.
std::string cursor_after(std::size_t count) {
  return count == 0 ? std::string{} : base64("tools " + std::to_string(count));
}

} // namespace

catalog::catalog(std::vector<tool> tools) {
  for (std::size_t begin = 0; begin == 0 || begin < tools.size(); begin += page_size) {
    std::string page{R"("tools":[)"};
    auto end = std::min(begin + page_size, tools.size());
    for (auto i = begin; i < end; ++i)
      page.append(i == begin ? "" : ",").append(describe(tools[i]));
    page += ']';
    if (end < tools.size())
      page.append(R"(,"nextCursor":)").append(to_text(cursor_after(end)));
    tool_pages_.emplace(cursor_after(begin), std::move(page));
  }
  for (auto& each : tools) {
    auto name = each.name;
    validator input{each.input_schema};
    auto mirrored = mirrored_arguments(each.input_schema);
    tools_.emplace(std::move(name),
                   known_tool{std::move(each), std::move(input), std::move(mirrored)});
  }
}

const known_tool* catalog::find_tool(std::string_view name) const {
  auto found = tools_.find(name);
  return found != tools_.end() ? &found->second : nullptr;
}

std::optional<std::string_view> catalog::tool_page(std::string_view cursor) const {
  auto found = tool_pages_.find(cursor);
  return found != tool_pages_.end() ? std::optional<std::string_view>{found->second} : std::nullopt;
}

} // namespace mahavishnu::mcp::server
