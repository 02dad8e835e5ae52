// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/server/tool.hpp"

#include <chrono>
#include <cstddef>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace mahavishnu::mcp::server {

/// What a client of the legacy era has agreed with us, and what it is waiting for.
class session {
public:
  session(std::string id, std::string version) : id_(std::move(id)), version_(std::move(version)) {}

  const std::string& id() const { return id_; }
  const std::string& version() const { return version_; }

  /// Until it ends, the client may cancel a call by the id of its request. False when a request of
  /// that id runs already.
  bool begin(const json& request);
  void run(const json& request, const std::weak_ptr<tool_call>& call);
  void end(const json& request);
  void cancel(const json& request);
  /// All that runs.
  void cancel_all();
  bool is_busy();

private:
  const std::string id_;
  const std::string version_;
  std::mutex mutex_;
  std::map<json, std::weak_ptr<tool_call>> calls_;
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
  std::shared_ptr<session> open(std::string version, time_point now);
  /// Nothing when there is none; else it counts as used now.
  std::shared_ptr<session> find(std::string_view id, time_point now);
  bool close(std::string_view id);
  std::size_t size() const { return by_use_.size(); }

private:
  struct entry {
    std::shared_ptr<session> what;
    time_point used;
  };
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
