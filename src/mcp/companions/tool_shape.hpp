// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/client/tool.hpp"

#include <initializer_list>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace mahavishnu::mcp {

/// The parameters of a tool, or the members of one of them, as a schema names them.
struct parameter_names {
  std::set<std::string, std::less<>> known;
  std::set<std::string, std::less<>> required;

  bool has(std::string_view name) const { return known.contains(name); }
  /// The object without what is not known here.
  json only_known(json object) const;
};

parameter_names names_in(const json& schema);

/// A tool that could be called, and with what.
struct wanted_tool {
  std::string name;
  /// Without them the tool is of no use.
  std::vector<std::string> needed;
  /// Given where it takes them.
  std::vector<std::string> optional;
};

/// Looks for tools and remembers, for the error, why one will not do.
class tool_search {
public:
  explicit tool_search(const std::vector<tool>& tools) : tools_(tools) {}

  /// The tool, if it takes all that is needed and demands nothing that we do not have. Where
  /// several have the name (which servers should not do), the first that will do.
  const tool* find(const wanted_tool& wanted);

  /// `store_memory(content, metadata)`, `store_reflection (it demands 'role')`: all that was looked
  /// for in vain.
  const std::string& missed() const { return missed_; }

private:
  const std::vector<tool>& tools_;
  std::string missed_;
};

} // namespace mahavishnu::mcp
