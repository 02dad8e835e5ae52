// SPDX-License-Identifier: MIT
#include "mcp/server/call.hpp"

#include <algorithm>

namespace mahavishnu::mcp::server {

namespace {

constexpr std::array<std::string_view, 8> level_names{"debug", "info",     "notice", "warning",
                                                      "error", "critical", "alert",  "emergency"};

/// What a client must have said that it can do.
std::string_view capability_for(std::string_view method) {
  return method.substr(0, method.find('/'));
}

bool has_object(const json& where, std::string_view name) {
  auto found = where.find(name);
  return found != where.end() && found->is_object();
}

} // namespace

std::string_view to_string(log_level level) {
  return level_names[static_cast<std::size_t>(level)];
}

std::optional<log_level> log_level_of(std::string_view name) {
  const auto* found = std::ranges::find(level_names, name);
  if (found == level_names.end())
    return std::nullopt;
  return static_cast<log_level>(found - level_names.begin());
}

bool client_facts::can(std::string_view capability) const {
  return has_object(capabilities, capability);
}

bool client_facts::has_tasks() const {
  auto found = capabilities.find("extensions");
  return found != capabilities.end() && has_object(*found, tasks_extension);
}

call::~call() {
  if (auto asked = end())
    asked->fail({200, code::internal_error,
                 "the server ended the call without an answer, as it does when it shuts down; ask "
                 "again"});
}

std::shared_ptr<outlet> call::where() {
  std::lock_guard guard{mutex_};
  return outlet_;
}

/// Only the first one gets something. What is kept for an end goes, and so does what belongs to the
/// request: others may hold on to the call for long.
std::shared_ptr<outlet> call::end() {
  std::function<void()> on_cancel;
  std::function<void(call&)> on_stopping;
  std::function<void()> on_end;
  std::shared_ptr<outlet> asked;
  {
    std::lock_guard guard{mutex_};
    asked.swap(outlet_);
    on_cancel.swap(on_cancel_);
    on_stopping.swap(on_stopping_);
    on_end.swap(on_end_);
  }
  if (on_end)
    on_end();
  return asked;
}

json call::answer(std::string_view key) {
  std::lock_guard guard{mutex_};
  auto found = facts_.answers.find(key);
  return found != facts_.answers.end() ? *found : json{};
}

json call::state() {
  std::lock_guard guard{mutex_};
  return facts_.state;
}

void call::finish(std::string_view members) {
  if (auto asked = end())
    asked->finish(members);
}

void call::fail(const refusal& why) {
  if (auto asked = end())
    asked->fail(why);
}

void call::progress(double done, std::optional<double> total, std::string_view text) {
  if (facts_.progress_token.is_null())
    return;
  json params{{"progressToken", facts_.progress_token}, {"progress", done}};
  if (total)
    params["total"] = *total;
  if (!text.empty())
    params["message"] = text;
  std::lock_guard guard{mutex_}; // also while it is told: what comes later must be more
  if (!outlet_ || (done_ && done <= *done_))
    return;
  done_ = done;
  outlet_->notify("notifications/progress", params);
}

void call::log(log_level level, std::string_view logger, const json& data) {
  if (!facts_.client.least || level < *facts_.client.least)
    return;
  if (auto asked = where())
    asked->notify("notifications/message",
                  {{"level", to_string(level)}, {"logger", logger}, {"data", data}});
}

bool call::demand(std::string_view capability) {
  if (facts_.client.can(capability))
    return true;
  fail({400,
        code::missing_capability,
        facts_.name + " needs a client that has declared the capability '" +
            std::string{capability} + "'",
        {{"requiredCapabilities", {{capability, json::object()}}}}});
  return false;
}

void call::need(std::vector<client_request> inputs, json state) {
  for (const auto& each : inputs)
    if (!demand(capability_for(each.method)))
      return;
  std::shared_ptr<outlet> asked;
  {
    std::lock_guard guard{mutex_};
    if (!outlet_)
      return;
    facts_.state = state;
    asked = outlet_;
  }
  if (asked->need(*this, inputs, state))
    end();
}

void call::take_answers(const json& answers) {
  {
    std::lock_guard guard{mutex_};
    if (!outlet_)
      return;
    facts_.answers.update(answers);
  }
  run();
}

bool call::become_task() {
  auto office = office_.lock();
  if (!office || !facts_.client.has_tasks())
    return false;
  std::lock_guard guard{mutex_}; // whoever cancels the task must not find the call without it
  if (!outlet_)
    return false;
  auto next = office->begin(shared_from_this(), *outlet_);
  if (!next)
    return false;
  outlet_ = std::move(next);
  return true;
}

bool call::become_task_of(const std::string& name) {
  auto office = office_.lock();
  auto asked = where();
  if (!office || !asked || !facts_.client.has_tasks() || !office->hand_over(*this, name, *asked))
    return false;
  end();
  return true;
}

void call::pause(std::chrono::milliseconds before_next) {
  if (auto asked = where())
    asked->pause(before_next);
}

void call::on_cancel(std::function<void()> callback) {
  {
    std::lock_guard guard{mutex_};
    if (!is_cancelled_) {
      if (outlet_)
        on_cancel_ = std::move(callback);
      return;
    }
  }
  callback();
}

void call::cancel() {
  std::function<void()> callback;
  {
    std::lock_guard guard{mutex_};
    if (!outlet_)
      return;
    is_cancelled_ = true;
    callback.swap(on_cancel_);
  }
  if (auto asked = end())
    asked->abandon();
  if (callback)
    callback();
}

void call::on_stopping(std::function<void(call&)> callback) {
  std::lock_guard guard{mutex_};
  if (outlet_)
    on_stopping_ = std::move(callback);
}

void call::on_end(std::function<void()> callback) {
  {
    std::lock_guard guard{mutex_};
    if (outlet_) {
      on_end_ = std::move(callback);
      return;
    }
  }
  callback();
}

void call::stop() {
  std::function<void(call&)> callback;
  std::function<void()> on_cancel;
  {
    std::lock_guard guard{mutex_};
    if (!outlet_)
      return;
    callback.swap(on_stopping_);
    // Who has not said what becomes of the work is told to ask again, and it must not go on.
    if (!callback)
      on_cancel.swap(on_cancel_);
  }
  if (callback)
    callback(*this);
  end_with_server();
  if (on_cancel)
    on_cancel();
}

void call::end_with_server() {
  fail({200, code::internal_error, "the server is ending; ask again when it is up"});
}

bool call::is_over() {
  std::lock_guard guard{mutex_};
  return !outlet_;
}

} // namespace mahavishnu::mcp::server
