// SPDX-License-Identifier: MIT
#pragma once

#include "exec/event_loop.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace mahavishnu::exec {

class keeper_link;

/// How a keeper ends whose owner has let go of it: when it has nothing more to do it is closed, and
/// then its directory goes, unless it still tells of a run that nobody has heard. Each step has an
/// end. Belongs to the thread of the loop.
class keeper_closing {
public:
  keeper_closing(event_loop& loop, std::shared_ptr<keeper_link> link, std::string directory);
  keeper_closing(const keeper_closing&) = delete;
  ~keeper_closing();

  /// Lets what runs go on for so long, and ends it then. `over` is called once and may destroy
  /// this.
  void begin(std::chrono::milliseconds limit, std::function<void()> over);

private:
  void wait_until_idle();
  void close();
  void remove();
  void finish();
  void go_on_with(void (keeper_closing::*step)(), std::chrono::milliseconds after);

  event_loop& loop_;
  std::shared_ptr<keeper_link> link_;
  std::string directory_;
  std::function<void()> over_;
  event_loop::clock::time_point give_up_at_;
  event_loop::timer limit_;
  event_loop::timer next_;
  bool was_reached_ = false;
  bool is_closing_ = false;
  bool is_over_ = false;
};

} // namespace mahavishnu::exec
