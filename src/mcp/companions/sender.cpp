// SPDX-License-Identifier: MIT
#include "mcp/companions/sender.hpp"

#include "base/rfc3339.hpp"
#include "mcp/companions/send_meaning.hpp"
#include "net/url.hpp"

#include <algorithm>

namespace mahavishnu::mcp {

namespace {

/// Of content in one delivery: servers limit the size of a request, some to four megabytes.
constexpr std::size_t most_content_bytes = std::size_t{1} << 20;
constexpr std::size_t most_pools_to_count = 10'000;

std::string with_doubt(const std::string& reason, const planned_call& call) {
  return reason + (call.is_repeatable
                       ? "; it may have arrived, and sending it again does no harm"
                       : "; it may have arrived, and sending it again would store it twice");
}

/// What a callback throws is its own business.
template <class Callback, class Argument>
void give(const Callback& callback, Argument&& argument) {
  try {
    callback(std::forward<Argument>(argument));
  } catch (...) {
  }
}

} // namespace

sender::sender(std::string name, client& speaker, way_chooser choose,
               const companion_options& options)
    : name_(std::move(name)), speaker_(speaker), choose_(std::move(choose)), options_(options) {}

// -- what comes in ------------------------------------------------------------

void sender::send(std::vector<memory_item> items,
                  std::function<void(std::vector<item_outcome>)> done) {
  auto batch = std::make_shared<sent_batch>();
  batch->outcomes.resize(items.size());
  batch->missing = items.size();
  batch->done = std::move(done);
  if (items.empty())
    return give(batch->done, std::vector<item_outcome>{});
  for (std::size_t i = 0; i < items.size(); ++i) {
    waiting_item one{std::move(items[i]), batch, i};
    if (is_closing_)
      end_all({one}, send_outcome::failed, name_ + " was not sent it: this program ends");
    else if (one.item.id.empty())
      end_all({one}, send_outcome::refused, "the item has no id; give that of the task");
    else if (one.item.content.empty())
      end_all({one}, send_outcome::refused, "the item has no content, so there is nothing to keep");
    else if (waiting_.size() >= options_.max_waiting_items)
      end_all({one}, send_outcome::failed,
              std::to_string(options_.max_waiting_items) + " items wait for " + name_ +
                  " already; send less at once");
    else
      waiting_.push_back(std::move(one));
  }
  go_on();
}

void sender::check(std::function<void(companion_check)> done) {
  if (is_closing_)
    return give(done, companion_check{false, {}, name_ + " was not asked: this program ends"});
  speaker_.list_tools([self = shared_from_this(),
                       done = std::move(done)](const call_result<std::vector<tool>>& tools) {
    companion_check found;
    if (!tools) {
      found.is_reachable = tools.error().rpc_code || tools.error().http_status ||
                           tools.error().code == errc::incompatible;
      found.problem = tools.error().message;
      return give(done, std::move(found));
    }
    found.is_reachable = true;
    auto chosen = self->choose(*tools);
    if (chosen)
      found.tools = (*chosen)->tools();
    else
      found.problem = chosen.error().message;
    self->way_ = chosen ? *chosen : nullptr;
    give(done, std::move(found));
    self->go_on();
  });
}

void sender::close() {
  is_closing_ = true;
  fail_waiting(name_ + " was not sent it: this program ends");
}

// -- what happens next --------------------------------------------------------

void sender::go_on() {
  if (is_closing_)
    return;
  if (!waiting_.empty() && !way_)
    return list_tools();
  while (!waiting_.empty() && running_ < options_.max_calls)
    start_delivery();
  send_report();
}

void sender::list_tools() {
  if (std::exchange(is_listing_, true))
    return;
  speaker_.list_tools(
      [self = shared_from_this()](const call_result<std::vector<tool>>& tools) {
        self->is_listing_ = false;
        if (!tools)
          return self->fail_waiting(tools.error().message);
        auto chosen = self->choose(*tools);
        if (!chosen)
          return self->fail_waiting(chosen.error().message);
        self->way_ = *chosen;
        self->go_on();
      },
      options_.call_timeout);
}

result<std::shared_ptr<const way>> sender::choose(const std::vector<tool>& tools) const {
  auto chosen = choose_(tools);
  if (chosen)
    return chosen;
  auto where = net::parse_url(options_.url);
  return error{chosen.error().code, name_ + " at " + (where ? where->shown() : "") +
                                        " cannot be used: " + chosen.error().message};
}

void sender::start_delivery() {
  auto running = std::make_shared<running_delivery>();
  std::vector<memory_item> items;
  std::size_t bytes = 0;
  auto has_room = [&] {
    if (waiting_.empty() || items.size() == way_->most_items())
      return false;
    const auto& next = waiting_.front();
    auto is_company = next.alone || running->items.front().alone;
    return !is_company && bytes + next.item.content.size() <= most_content_bytes;
  };
  do {
    bytes += waiting_.front().item.content.size();
    items.push_back(waiting_.front().item);
    running->items.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  } while (has_room());
  running->work = way_->begin(std::move(items));
  ++running_;
  make_call(running);
}

void sender::make_call(const std::shared_ptr<running_delivery>& running) {
  running->call = running->work->next();
  call_options options;
  options.timeout = options_.call_timeout;
  options.repeatable = running->call.is_repeatable;
  speaker_.call_tool(running->call.tool, running->call.arguments, std::move(options),
                     [self = shared_from_this(), running](call_result<tool_result> answer) {
                       self->on_answer(running, std::move(answer));
                     });
}

// -- answers ------------------------------------------------------------------

void sender::on_answer(const std::shared_ptr<running_delivery>& running,
                       call_result<tool_result> answer) {
  if (!answer) {
    --running_;
    on_failure(running, answer.error());
    return go_on();
  }
  // Legacy servers say so with a result.
  if (answer->is_error && says_no_such_tool(answer->text(), running->call.tool)) {
    --running_;
    failure gone{errc::unsupported,
                 "'" + running->call.tool + "' is gone: " + quote(answer->text())};
    gone.rpc_code = -32602;
    on_failure(running, gone);
    return go_on();
  }
  auto seen = running->work->take(*answer);
  if (seen.what == verdict::kind::go_on && !is_closing_)
    return make_call(running);
  --running_;
  if (seen.what == verdict::kind::one_by_one && !is_closing_)
    try_one_by_one(std::move(running->items));
  else if (seen.what == verdict::kind::ended)
    for (std::size_t i = 0; i < running->items.size(); ++i)
      end(running->items[i], std::move(seen.outcomes[i]));
  else
    end_all(running->items, send_outcome::failed, name_ + " was not sent it: this program ends");
  go_on();
}

void sender::on_failure(const std::shared_ptr<running_delivery>& running, const failure& reason) {
  auto meaning = meaning_of(reason, running->call.tool);
  if (!meaning.concerns_all && running->items.size() > 1)
    return try_one_by_one(std::move(running->items));
  auto outcome = meaning.is_refusal ? send_outcome::refused : send_outcome::failed;
  auto text = meaning.may_have_arrived && running->call.stores
                  ? with_doubt(reason.message, running->call)
                  : reason.message;
  end_all(running->items, outcome, text);
  if (!meaning.concerns_all)
    return;
  way_.reset();
  fail_waiting("not sent, since an item before it has failed: " + reason.message);
}

void sender::try_one_by_one(std::vector<waiting_item> items) {
  for (auto item = items.rbegin(); item != items.rend(); ++item) {
    item->alone = true;
    waiting_.push_front(std::move(*item));
  }
}

void sender::end(const waiting_item& item, item_outcome outcome) {
  if (outcome.outcome == send_outcome::sent) {
    ++unreported_items_;
    auto pool = string_member(item.item.metadata, "pool_id");
    if (!pool.empty() && unreported_pools_.size() < most_pools_to_count)
      unreported_pools_.insert(std::move(pool));
  }
  auto& batch = *item.batch;
  batch.outcomes[item.place] = std::move(outcome);
  if (--batch.missing == 0)
    give(batch.done, std::move(batch.outcomes));
}

void sender::end_all(const std::vector<waiting_item>& items, send_outcome outcome,
                     const std::string& reason) {
  for (const auto& one : items)
    end(one, {one.item.id, outcome, reason});
}

void sender::fail_waiting(const std::string& reason) {
  auto items = std::exchange(waiting_, {});
  for (const auto& one : items)
    end(one, {one.item.id, send_outcome::failed, reason});
}

// -- reports ------------------------------------------------------------------

/// What becomes of it concerns no item, and nobody waits for it.
void sender::send_report() {
  if (unreported_items_ == 0 || running_ > 0 || !way_)
    return;
  sent_counts counts;
  counts.items = std::exchange(unreported_items_, 0);
  counts.pools = std::exchange(unreported_pools_, {}).size();
  counts.timestamp =
      rfc3339(std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()));
  auto report = way_->report(counts);
  if (!report)
    return;
  ++running_;
  call_options options;
  options.timeout = options_.call_timeout;
  speaker_.call_tool(report->tool, report->arguments, std::move(options),
                     [self = shared_from_this()](const call_result<tool_result>&) {
                       --self->running_;
                       self->go_on();
                     });
}

} // namespace mahavishnu::mcp
