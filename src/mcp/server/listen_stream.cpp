// SPDX-License-Identifier: MIT
#include "mcp/server/listen_stream.hpp"

namespace mahavishnu::mcp::server {

namespace {

constexpr auto subscription_id = "io.modelcontextprotocol/subscriptionId";

} // namespace

void listen_stream::tell(std::string_view method, json params) {
  params["_meta"][subscription_id] = request_->id();
  request_->notify(method, params);
}

void listen_stream::begin(listen_filter wanted, std::vector<std::shared_ptr<void>> watched) {
  wanted_ = std::move(wanted);
  watched_ = std::move(watched);
  auto honoured = json::object();
  for (auto each : wanted_.lists)
    honoured[each == offer::tools     ? "toolsListChanged"
             : each == offer::prompts ? "promptsListChanged"
                                      : "resourcesListChanged"] = true;
  if (!wanted_.resources.empty())
    honoured["resourceSubscriptions"] = wanted_.resources;
  if (!wanted_.tasks.empty())
    honoured["taskIds"] = wanted_.tasks;
  tell("notifications/subscriptions/acknowledged", {{"notifications", honoured}});
  has_begun_ = true;
}

void listen_stream::end() {
  request_->finish_with_meta("\"" + std::string{subscription_id} + "\":" + to_text(request_->id()));
}

void listen_stream::list_changed(offer which) {
  if (wanted_.lists.contains(which))
    tell(method_of_change(which), json::object());
}

void listen_stream::resource_changed(const std::string& uri) {
  if (wanted_.resources.contains(uri))
    tell("notifications/resources/updated", {{"uri", uri}});
}

void listen_stream::task_changed(const task_view& task) {
  if (!has_begun_)
    return;
  auto read = parse_json(text_of(task), 256);
  tell("notifications/tasks", std::move(read.value));
}

} // namespace mahavishnu::mcp::server
