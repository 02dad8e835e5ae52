// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/server/call.hpp"
#include "mcp/server/event_stream.hpp"
#include "mcp/server/exchange.hpp"
#include "mcp/server/hub.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace mahavishnu::mcp::server {

/// What a client of the legacy era has agreed with us, what it is waiting for, and what it has been
/// asked. May be used from any thread.
class session : public listener, public std::enable_shared_from_this<session> {
public:
  session(std::string id, std::string version, json capabilities, std::string owner)
      : id_(std::move(id)),
        owner_(std::move(owner)),
        version_(std::move(version)),
        capabilities_(std::move(capabilities)),
        own_stream_(std::make_shared<event_stream>(0, begins_empty())) {}

  const std::string& id() const { return id_; }
  /// Whose it is, as caller::name.
  const std::string& owner() const { return owner_; }
  const std::string& version() const { return version_; }
  const json& capabilities() const { return capabilities_; }

  std::optional<log_level> least() const;
  void set_least(log_level level) { least_ = static_cast<int>(level); }

  /// Until it ends, the client may cancel a call by the id of its request.
  enum class admission { good, runs_already, too_many };
  admission begin(const std::shared_ptr<call>& which);
  void end(const json& request);
  void cancel(const json& request);
  /// All that runs, as the server ends.
  void stop_calls();
  /// Gives up all that runs, and what else the client is connected for.
  void close();
  /// Something runs for the client, or it listens. A call that waits for the client for too long
  /// ends with this.
  bool is_busy();

  /// Asks the client; its answers go to the call.
  void ask(const std::shared_ptr<call>& whose, exchange& where,
           const std::vector<client_request>& inputs);
  /// A response of the client; what it answers need not be known any more.
  void take_response(const json& response);

  /// A stream for one request; nothing when there are too many.
  std::shared_ptr<event_stream> open_stream(const net::http_answer& where);
  /// Nothing when it is not kept any more.
  std::shared_ptr<event_stream> find_stream(std::uint32_t number);
  /// Connects a stream, and sees to it that it knows when the client has gone.
  static bool connect(const std::shared_ptr<event_stream>& stream, const net::http_answer& where,
                      std::optional<std::uint64_t> after);

  /// `watched` is held for as long as the client wants to hear of it. False when it follows too
  /// many.
  bool subscribe(const std::string& uri, std::shared_ptr<void> watched);
  void unsubscribe(const std::string& uri);
  /// Of the list of resources, for as long as it is connected to hear of it.
  void follow_lists(std::shared_ptr<void> watched);
  void list_changed(offer which) override;
  void resource_changed(const std::string& uri) override;

private:
  bool begins_empty() const { return version_ == legacy_versions.front(); }
  void tell(std::string_view method, const json& params);
  void drop_ended_streams();

  void drop_old_questions();

  struct question {
    /// Nobody else has to keep it meanwhile.
    std::shared_ptr<call> whose;
    std::string key;
    /// Of those that were asked together.
    std::shared_ptr<std::size_t> left;
    std::shared_ptr<json> answers;
    std::chrono::steady_clock::time_point asked = std::chrono::steady_clock::now();
  };

  const std::string id_;
  const std::string owner_;
  const std::string version_;
  const json capabilities_;
  std::atomic<int> least_{-1};
  std::mutex mutex_;
  bool is_closed_ = false;
  std::map<json, std::weak_ptr<call>> calls_;
  std::map<std::string, question, std::less<>> questions_;
  std::uint64_t last_question_ = 0;
  /// What belongs to no request.
  const std::shared_ptr<event_stream> own_stream_;
  /// The oldest first.
  std::map<std::uint32_t, std::shared_ptr<event_stream>> streams_;
  std::uint32_t last_stream_ = 0;
  std::map<std::string, std::shared_ptr<void>, std::less<>> followed_;
  std::shared_ptr<void> lists_followed_;
};

/// The sessions of a server: the newest ones, those that were used lately, and those for which
/// something runs. A client whose session has gone is told so, and begins a new one. Used on one
/// thread.
class session_table {
public:
  using time_point = std::chrono::steady_clock::time_point;

  session_table(std::size_t most, std::chrono::seconds idle_limit)
      : most_(most), idle_limit_(idle_limit) {}

  /// With an id that nobody can guess.
  std::shared_ptr<session> open(std::string version, json capabilities, std::string owner,
                                time_point now);
  /// Nothing when there is none; else it counts as used now.
  std::shared_ptr<session> find(std::string_view id, time_point now);
  bool close(std::string_view id);
  /// As the server ends.
  void close_all();
  std::size_t size() const { return by_use_.size(); }

private:
  struct entry {
    std::shared_ptr<session> what;
    time_point used;
  };
  session& make_room_for(std::string_view owner);
  /// Of those that idle: what runs for a client may take longer than it asks for anything else.
  void drop_old(time_point now);
  void touch(std::list<entry>::iterator which, time_point now);

  const std::size_t most_;
  const std::chrono::seconds idle_limit_;
  /// The one that was used last comes last.
  std::list<entry> by_use_;
  /// Of the ids that the sessions have.
  std::unordered_map<std::string_view, std::list<entry>::iterator> by_id_;
};

} // namespace mahavishnu::mcp::server
