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
/// something to say before the last of them, or more than is kept. What does not fit is an error of
/// its request, and no reason to count the client as slow. May be used from any thread.
class batch_answer {
public:
  /// `whole` goes to the client.
  batch_answer(std::shared_ptr<exchange> whole, std::size_t requests);

  /// How the request of that id ends; empty: nobody wants to hear of it any more.
  void take(std::string answer, const json& id);
  /// Any message that is not such an end.
  void say(std::string_view message);

private:
  bool has_room(std::size_t bytes, bool is_last) const;
  void become_stream();

  const std::shared_ptr<exchange> whole_;
  /// Of a stream: the answers that the client may have before it, and as much room for all else.
  const std::size_t most_waiting_;
  /// Of one array; as many may follow at once when it becomes a stream.
  const std::size_t most_bytes_;
  std::mutex mutex_;
  std::size_t missing_;
  std::vector<std::string> answers_;
  std::size_t bytes_ = 0;
  /// It is a stream, which has had all the answers that there were.
  bool is_stream_ = false;
};

} // namespace mahavishnu::mcp::server
