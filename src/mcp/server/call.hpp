// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/server/caller.hpp"
#include "mcp/server/refusal.hpp"

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mahavishnu::mcp::server {

class call;

/// How much a message for the log of a client matters, least first.
enum class log_level { debug, info, notice, warning, error, critical, alert, emergency };

std::string_view to_string(log_level level);
std::optional<log_level> log_level_of(std::string_view name);

/// The extension that lets calls go on as tasks.
inline constexpr auto tasks_extension = "io.modelcontextprotocol/tasks";

/// What a client has said of itself.
struct client_facts {
  era spoken = era::modern;
  caller who;
  /// What it can do, as the protocol has it.
  json capabilities = json::object();
  /// What matters less is not for its log; nothing: it wants none.
  std::optional<log_level> least;

  /// By a name such as `sampling`.
  bool can(std::string_view capability) const;
  bool has_tasks() const;
};

/// Something that only the client can do: ask its user or its model, say what its roots are.
struct client_request {
  /// By which the answer is found.
  std::string key;
  std::string method;
  json params = json::object();
};

/// Where the end and the news of a call go.
class outlet {
public:
  virtual ~outlet() = default;
  /// Members of the result, as JSON without the braces around them.
  virtual void finish(std::string_view members) = 0;
  virtual void fail(const refusal& why) = 0;
  virtual void notify(std::string_view method, const json& params) = 0;
  /// The client is to do this. True when its answers come with a new request, and this call is
  /// over; false when they come to call::take_answers().
  virtual bool need(call& whose, const std::vector<client_request>& inputs, const json& state) = 0;
  /// Nobody wants to hear of it any more.
  virtual void abandon() = 0;
  /// False where that cannot be said.
  virtual bool finish_as_task(std::string_view) { return false; }
  virtual void pause(std::chrono::milliseconds) {}
};

/// Knows the calls that go on when their requests have been answered.
class task_office {
public:
  virtual ~task_office() = default;
  /// Answers at `asked` with a new task, where the end of the call will be found. Nothing when
  /// there is no room for more, or `asked` takes no tasks.
  virtual std::shared_ptr<outlet> begin(const std::shared_ptr<call>& whose, outlet& asked) = 0;
  /// Answers there with a task that goes on elsewhere under that name.
  virtual bool hand_over(const call& whose, const std::string& name, outlet& asked) = 0;
};

/// One request of a client that may take its time. May be used from any thread; only the first end
/// counts.
class call : public std::enable_shared_from_this<call> {
public:
  /// What there is to know when it begins.
  struct facts {
    json request;
    std::string method;
    /// What is called, read or got: a name or a URI.
    std::string name;
    json arguments = json::object();
    json progress_token;
    /// What the client has done for an earlier round, by key, and what we had noted then.
    json answers = json::object();
    json state;
    client_facts client;
  };

  call(std::shared_ptr<outlet> where, facts what)
      : facts_(std::move(what)), outlet_(std::move(where)) {}
  call(const call&) = delete;
  /// What lets go of a call without an end must not leave the client waiting.
  virtual ~call();

  /// The id of the request.
  const json& request() const { return facts_.request; }
  const std::string& method() const { return facts_.method; }
  const std::string& name() const { return facts_.name; }
  const json& arguments() const { return facts_.arguments; }
  const client_facts& client() const { return facts_.client; }
  /// For those who are not the call: its answers and its state change while it runs.
  const facts& what() const { return facts_; }

  /// An answer of the client to a request of that key; null when there is none.
  json answer(std::string_view key);
  /// As the earlier round has left it; null in the first one.
  json state();

  void finish(std::string_view members);
  /// Not for what cannot be done, but for what is no call at all.
  void fail(const refusal& why);
  /// How far it has come, if the client wants to know. What does not go on is not told.
  void progress(double done, std::optional<double> total, std::string_view text);
  /// For the log of the client, if it wants it.
  void log(log_level level, std::string_view logger, const json& data);

  /// Ends this round: the client is to do something first. Then the call runs again, with the
  /// answers and with `state`. What the client cannot do ends the call.
  void need(std::vector<client_request> inputs, json state = {});
  /// False when the client cannot do it, and then the call has ended.
  bool demand(std::string_view capability);

  /// The request is answered with a task, and the end of this call will be the end of that one.
  /// False when the client knows no tasks, or there are too many, and then nothing has changed.
  bool become_task();
  /// The same with a task that goes on by itself, and the call is over.
  bool become_task_of(const std::string& name);

  /// Closes the connection, if the client can come back for the rest.
  void pause(std::chrono::milliseconds before_next);

  /// Called once, when nobody wants the result any more; at once if that is so already, and never
  /// after the end. The last one that was set is kept.
  void on_cancel(std::function<void()> callback);
  /// Ends the call without an answer.
  void cancel();

  /// How the call ends when the server does; it may end with an answer of its own. Without this,
  /// the work is given up as if nobody wanted the result any more.
  void on_stopping(std::function<void(call&)> callback);
  void stop();

  bool is_over();

  // For those who begin calls.
  virtual void run() = 0;
  void set_office(std::weak_ptr<task_office> office) { office_ = std::move(office); }
  /// Called once, at the end.
  void on_end(std::function<void()> callback);
  /// What the client has done for us: the call runs again when this was the last of it.
  void take_answers(const json& answers);

protected:
  /// When the server ends, and nobody has said what becomes of the call.
  virtual void end_with_server();

private:
  std::shared_ptr<outlet> end();
  std::shared_ptr<outlet> where();

  facts facts_;
  std::weak_ptr<task_office> office_;
  std::mutex mutex_;
  /// Until the end.
  std::shared_ptr<outlet> outlet_;
  std::optional<double> done_;
  bool is_cancelled_ = false;
  std::function<void()> on_cancel_;
  std::function<void(call&)> on_stopping_;
  std::function<void()> on_end_;
};

} // namespace mahavishnu::mcp::server
