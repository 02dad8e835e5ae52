// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/server/exchange.hpp"

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace mahavishnu::mcp::server {

/// The answers to requests that came together: one array, or an event stream as soon as there is
/// something to say before the last of them. May be used from any thread.
class batch_answer {
public:
  /// `whole` goes to the client.
  batch_answer(std::shared_ptr<exchange> whole, std::size_t requests)
      : whole_(std::move(whole)), missing_(requests) {}

  /// How one of the requests ends; empty: nobody wants to hear of it any more.
  void take(std::string answer);
  /// Any message that is not such an end.
  void say(std::string_view message);

private:
  const std::shared_ptr<exchange> whole_;
  std::mutex mutex_;
  std::size_t missing_;
  std::vector<std::string> answers_;
  /// It is a stream, which has had all the answers that there were.
  bool is_stream_ = false;
};

} // namespace mahavishnu::mcp::server
