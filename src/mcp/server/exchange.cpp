// SPDX-License-Identifier: MIT
#include "mcp/server/exchange.hpp"

#include "mcp/server/batch_answer.hpp"
#include "mcp/server/event_stream.hpp"
#include "mcp/server/sessions.hpp"

namespace mahavishnu::mcp::server {

namespace {

std::string event(std::string_view message) {
  std::string text{"data: "};
  text.append(message).append("\n\n"); // JSON in one line
  return text;
}

} // namespace

exchange::~exchange() {
  if (terms_.within && !has_ended_)
    fail({200, code::internal_error,
          "the server ended the request without an answer; ask for it again"});
}

std::string exchange::result_of(std::string_view members, std::string_view type,
                                std::string_view meta) const {
  std::string text{R"({"jsonrpc":"2.0","id":)"};
  text += to_text(terms_.id);
  text += R"(,"result":{)";
  if (terms_.spoken == era::modern) {
    text.append(R"("resultType":")").append(type).append(R"(",)");
    text.append(members).append(members.empty() ? "" : ",").append(R"("_meta":{)");
    text.append(meta).append(meta.empty() ? "" : ",").append(*terms_.own_name).append("}");
  } else {
    text.append(members);
  }
  text += "}}";
  return text;
}

void exchange::finish(std::string_view members, std::string_view type, net::http_response head) {
  send(result_of(members, type, {}), std::move(head));
}

void exchange::finish_with_meta(std::string_view meta) {
  send(result_of({}, result_type::complete, meta), {});
}

void exchange::fail(const refusal& why) {
  net::http_response head;
  head.status = why.status;
  send(error_text(terms_.id, why), std::move(head));
}

void exchange::refuse(net::http_response complete) {
  if (terms_.within)
    return send(std::move(complete.body), {});
  http_.reply(std::move(complete));
}

void exchange::send(std::string message, net::http_response head) {
  std::lock_guard guard{mutex_};
  if (std::exchange(has_ended_, true))
    return;
  if (terms_.within) {
    terms_.within->take(std::move(message), terms_.id);
  } else if (stream_) {
    stream_->say(message);
    stream_->end();
  } else if (is_stream_) {
    http_.send(event(message));
    http_.end();
  } else {
    head.body = std::move(message);
    add_headers(head);
    http_.reply(std::move(head));
  }
}

void exchange::add_headers(net::http_response& head) const {
  head.headers.insert(head.headers.end(), terms_.headers.begin(), terms_.headers.end());
}

void exchange::notify(std::string_view method, const json& params) {
  say(to_text(json{{"jsonrpc", "2.0"}, {"method", method}, {"params", params}}));
}

void exchange::say(std::string_view message) {
  std::lock_guard guard{mutex_};
  if (has_ended_ || !terms_.may_stream)
    return;
  if (terms_.within)
    return terms_.within->say(message);
  if (!std::exchange(is_stream_, true)) {
    if (terms_.from)
      stream_ = terms_.from->open_stream(http_);
    if (!stream_) {
      auto head = stream_head(event(message));
      add_headers(head);
      http_.begin(std::move(head));
      http_.keep_alive(longest_silence, ":\n\n");
      return;
    }
  }
  if (stream_)
    stream_->say(message);
  else
    http_.send(event(message));
}

void exchange::pause(std::chrono::milliseconds before_next) {
  std::lock_guard guard{mutex_};
  // Others are answered there as well.
  if (has_ended_ || !terms_.may_stream || !terms_.from || terms_.within)
    return;
  if (!std::exchange(is_stream_, true))
    stream_ = terms_.from->open_stream(http_);
  if (stream_)
    stream_->pause(before_next);
}

void exchange::abandon() {
  std::lock_guard guard{mutex_};
  if (std::exchange(has_ended_, true))
    return;
  if (terms_.within) {
    terms_.within->take({}, terms_.id);
  } else if (stream_) {
    stream_->end();
  } else if (is_stream_) {
    http_.end();
  } else {
    net::http_response head;
    head.status = 202;
    http_.reply(std::move(head));
  }
}

} // namespace mahavishnu::mcp::server
