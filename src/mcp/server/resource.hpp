// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/server/call.hpp"
#include "mcp/server/prompt.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace mahavishnu::mcp::server {

/// Something that can be read, or, as a template, many things whose URIs are alike.
struct resource {
  /// Of a template: with names in braces.
  std::string uri;
  std::string name;
  std::string title;
  std::string description;
  std::string mime_type;
};

struct resource_template : resource {
  /// For the names in braces.
  std::map<std::string, completer, std::less<>> complete;
};

class resource_shelf;

/// One request for what can be read, by its URI, which is name().
class resource_call : public call {
public:
  /// The shelf has to be there for as long as the call may run.
  resource_call(std::shared_ptr<outlet> where, facts what, resource_shelf& whose)
      : call(std::move(where), std::move(what)), shelf_(whose) {}

  using call::finish;
  /// What it is.
  void finish_text(std::string_view mime_type, std::string_view text);
  void finish_bytes(std::string_view mime_type, std::string_view bytes);
  /// There is nothing of that URI.
  void fail_unknown(std::string_view reason = {});

  void run() override;

private:
  void finish_with(std::string_view mime_type, std::string_view member, std::string_view value);

  resource_shelf& shelf_;
};

/// Where resources come from whose URIs begin alike. Called on the thread of the server.
class resource_shelf {
public:
  virtual ~resource_shelf() = default;

  virtual std::string_view prefix() const = 0;
  virtual std::vector<resource_template> templates() const { return {}; }
  /// What there is now; may be told later, on any thread.
  virtual void list(const std::function<void(std::vector<resource>)>& found) = 0;
  virtual void read(const std::shared_ptr<resource_call>& wish) = 0;
  /// Calls `changed`, on any thread, whenever what can be read there has changed, for as long as
  /// what it returns is there. Nothing when there can be no such resource. An empty URI: whenever
  /// the list has changed. `changed` is never called from within this.
  virtual std::shared_ptr<void> watch(const std::string& uri, std::function<void()> changed) = 0;
};

/// The code for a resource that there is not: the eras do not agree.
int code_of_unknown_resource(era spoken);

} // namespace mahavishnu::mcp::server
