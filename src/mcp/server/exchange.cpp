// SPDX-License-Identifier: MIT
#include "mcp/server/exchange.hpp"

#include <chrono>

namespace mahavishnu::mcp::server {

namespace {

/// Somebody between us and the client may close what is silent for longer.
constexpr std::chrono::seconds silence{15};

std::string event(std::string_view message) {
  std::string text{"data: "};
  text.append(message).append("\n\n"); // JSON in one line
  return text;
}

} // namespace

std::string exchange::result_of(std::string_view members) const {
  std::string text{R"({"jsonrpc":"2.0","id":)"};
  text += to_text(id_);
  text += R"(,"result":{)";
  if (era_ == era::modern) {
    text += R"("resultType":"complete",)";
    text.append(members).append(members.empty() ? "" : ",").append(*own_name_);
  } else {
    text.append(members);
  }
  text += "}}";
  return text;
}

void exchange::finish(std::string_view members, net::http_response head) {
  send(result_of(members), std::move(head));
}

void exchange::fail(const refusal& why) {
  net::http_response head;
  head.status = why.status;
  send(error_text(id_, why), std::move(head));
}

void exchange::send(std::string message, net::http_response head) {
  std::lock_guard guard{mutex_};
  if (std::exchange(has_ended_, true))
    return;
  if (is_stream_) {
    http_.send(event(message));
    http_.end();
  } else {
    head.body = std::move(message);
    http_.reply(std::move(head));
  }
}

void exchange::notify(std::string_view method, const json& params) {
  std::lock_guard guard{mutex_};
  if (has_ended_ || !may_stream_)
    return;
  auto message = event(to_text(json{{"jsonrpc", "2.0"}, {"method", method}, {"params", params}}));
  if (std::exchange(is_stream_, true)) {
    http_.send(std::move(message));
    return;
  }
  net::http_response head;
  head.content_type = "text/event-stream";
  head.headers = {{"Cache-Control", "no-cache"}, {"X-Accel-Buffering", "no"}};
  head.body = std::move(message);
  http_.begin(std::move(head));
  http_.keep_alive(silence, ":\n\n");
}

void exchange::abandon() {
  std::lock_guard guard{mutex_};
  if (std::exchange(has_ended_, true))
    return;
  if (is_stream_) {
    http_.end();
  } else {
    net::http_response head;
    head.status = 202;
    http_.reply(std::move(head));
  }
}

} // namespace mahavishnu::mcp::server
