// SPDX-License-Identifier: MIT
#include "mcp/server/sessions.hpp"

#include "mcp/server/random_name.hpp"

#include <algorithm>

namespace mahavishnu::mcp::server {

namespace {

/// At a time, of one client.
constexpr std::size_t most_calls = 256;
constexpr std::size_t most_questions = 64;
constexpr std::size_t most_followed = 256;
/// Its user may have to be found first.
constexpr std::chrono::minutes longest_answer{30};
/// Streams whose request has been answered, for clients that have not heard it.
constexpr std::size_t most_ended_streams = 4;
constexpr std::size_t most_streams = 64;

} // namespace

std::optional<log_level> session::least() const {
  auto level = least_.load();
  return level < 0 ? std::nullopt : std::optional{static_cast<log_level>(level)};
}

session::admission session::begin(const std::shared_ptr<call>& which) {
  drop_old_questions();
  std::lock_guard guard{mutex_};
  if (calls_.size() >= most_calls)
    return admission::too_many;
  return calls_.try_emplace(which->request(), which).second ? admission::good
                                                            : admission::runs_already;
}

void session::end(const json& request) {
  std::lock_guard guard{mutex_};
  calls_.erase(request);
}

void session::cancel(const json& request) {
  std::shared_ptr<call> which;
  {
    std::lock_guard guard{mutex_};
    if (auto found = calls_.find(request); found != calls_.end())
      which = found->second.lock();
  }
  if (which)
    which->cancel();
}

void session::close() {
  std::map<json, std::weak_ptr<call>> calls;
  decltype(streams_) streams;
  decltype(followed_) followed;
  decltype(questions_) questions;
  std::shared_ptr<void> lists;
  {
    std::lock_guard guard{mutex_};
    is_closed_ = true;
    lists.swap(lists_followed_);
    calls.swap(calls_);
    streams.swap(streams_);
    followed.swap(followed_);
    questions.swap(questions_);
  }
  for (const auto& [request, each] : calls)
    if (auto which = each.lock())
      which->cancel();
  for (const auto& [number, each] : streams)
    each->end();
  own_stream_->end();
}

void session::stop_calls() {
  std::map<json, std::weak_ptr<call>> calls;
  {
    std::lock_guard guard{mutex_};
    calls = calls_;
  }
  for (const auto& [request, each] : calls)
    if (auto which = each.lock())
      which->stop();
}

bool session::is_busy() {
  drop_old_questions();
  std::lock_guard guard{mutex_};
  return !calls_.empty() || own_stream_->is_attached();
}

// -- questions ------------------------------------------------------------------------------------

void session::drop_old_questions() {
  std::map<std::string, question, std::less<>> all;
  {
    std::lock_guard guard{mutex_};
    all = questions_;
  }
  // Not while they are locked: a call may be about to ask something.
  for (const auto& [id, each] : all) {
    auto is_old = std::chrono::steady_clock::now() - each.asked > longest_answer;
    if (!is_old && !each.whose->is_over())
      continue;
    {
      std::lock_guard guard{mutex_};
      questions_.erase(id);
    }
    each.whose->fail({200, code::invalid_request, "the client was asked and has not answered"});
  }
}

void session::ask(const std::shared_ptr<call>& whose, exchange& where,
                  const std::vector<client_request>& inputs) {
  drop_old_questions();
  auto left = std::make_shared<std::size_t>(inputs.size());
  auto answers = std::make_shared<json>(json::object());
  std::vector<std::string> messages;
  {
    std::lock_guard guard{mutex_};
    if (!is_closed_ && questions_.size() + inputs.size() <= most_questions) {
      for (const auto& each : inputs) {
        auto id = "server-" + std::to_string(++last_question_);
        questions_.emplace(id, question{whose, each.key, left, answers});
        messages.push_back(to_text(json{
            {"jsonrpc", "2.0"}, {"id", id}, {"method", each.method}, {"params", each.params}}));
      }
    }
  }
  if (messages.empty())
    return whose->fail({200, code::invalid_request,
                        "the client has been asked too much that it has not answered"});
  for (const auto& each : messages)
    where.say(each);
}

void session::take_response(const json& response) {
  std::shared_ptr<call> whose;
  json answers;
  std::string problem;
  {
    std::lock_guard guard{mutex_};
    auto id = response.find("id");
    auto found = id != response.end() && id->is_string()
                     ? questions_.find(id->get_ref<const std::string&>())
                     : questions_.end();
    if (found == questions_.end())
      return;
    auto asked = std::move(found->second);
    questions_.erase(found);
    if (auto result = response.find("result"); result != response.end()) {
      (*asked.answers)[asked.key] = *result;
      if (--*asked.left > 0)
        return;
      answers = std::move(*asked.answers);
    } else {
      problem = string_member(response.value("error", json::object()), "message");
      if (problem.empty())
        problem = "no reason was given";
    }
    whose = std::move(asked.whose);
  }
  if (!problem.empty())
    whose->fail(
        {200, code::invalid_request, "the client could not do what was needed: " + problem});
  else
    whose->take_answers(answers);
}

// -- streams --------------------------------------------------------------------------------------

bool session::connect(const std::shared_ptr<event_stream>& stream, const net::http_answer& where,
                      std::optional<std::uint64_t> after) {
  if (!stream->attach(where, after))
    return false;
  where.on_gone([weak = std::weak_ptr{stream}, where] {
    if (auto still = weak.lock())
      still->detach(where);
  });
  return true;
}

std::shared_ptr<event_stream> session::open_stream(const net::http_answer& where) {
  std::shared_ptr<event_stream> made;
  {
    std::lock_guard guard{mutex_};
    drop_ended_streams();
    if (is_closed_ || streams_.size() >= most_streams)
      return nullptr;
    made = std::make_shared<event_stream>(++last_stream_, begins_empty());
    streams_.emplace(made->number(), made);
  }
  connect(made, where, std::nullopt);
  return made;
}

void session::drop_ended_streams() {
  auto ended =
      std::ranges::count_if(streams_, [](const auto& each) { return each.second->has_ended(); });
  for (auto each = streams_.begin(); each != streams_.end();) {
    if (ended > static_cast<std::ptrdiff_t>(most_ended_streams) && each->second->has_ended()) {
      each = streams_.erase(each);
      --ended;
    } else {
      ++each;
    }
  }
}

std::shared_ptr<event_stream> session::find_stream(std::uint32_t number) {
  if (number == 0)
    return own_stream_;
  std::lock_guard guard{mutex_};
  auto found = streams_.find(number);
  return found != streams_.end() ? found->second : nullptr;
}

// -- news -----------------------------------------------------------------------------------------

bool session::subscribe(const std::string& uri, std::shared_ptr<void> watched) {
  std::lock_guard guard{mutex_};
  if (is_closed_ || (followed_.size() >= most_followed && !followed_.contains(uri)))
    return false;
  followed_[uri] = std::move(watched);
  return true;
}

void session::unsubscribe(const std::string& uri) {
  std::shared_ptr<void> watched; // ended outside of the lock
  std::lock_guard guard{mutex_};
  if (auto found = followed_.find(uri); found != followed_.end()) {
    watched.swap(found->second);
    followed_.erase(found);
  }
}

void session::follow_lists(std::shared_ptr<void> watched) {
  std::lock_guard guard{mutex_};
  if (!is_closed_)
    lists_followed_.swap(watched);
}

void session::tell(std::string_view method, const json& params) {
  if (own_stream_->was_attached()) // also for a client that comes back
    own_stream_->say(to_text(json{{"jsonrpc", "2.0"}, {"method", method}, {"params", params}}));
}

void session::list_changed(offer which) {
  tell(method_of_change(which), json::object());
}

void session::resource_changed(const std::string& uri) {
  {
    std::lock_guard guard{mutex_};
    if (!followed_.contains(uri))
      return;
  }
  tell("notifications/resources/updated", {{"uri", uri}});
}

// -- all of them ----------------------------------------------------------------------------------

std::shared_ptr<session> session_table::open(std::string version, json capabilities,
                                             std::string owner, time_point now) {
  drop_old(now);
  if (by_use_.size() >= most_)
    close(make_room_for(owner).id());
  auto made = std::make_shared<session>(random_name(), std::move(version), std::move(capabilities),
                                        std::move(owner));
  by_use_.push_back({made, now});
  by_id_.emplace(made->id(), std::prev(by_use_.end()));
  return made;
}

/// Who has many loses one of its own before others do, and what idles goes first.
session& session_table::make_room_for(std::string_view owner) {
  session* idle = nullptr;
  session* own = nullptr;
  std::size_t owned = 0;
  for (const auto& each : by_use_) {
    auto is_own = each.what->owner() == owner;
    owned += is_own ? 1 : 0;
    auto is_idle = !each.what->is_busy();
    if (is_own && is_idle)
      return *each.what;
    if (is_own && !own)
      own = each.what.get();
    if (is_idle && !idle)
      idle = each.what.get();
  }
  if (own && owned * 2 > most_)
    return *own;
  return idle ? *idle : own ? *own : *by_use_.front().what;
}

std::shared_ptr<session> session_table::find(std::string_view id, time_point now) {
  drop_old(now);
  auto found = by_id_.find(id);
  if (found == by_id_.end())
    return nullptr;
  touch(found->second, now);
  return found->second->what;
}

bool session_table::close(std::string_view id) {
  auto found = by_id_.find(id);
  if (found == by_id_.end())
    return false;
  auto place = found->second;
  auto ended = place->what; // its id is the key
  by_id_.erase(found);
  by_use_.erase(place);
  ended->close();
  return true;
}

void session_table::close_all() {
  for (const auto& each : by_use_) {
    each.what->stop_calls();
    each.what->close();
  }
  by_id_.clear();
  by_use_.clear();
}

void session_table::drop_old(time_point now) {
  while (!by_use_.empty() && now - by_use_.front().used > idle_limit_) {
    if (by_use_.front().what->is_busy())
      touch(by_use_.begin(), now);
    else
      close(by_use_.front().what->id());
  }
}

void session_table::touch(std::list<entry>::iterator which, time_point now) {
  which->used = now;
  by_use_.splice(by_use_.end(), by_use_, which);
}

} // namespace mahavishnu::mcp::server
