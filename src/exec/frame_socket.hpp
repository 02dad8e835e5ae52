// SPDX-License-Identifier: MIT
#pragma once

#include "exec/event_loop.hpp"
#include "exec/keeper_wire.hpp"
#include "exec/unique_fd.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace mahavishnu::exec {

/// A connected socket that carries frames both ways, on an event loop. What it calls may destroy
/// it.
class frame_socket {
public:
  struct callbacks {
    /// A frame has come, its length taken off.
    std::function<void(std::string_view frame)> frame;
    /// The other side has gone or has sent what is no frame. Called once, and nothing after it.
    std::function<void()> closed;
  };

  /// How soon a frame must go.
  enum class urgency {
    now,
    /// With the next one that is urgent, or a moment later: saves a wake-up of the other side.
    soon
  };

  /// @pre the socket does not block.
  frame_socket(event_loop& loop, unique_fd socket, callbacks calls);
  frame_socket(const frame_socket&) = delete;
  /// What the system takes at once of what was to go soon still arrives.
  ~frame_socket();

  /// False when the loop cannot watch it; nothing comes from it then.
  bool is_watched() const { return watch_ != 0; }

  void send(std::string_view frame, urgency when);
  /// Bytes that the other side has not taken yet.
  std::size_t waiting() const { return out_.size() - sent_; }

private:
  void ready(std::uint32_t events);
  bool read();
  void flush();
  void watch_for_room();

  event_loop& loop_;
  unique_fd socket_;
  std::shared_ptr<callbacks> calls_;
  event_loop::watch_id watch_ = 0;
  bool watches_for_room_ = false;
  event_loop::timer late_;
  keeper_wire::frame_reader frames_;
  std::string out_;
  std::size_t sent_ = 0;
  /// Tells a callback's caller that it has been destroyed meanwhile.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

} // namespace mahavishnu::exec
