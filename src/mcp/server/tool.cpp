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

void tool_call::finish(const tool_answer& how) {
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

void tool_call::progress(double done, std::optional<double> total, std::string_view text) {
  if (progress_token_.is_null())
    return;
  {
    std::lock_guard guard{mutex_};
    if (done_ && done <= *done_)
      return;
    done_ = done;
  }
  json params{{"progressToken", progress_token_}, {"progress", done}};
  if (total)
    params["total"] = *total;
  if (!text.empty())
    params["message"] = text;
  answer_->notify("notifications/progress", params);
}

void tool_call::on_cancel(std::function<void()> callback) {
  {
    std::lock_guard guard{mutex_};
    if (!is_cancelled_) {
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
    if (std::exchange(is_cancelled_, true))
      return;
    callback = std::exchange(on_cancel_, nullptr);
  }
  if (callback)
    callback();
}

} // namespace mahavishnu::mcp::server
