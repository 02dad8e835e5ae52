// SPDX-License-Identifier: MIT
#include "mcp/server/tasks.hpp"

#include "base/rfc3339.hpp"
#include "mcp/server/outlets.hpp"
#include "mcp/server/random_name.hpp"

#include <array>
#include <utility>

namespace mahavishnu::mcp::server {

namespace {

/// Between two questions of a client that wants to know how a task stands.
constexpr std::int64_t poll_interval_ms = 1000;

std::string_view to_string(task_view::state status) {
  constexpr std::array<std::string_view, 5> names{"working", "input_required", "completed",
                                                  "failed", "cancelled"};
  return names[static_cast<std::size_t>(status)];
}

wall_time now() {
  return std::chrono::system_clock::now();
}

std::string written(wall_time moment) {
  return rfc3339(std::chrono::floor<std::chrono::milliseconds>(moment));
}

json how_it_stands(const task_view& task) {
  json text{{"taskId", task.id},
            {"status", to_string(task.status)},
            {"createdAt", written(task.created)},
            {"lastUpdatedAt", written(task.updated)},
            {"ttlMs", nullptr},
            {"pollIntervalMs", poll_interval_ms}};
  if (task.kept_for)
    text["ttlMs"] = task.kept_for->count();
  if (!task.message.empty())
    text["statusMessage"] = task.message;
  if (task.status == task_view::state::input_required)
    text["inputRequests"] = task.inputs;
  return text;
}

std::string without_braces(const json& object) {
  auto text = to_text(object);
  return text.substr(1, text.size() - 2);
}

} // namespace

std::string stand_of(const task_view& task) {
  auto text = how_it_stands(task);
  text.erase("inputRequests");
  return without_braces(text);
}

std::string members_of(const task_view& task) {
  auto members = without_braces(how_it_stands(task));
  if (task.status == task_view::state::completed)
    members.append(R"(,"result":{)").append(task.result).append("}");
  if (task.status == task_view::state::failed && task.error)
    members.append(R"(,"error":)").append(to_text(error_value(*task.error)));
  return members;
}

std::string text_of(const task_view& task) {
  return "{" + members_of(task) + "}";
}

// -- one task -------------------------------------------------------------------------------------

/// The end of a call becomes the end of this.
class task_board::entry : public outlet, public std::enable_shared_from_this<entry> {
public:
  entry(std::string id, const std::shared_ptr<call>& whose, std::chrono::milliseconds kept_for)
      : owner_(whose->client().who.name), call_(whose) {
    view_.id = std::move(id);
    view_.created = view_.updated = now();
    view_.kept_for = kept_for;
  }

  bool is_of(const caller& who) const { return who.name == owner_; }

  task_view view() {
    std::lock_guard guard{mutex_};
    return view_;
  }

  /// Its time is over, or that of a client who was to do something for it.
  bool is_forgettable(wall_time at) {
    std::lock_guard guard{mutex_};
    return view_.status != task_view::state::working && at >= view_.updated + *view_.kept_for;
  }

  void finish(std::string_view members) override {
    change(task_view::state::completed, [&](task_view& task) { task.result = members; });
  }
  void fail(const refusal& why) override {
    change(task_view::state::failed, [&](task_view& task) { task.error = why; });
  }
  void abandon() override {
    change(task_view::state::cancelled, [](task_view&) {});
  }
  void notify(std::string_view method, const json& params) override {
    // What is progress elsewhere is how a task stands.
    if (method == "notifications/progress")
      change(std::nullopt,
             [&](task_view& task) { task.message = string_member(params, "message"); });
  }

  bool need(call& whose, const std::vector<client_request>& inputs, const json&) override {
    change(task_view::state::input_required, [&](task_view& task) {
      task.inputs = to_json(inputs);
      keep_ = whose.shared_from_this(); // nobody else has to
    });
    return false;
  }

  void answer(const json& answers) {
    std::shared_ptr<call> ready;
    json all;
    {
      std::lock_guard guard{mutex_};
      if (view_.status != task_view::state::input_required)
        return;
      for (const auto& [key, value] : answers.items())
        if (view_.inputs.erase(key) > 0)
          answers_[key] = value;
      if (view_.inputs.empty()) {
        ready = std::exchange(keep_, nullptr);
        all = std::exchange(answers_, json::object());
      }
    }
    if (!ready)
      return tell();
    change(task_view::state::working, [](task_view&) {});
    ready->take_answers(all);
  }

  void cancel() {
    if (auto which = call_.lock())
      which->cancel();
  }

  void stop() {
    if (auto which = call_.lock())
      which->stop();
  }

  std::shared_ptr<void> watch(std::function<void()> changed) {
    auto watched = std::make_shared<std::function<void()>>(std::move(changed));
    std::lock_guard guard{mutex_};
    std::erase_if(watchers_, [](const auto& each) { return each.expired(); });
    watchers_.push_back(watched);
    return watched;
  }

private:
  template <class Set>
  void change(std::optional<task_view::state> status, Set set) {
    std::shared_ptr<call> kept; // it may go with this, and then has much to let go of
    {
      std::lock_guard guard{mutex_};
      if (view_.has_ended())
        return;
      view_.status = status.value_or(view_.status);
      view_.updated = now();
      set(view_);
      if (view_.has_ended())
        kept.swap(keep_);
    }
    tell();
  }

  void tell() {
    std::vector<std::shared_ptr<std::function<void()>>> all;
    {
      std::lock_guard guard{mutex_};
      for (const auto& each : watchers_)
        if (auto watcher = each.lock())
          all.push_back(std::move(watcher));
    }
    for (const auto& each : all)
      (*each)();
  }

  const std::string owner_;
  const std::weak_ptr<call> call_;
  std::mutex mutex_;
  task_view view_;
  json answers_ = json::object();
  std::shared_ptr<call> keep_;
  std::vector<std::weak_ptr<std::function<void()>>> watchers_;
};

// -- all tasks ------------------------------------------------------------------------------------

task_board::task_board(std::shared_ptr<const auth::text_signer> signer,
                       std::shared_ptr<task_source> elsewhere, limits bounds)
    : signer_(std::move(signer)), elsewhere_(std::move(elsewhere)), limits_(bounds) {}

bool task_board::make_room() {
  auto at = now();
  std::vector<entry_ptr> old;
  auto has_room = false;
  {
    std::lock_guard guard{mutex_};
    std::erase_if(entries_, [&](const auto& each) {
      auto is_old = each.second->is_forgettable(at);
      if (is_old)
        old.push_back(each.second);
      return is_old;
    });
    has_room = entries_.size() < limits_.most;
  }
  for (const auto& each : old)
    each->cancel();
  return has_room;
}

std::shared_ptr<outlet> task_board::begin(const std::shared_ptr<call>& whose, outlet& asked) {
  if (!make_room())
    return nullptr;
  auto made = std::make_shared<entry>(random_name(), whose, limits_.kept_for);
  {
    std::lock_guard guard{mutex_};
    entries_.emplace(made->view().id, made);
  }
  // It can be found before the client knows of it.
  if (asked.finish_as_task(stand_of(made->view())))
    return made;
  std::lock_guard guard{mutex_};
  entries_.erase(made->view().id);
  return nullptr;
}

namespace {

std::string purpose_for(const caller& who) {
  return "a task of " + who.name;
}

} // namespace

bool task_board::hand_over(const call& whose, const std::string& name, outlet& asked) {
  if (!elsewhere_)
    return false;
  task_view task;
  task.id = name + "." + signer_->mark(purpose_for(whose.client().who), name);
  task.created = task.updated = now();
  return asked.finish_as_task(stand_of(task));
}

std::optional<std::string> task_board::name_of(const caller& who, std::string_view id) const {
  auto dot = id.rfind('.');
  if (!elsewhere_ || dot == std::string_view::npos)
    return std::nullopt;
  auto name = id.substr(0, dot);
  if (!signer_->is_mark(id.substr(dot + 1), purpose_for(who), name))
    return std::nullopt;
  return std::string{name};
}

task_board::entry_ptr task_board::entry_of(const caller& who, const std::string& id) {
  std::lock_guard guard{mutex_};
  auto found = entries_.find(id);
  return found != entries_.end() && found->second->is_of(who) ? found->second : nullptr;
}

void task_board::find(const caller& who, const std::string& id,
                      std::function<void(std::optional<task_view>)> found) {
  if (auto here = entry_of(who, id))
    return found(here->view());
  auto name = name_of(who, id);
  if (!name)
    return found(std::nullopt);
  elsewhere_->find(*name, [id, found = std::move(found)](std::optional<task_view> task) {
    if (task)
      task->id = id;
    found(std::move(task));
  });
}

void task_board::answer(const caller& who, const std::string& id, const json& answers,
                        std::function<void(bool)> done) {
  if (auto here = entry_of(who, id)) {
    here->answer(answers);
    return done(true);
  }
  // What runs elsewhere needs nothing of the client.
  find(who, id,
       [done = std::move(done)](const std::optional<task_view>& task) { done(task.has_value()); });
}

void task_board::cancel(const caller& who, const std::string& id, std::function<void(bool)> done) {
  if (auto here = entry_of(who, id)) {
    here->cancel();
    return done(true);
  }
  auto name = name_of(who, id);
  if (!name)
    return done(false);
  elsewhere_->cancel(*name, std::move(done));
}

std::shared_ptr<void> task_board::watch(const caller& who, const std::string& id,
                                        std::function<void()> changed) {
  if (auto here = entry_of(who, id))
    return here->watch(std::move(changed));
  auto name = name_of(who, id);
  return name ? elsewhere_->watch(*name, std::move(changed)) : nullptr;
}

void task_board::stop() {
  std::map<std::string, entry_ptr, std::less<>> all;
  {
    std::lock_guard guard{mutex_};
    all = entries_;
  }
  for (const auto& [id, each] : all)
    each->stop();
}

} // namespace mahavishnu::mcp::server
