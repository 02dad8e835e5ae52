// SPDX-License-Identifier: MIT
#include "mcp/client/call.hpp"

#include "mcp/client/client_core.hpp"

#include <utility>

namespace mahavishnu::mcp {

namespace {

/// What a callback throws is its own business.
template <class Callback, class... Arguments>
void give(const Callback& callback, Arguments&&... arguments) {
  try {
    callback(std::forward<Arguments>(arguments)...);
  } catch (...) {
  }
}

} // namespace

call::call(std::shared_ptr<client_core> core, call_number number, question asked,
           call_options options, call_label label, callback on_result)
    : core_(std::move(core)),
      number_(number),
      asked_(std::move(asked)),
      options_(std::move(options)),
      label_(std::move(label)),
      on_result_(std::move(on_result)),
      time_(options_.timeout.value_or(core_->options.call_timeout)) {}

void call::start() {
  limit_time();
  ask_for_terms();
}

void call::limit_time() {
  deadline_ = core_->http.post_after(time_, [weak = weak_from_this()] {
    if (auto self = weak.lock())
      self->end_with(explain_timeout(self->label_, self->time_), true);
  });
}

void call::ask_for_terms() {
  core_->agreement.ask(number_, [self = shared_from_this()](call_result<terms> agreed) {
    if (self->has_ended_)
      return;
    if (agreed)
      self->make_request(*agreed);
    else
      self->end(agreed.error());
  });
}

void call::make_request(const terms& agreed) {
  agreed_ = agreed;
  rpc::hooks hooks;
  if (options_.on_progress)
    hooks.on_progress = [self = shared_from_this()](const progress& seen) {
      self->on_progress(seen);
    };
  hooks.on_end = [self = shared_from_this()](rpc_reply reply) { self->on_reply(std::move(reply)); };
  auto asked = asked_;
  if (agreed.era == era::modern && asked.method == "ping")
    asked.method = "server/discover"; // what modern servers have instead
  running_ = std::make_shared<rpc>(core_, std::move(asked), agreed, label_, options_.repeatable,
                                   std::move(hooks));
  running_->start();
}

void call::on_progress(const progress& seen) {
  if (has_ended_)
    return;
  if (options_.progress_extends_timeout)
    limit_time();
  give(options_.on_progress, seen);
}

void call::on_reply(rpc_reply reply) {
  if (has_ended_)
    return;
  running_.reset();
  auto starts_over = says_start_over(agreed_, reply.status, reply.answer, reply.excerpt);
  if (starts_over)
    core_->agreement.forget(agreed_);
  auto has_not_begun = starts_over && !reply.was_resumed;
  if (!was_repeated_ && (has_not_begun || (reply.is_broken && options_.repeatable))) {
    was_repeated_ = true;
    return ask_for_terms();
  }
  if (!reply.answer)
    return end(std::move(*reply.why_not));
  if (reply.answer->kind == message_kind::result)
    return end(std::move(*reply.answer));
  // A status may say more than the error that comes with it.
  if (reply.status == 401 || reply.status == 403)
    return end(explain_status(label_, reply.status, reply.answer->text));
  end(explain_refusal(label_, *reply.answer));
}

void call::end_with(failure reason, bool tell) {
  if (has_ended_)
    return;
  if (running_)
    running_->abandon(tell);
  core_->agreement.withdraw(number_);
  end(std::move(reason));
}

void call::end(call_result<message> outcome) {
  auto self = shared_from_this();
  has_ended_ = true;
  running_.reset();
  deadline_.reset();
  core_->calls.erase(number_);
  give(std::exchange(on_result_, nullptr), std::move(outcome), agreed_);
}

} // namespace mahavishnu::mcp
