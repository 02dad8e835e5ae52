// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/companions/way.hpp"

#include <deque>
#include <memory>
#include <set>
#include <string>

namespace mahavishnu::mcp {

/// The items of one send(), until the outcome of the last is known.
struct sent_batch {
  std::vector<item_outcome> outcomes;
  std::size_t missing = 0;
  std::function<void(std::vector<item_outcome>)> done;
};

struct waiting_item {
  memory_item item;
  std::shared_ptr<sent_batch> batch;
  std::size_t place = 0;
  /// It was in a delivery that failed as a whole: not to share one again.
  bool alone = false;
};

/// What waits and what runs for one server; used on the thread of the HTTP client only. Calls that
/// run keep it alive.
class sender : public std::enable_shared_from_this<sender> {
public:
  /// `name` is what people call the server. @pre the client outlives close()
  sender(std::string name, client& speaker, way_chooser choose, const companion_options& options);

  void send(std::vector<memory_item> items, std::function<void(std::vector<item_outcome>)> done);
  void check(std::function<void(companion_check)> done);

  /// Fails what waits; what runs fails when the client ends, which has to follow.
  void close();

private:
  struct running_delivery {
    std::unique_ptr<delivery> work;
    std::vector<waiting_item> items;
    planned_call call;
  };

  void go_on();
  void list_tools();
  /// The error names the server.
  result<std::shared_ptr<const way>> choose(const std::vector<tool>& tools) const;
  void start_delivery();
  void make_call(const std::shared_ptr<running_delivery>& running);
  void on_answer(const std::shared_ptr<running_delivery>& running, call_result<tool_result> answer);
  void on_failure(const std::shared_ptr<running_delivery>& running, const failure& reason);
  void try_one_by_one(std::vector<waiting_item> items);
  void end(const waiting_item& item, item_outcome outcome);
  void end_all(const std::vector<waiting_item>& items, send_outcome outcome,
               const std::string& reason);
  void fail_waiting(const std::string& reason);
  void send_report();

  const std::string name_;
  client& speaker_;
  const way_chooser choose_;
  const companion_options options_;

  std::shared_ptr<const way> way_;
  bool is_listing_ = false;
  bool is_closing_ = false;
  std::deque<waiting_item> waiting_;
  /// Calls of deliveries and reports.
  std::size_t running_ = 0;

  /// Sent and not reported yet.
  std::uint64_t unreported_items_ = 0;
  std::set<std::string> unreported_pools_;
};

} // namespace mahavishnu::mcp
