// SPDX-License-Identifier: MIT
#include "mcp/tools/heartbeat.hpp"

#include <caf/event_based_actor.hpp>

namespace mahavishnu::mcp::server {

namespace {

/// Holds no call: one that everybody has let go of is to end.
struct watched_call {
  std::weak_ptr<tool_call> call;
  std::function<void(tool_call&, double)> tell;
  std::chrono::steady_clock::time_point begin = std::chrono::steady_clock::now();

  /// False when there is nobody to be told any more.
  bool goes_on() const {
    auto held = call.lock();
    if (!held || held->is_over())
      return false;
    auto passed = std::chrono::steady_clock::now() - begin;
    tell(*held, std::chrono::duration<double>(passed).count());
    return true;
  }
};

caf::behavior heartbeat(caf::event_based_actor* self, const control_actor& control,
                        std::chrono::milliseconds pause,
                        const std::shared_ptr<const watched_call>& whose) {
  self->monitor(control);
  self->set_down_handler([self](const caf::down_msg&) { self->quit(); });
  self->delayed_send(self, pause, caf::tick_atom::value);
  return {[=](caf::tick_atom) {
    if (whose->goes_on()) {
      self->delayed_send(self, pause, caf::tick_atom::value);
      return;
    }
    self->demonitor(control.address()); // or it is kept in that list for ever
    self->quit();
  }};
}

} // namespace

void until_it_ends(const control_door& door, const call_ptr& call, std::chrono::milliseconds pause,
                   std::function<void(tool_call&, double)> tell) {
  auto whose = std::make_shared<const watched_call>(watched_call{call, std::move(tell)});
  if (whose->goes_on())
    door.system->spawn(heartbeat, door.control, pause, whose);
}

void say_that_it_goes_on(const control_door& door, const call_ptr& call, std::string text) {
  until_it_ends(door, call, between_news,
                [text = std::move(text)](tool_call& whose, double seconds) {
                  whose.progress(seconds, std::nullopt, text);
                });
}

} // namespace mahavishnu::mcp::server
