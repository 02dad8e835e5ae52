// SPDX-License-Identifier: MIT
#pragma once

#include "auth/text_signer.hpp"
#include "mcp/server/call.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

/// Calls that go on as tasks when their requests have been answered (the tasks extension).
namespace mahavishnu::mcp::server {

using wall_time = std::chrono::system_clock::time_point;

/// How a task stands, as clients see it.
struct task_view {
  enum class state { working, input_required, completed, failed, cancelled };

  std::string id;
  state status = state::working;
  std::string message;
  wall_time created;
  wall_time updated;
  /// For how long after its beginning it is kept; nothing: for as long as the journal keeps it.
  std::optional<std::chrono::milliseconds> kept_for;
  /// Of one that is completed: members of the result.
  std::string result;
  /// Of one that has failed.
  std::optional<refusal> error;
  /// Of one that needs input.
  json inputs = json::object();

  bool has_ended() const {
    return status == state::completed || status == state::failed || status == state::cancelled;
  }
};

/// As members of a result: all of it, or how it stands only.
std::string members_of(const task_view& task);
std::string stand_of(const task_view& task);
/// As a JSON value, for a notification.
std::string text_of(const task_view& task);

/// Tasks that are known elsewhere, by their names there. May be used from any thread.
class task_source {
public:
  virtual ~task_source() = default;
  /// Nothing when there is none of that name.
  virtual void find(const std::string& name,
                    std::function<void(std::optional<task_view>)> found) = 0;
  virtual void cancel(const std::string& name, std::function<void(bool)> done) = 0;
  /// Calls `changed` until the task has ended, for as long as what it returns is there.
  virtual std::shared_ptr<void> watch(const std::string& name, std::function<void()> changed) = 0;
};

/// All tasks: calls that go on here, for as long as this program runs, and tasks of a source, whose
/// ids here only their callers have. May be used from any thread.
class task_board : public task_office, public std::enable_shared_from_this<task_board> {
public:
  struct limits {
    std::size_t most = 1000;
    std::chrono::milliseconds kept_for{3'600'000};
  };

  /// `elsewhere` may be none.
  task_board(std::shared_ptr<const auth::text_signer> signer,
             std::shared_ptr<task_source> elsewhere, limits bounds);

  std::shared_ptr<outlet> begin(const std::shared_ptr<call>& whose, outlet& asked) override;
  bool hand_over(const call& whose, const std::string& name, outlet& asked) override;

  void find(const caller& who, const std::string& id,
            std::function<void(std::optional<task_view>)> found);
  /// False when there is no such task.
  void answer(const caller& who, const std::string& id, const json& answers,
              std::function<void(bool)> done);
  void cancel(const caller& who, const std::string& id, std::function<void(bool)> done);
  /// Tells each change, for as long as what it returns is there. Nothing when there is no such
  /// task.
  std::shared_ptr<void> watch(const caller& who, const std::string& id,
                              std::function<void()> changed);
  /// Ends what runs here.
  void stop();

private:
  class entry;
  using entry_ptr = std::shared_ptr<entry>;

  entry_ptr entry_of(const caller& who, const std::string& id);
  bool make_room();
  /// The name elsewhere that an id stands for.
  std::optional<std::string> name_of(const caller& who, std::string_view id) const;

  const std::shared_ptr<const auth::text_signer> signer_;
  const std::shared_ptr<task_source> elsewhere_;
  const limits limits_;
  std::mutex mutex_;
  std::map<std::string, entry_ptr, std::less<>> entries_;
};

} // namespace mahavishnu::mcp::server
