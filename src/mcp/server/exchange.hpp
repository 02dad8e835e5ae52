// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/server/refusal.hpp"
#include "net/http_answer.hpp"

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mahavishnu::mcp::server {

class batch_answer;
class event_stream;
class session;

/// What a result of the modern era says that it is.
namespace result_type {
inline constexpr std::string_view complete = "complete";
inline constexpr std::string_view input_required = "input_required";
inline constexpr std::string_view task = "task";
} // namespace result_type

/// One request that is being answered: by one JSON body, or by an event stream as soon as there is
/// something to say before the result. May be used from any thread.
class exchange {
public:
  struct terms {
    era spoken = era::modern;
    json id;
    /// The client takes event streams.
    bool may_stream = false;
    /// Comes with each modern result, as a member of its `_meta`.
    std::shared_ptr<const std::string> own_name;
    /// Of the legacy era; none before there is one.
    std::shared_ptr<session> from;
    /// Kept until all is answered: the place of the request among those of its caller.
    std::shared_ptr<const void> place;
    /// For whatever the answer is.
    std::vector<std::pair<std::string, std::string>> headers;
    /// It came with others, and is answered with them; none: it came alone.
    std::shared_ptr<batch_answer> within;
  };

  exchange(net::http_answer http, terms agreed)
      : http_(std::move(http)), terms_(std::move(agreed)) {}
  /// One that came with others ends with an error, since the others wait for it.
  ~exchange();
  exchange(const exchange&) = delete;

  era spoken() const { return terms_.spoken; }
  const json& id() const { return terms_.id; }
  const net::http_answer& http() const { return http_; }
  const std::shared_ptr<session>& from() const { return terms_.from; }
  bool may_stream() const { return terms_.may_stream; }

  /// Members of the result, as JSON without the braces around them. Only the first end counts.
  void finish(std::string_view members, std::string_view type = result_type::complete,
              net::http_response head = {});
  /// A modern result that has nothing in it but these members of its `_meta`.
  void finish_with_meta(std::string_view meta);
  void fail(const refusal& why);
  /// As the gate has it: with a status and headers of its own, where the request came alone.
  void refuse(net::http_response complete);
  /// Whatever message is the end.
  void end(std::string message) { send(std::move(message), {}); }
  /// Nothing happens after the end, nor where the client takes no streams.
  void notify(std::string_view method, const json& params);
  /// Any message that is not the end.
  void say(std::string_view message);
  /// A client of a session gets the rest of its stream when it comes back, after that time.
  void pause(std::chrono::milliseconds before_next);
  /// Nothing is answered any more.
  void abandon();

private:
  void send(std::string message, net::http_response head);
  void add_headers(net::http_response& head) const;
  std::string result_of(std::string_view members, std::string_view type,
                        std::string_view meta) const;

  const net::http_answer http_;
  const terms terms_;
  std::mutex mutex_;
  bool has_ended_ = false;
  /// It is a stream: of a session, or without one.
  std::shared_ptr<event_stream> stream_;
  bool is_stream_ = false;
};

} // namespace mahavishnu::mcp::server
