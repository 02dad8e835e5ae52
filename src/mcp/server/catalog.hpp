// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/protocol/header_value.hpp"
#include "mcp/server/hub.hpp"
#include "mcp/server/prompt.hpp"
#include "mcp/server/resource.hpp"
#include "mcp/server/tasks.hpp"
#include "mcp/server/tool.hpp"
#include "mcp/server/validator.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mahavishnu::mcp::server {

/// All that a server has for its clients.
struct offers {
  /// In the order in which they are to be listed.
  std::vector<tool> tools;
  std::vector<prompt> prompts;
  std::vector<std::shared_ptr<resource_shelf>> shelves;
  /// What calls may go on as; may be none.
  std::shared_ptr<task_source> tasks;
  /// Where those who make changes tell of them.
  std::shared_ptr<hub> news = std::make_shared<hub>();
};

/// A tool, and what can be said of it once and for all.
struct known_tool {
  tool what;
  validator input;
  /// Arguments that have to stand in headers as well.
  std::vector<mirrored_argument> mirrored;
};

/// A list in pages, whose bytes are made once.
class paged_list {
public:
  /// `member`: of the result, where the list stands.
  paged_list(std::string_view member, const std::vector<std::string>& items);
  paged_list() = default;

  /// A page, as members of a result; an empty cursor is the beginning. Nothing when the cursor is
  /// none of ours.
  std::optional<std::string_view> page(std::string_view cursor) const;

private:
  std::map<std::string, std::string, std::less<>> pages_;
};

/// What a server offers. It does not change while the server runs.
class catalog {
public:
  explicit catalog(offers all);

  /// Nothing when there is none of that name.
  const known_tool* find_tool(std::string_view name) const;
  const prompt* find_prompt(std::string_view name) const;
  /// Of the shelf that a URI may be on.
  resource_shelf* find_shelf(std::string_view uri) const;
  /// By what a template says of its URIs.
  const resource_template* find_template(std::string_view uri) const;

  /// As resource_shelf::watch(); an empty URI: the lists of all.
  std::shared_ptr<void> watch(const std::string& uri, const std::function<void()>& changed) const;

  const paged_list& tools() const { return tool_list_; }
  const paged_list& prompts() const { return prompt_list_; }
  const paged_list& templates() const { return template_list_; }
  const std::vector<std::shared_ptr<resource_shelf>>& shelves() const { return all_.shelves; }
  const std::shared_ptr<task_source>& tasks() const { return all_.tasks; }
  const std::shared_ptr<hub>& news() const { return all_.news; }

private:
  offers all_;
  std::map<std::string, known_tool, std::less<>> tools_;
  std::map<std::string, prompt, std::less<>> prompts_;
  std::vector<resource_template> templates_;
  paged_list tool_list_;
  paged_list prompt_list_;
  paged_list template_list_;
};

/// As lists have it.
json to_json(const resource& what, std::string_view uri_member = "uri");

} // namespace mahavishnu::mcp::server
