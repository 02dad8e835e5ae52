// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/server/refusal.hpp"
#include "net/http_answer.hpp"

#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace mahavishnu::mcp::server {

/// One request that is being answered: by one JSON body, or by an event stream as soon as there is
/// something to say before the result. May be used from any thread.
class exchange {
public:
  /// `may_stream`: the client takes event streams. `own_name` comes with each modern result.
  exchange(net::http_answer http, era spoken, json id, bool may_stream,
           std::shared_ptr<const std::string> own_name)
      : http_(std::move(http)),
        era_(spoken),
        id_(std::move(id)),
        may_stream_(may_stream),
        own_name_(std::move(own_name)) {}

  era spoken() const { return era_; }
  const json& id() const { return id_; }
  const net::http_answer& http() const { return http_; }

  /// Members of the result, as JSON without the braces around them. Only the first end counts.
  void finish(std::string_view members, net::http_response head = {});
  void fail(const refusal& why);
  /// Nothing happens after the end, nor where the client takes no streams.
  void notify(std::string_view method, const json& params);
  /// Nothing is answered any more.
  void abandon();

private:
  void send(std::string message, net::http_response head);
  std::string result_of(std::string_view members) const;

  const net::http_answer http_;
  const era era_;
  const json id_;
  const bool may_stream_;
  const std::shared_ptr<const std::string> own_name_;
  std::mutex mutex_;
  bool has_ended_ = false;
  bool is_stream_ = false;
};

} // namespace mahavishnu::mcp::server
