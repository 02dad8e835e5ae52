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

std::string describe(const prompt& what) {
  auto arguments = json::array();
  for (const auto& each : what.arguments)
    arguments.push_back(
        {{"name", each.name}, {"description", each.description}, {"required", each.is_required}});
  return to_text(json{{"name", what.name},
                      {"title", what.title},
                      {"description", what.description},
                      {"arguments", std::move(arguments)}});
}

template <class Things>
std::vector<std::string> described(const Things& things) {
  std::vector<std::string> texts;
  for (const auto& each : things)
    texts.push_back(describe(each));
  return texts;
}

/// What comes after so many; a client has no use for its meaning.
std::string cursor_after(std::string_view member, std::size_t count) {
  return count == 0 ? std::string{} : base64(std::string{member} + " " + std::to_string(count));
}

} // namespace

json to_json(const resource& what, std::string_view uri_member) {
  json text{{"name", what.name}, {"title", what.title}, {"description", what.description}};
  text[std::string{uri_member}] = what.uri;
  if (!what.mime_type.empty())
    text["mimeType"] = what.mime_type;
  return text;
}

paged_list::paged_list(std::string_view member, const std::vector<std::string>& items) {
  for (std::size_t begin = 0; begin == 0 || begin < items.size(); begin += page_size) {
    auto page = "\"" + std::string{member} + "\":[";
    auto end = std::min(begin + page_size, items.size());
    for (auto i = begin; i < end; ++i)
      page.append(i == begin ? "" : ",").append(items[i]);
    page += ']';
    if (end < items.size())
      page.append(R"(,"nextCursor":)").append(to_text(cursor_after(member, end)));
    pages_.emplace(cursor_after(member, begin), std::move(page));
  }
}

std::optional<std::string_view> paged_list::page(std::string_view cursor) const {
  auto found = pages_.find(cursor);
  return found != pages_.end() ? std::optional<std::string_view>{found->second} : std::nullopt;
}

catalog::catalog(offers all) : all_(std::move(all)) {
  tool_list_ = paged_list{"tools", described(all_.tools)};
  prompt_list_ = paged_list{"prompts", described(all_.prompts)};
  std::vector<std::string> template_texts;
  for (const auto& each : all_.shelves)
    for (auto& one : each->templates()) {
      template_texts.push_back(to_text(to_json(one, "uriTemplate")));
      templates_.push_back(std::move(one));
    }
  template_list_ = paged_list{"resourceTemplates", template_texts};
  for (auto& each : all_.tools) {
    auto name = each.name;
    validator input{each.input_schema};
    auto mirrored = mirrored_arguments(each.input_schema);
    tools_.emplace(std::move(name),
                   known_tool{std::move(each), std::move(input), std::move(mirrored)});
  }
  all_.tools.clear();
  for (auto& each : all_.prompts)
    prompts_.emplace(each.name, each);
}

const known_tool* catalog::find_tool(std::string_view name) const {
  auto found = tools_.find(name);
  return found != tools_.end() ? &found->second : nullptr;
}

const prompt* catalog::find_prompt(std::string_view name) const {
  auto found = prompts_.find(name);
  return found != prompts_.end() ? &found->second : nullptr;
}

resource_shelf* catalog::find_shelf(std::string_view uri) const {
  for (const auto& each : all_.shelves)
    if (uri.starts_with(each->prefix()))
      return each.get();
  return nullptr;
}

const resource_template* catalog::find_template(std::string_view uri) const {
  for (const auto& each : templates_)
    if (each.uri == uri)
      return &each;
  return nullptr;
}

std::shared_ptr<void> catalog::watch(const std::string& uri,
                                     const std::function<void()>& changed) const {
  if (!uri.empty()) {
    auto* shelf = find_shelf(uri);
    return shelf ? shelf->watch(uri, changed) : nullptr;
  }
  auto all = std::make_shared<std::vector<std::shared_ptr<void>>>();
  for (const auto& each : all_.shelves)
    all->push_back(each->watch({}, changed));
  return all;
}

} // namespace mahavishnu::mcp::server
