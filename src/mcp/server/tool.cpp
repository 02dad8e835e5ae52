// SPDX-License-Identifier: MIT
#include "mcp/server/tool.hpp"

namespace mahavishnu::mcp::server {

std::string text_block(std::string_view text) {
  return to_text(json{{"type", "text"}, {"text", text}});
}

tool_answer tool_error(std::string_view text) {
  return {{}, {text_block(text)}, true};
}

tool_call::~tool_call() {
  answer_->fail({200, code::internal_error,
                 "the server ended the call without an answer, as it does when it shuts down; ask "
                 "again"});
}

/// What is kept for an end that cannot come any more.
void tool_call::let_go() {
  std::function<void()> on_cancel;
  std::function<void(tool_call&)> on_stopping;
  std::lock_guard guard{mutex_};
  is_over_ = true;
  on_cancel.swap(on_cancel_);
  on_stopping.swap(on_stopping_);
}

void tool_call::finish(const tool_answer& how) {
  let_go();
  std::string members{R"("content":[)"};
  if (how.content.empty())
    members += text_block(how.structured);
  for (std::size_t i = 0; i < how.content.size(); ++i)
    members.append(i == 0 ? "" : ",").append(how.content[i]);
  members += ']';
  if (!how.structured.empty())
    members.append(R"(,"structuredContent":)").append(how.structured);
  if (how.is_error)
    members += R"(,"isError":true)";
  answer_->finish(members);
}

void tool_call::fail(const refusal& why) {
  let_go();
  answer_->fail(why);
}

void tool_call::progress(double done, std::optional<double> total, std::string_view text) {
  if (progress_token_.is_null())
    return;
  json params{{"progressToken", progress_token_}, {"progress", done}};
  if (total)
    params["total"] = *total;
  if (!text.empty())
    params["message"] = text;
  std::lock_guard guard{mutex_}; // also while it is told: what comes later must be more
  if (done_ && done <= *done_)
    return;
  done_ = done;
  answer_->notify("notifications/progress", params);
}

void tool_call::on_cancel(std::function<void()> callback) {
  {
    std::lock_guard guard{mutex_};
    if (!is_cancelled_) {
      if (!is_over_)
        on_cancel_ = std::move(callback);
      return;
    }
  }
  callback();
}

void tool_call::cancel() {
  std::function<void()> callback;
  {
    std::lock_guard guard{mutex_};
    if (is_over_)
      return;
    is_cancelled_ = true;
    callback = std::exchange(on_cancel_, nullptr);
  }
  let_go();
  answer_->abandon();
  if (callback)
    callback();
}

void tool_call::on_stopping(std::function<void(tool_call&)> callback) {
  std::lock_guard guard{mutex_};
  if (!is_over_)
    on_stopping_ = std::move(callback);
}

void tool_call::stop() {
  std::function<void(tool_call&)> callback;
  {
    std::lock_guard guard{mutex_};
    if (is_over_)
      return;
    callback = std::exchange(on_stopping_, nullptr);
  }
  if (callback)
    callback(*this);
  // For those that have said nothing of it.
  finish(tool_error("the server is ending; ask again when it is up"));
}

bool tool_call::is_over() {
  std::lock_guard guard{mutex_};
  return is_over_;
}

} // namespace mahavishnu::mcp::server
