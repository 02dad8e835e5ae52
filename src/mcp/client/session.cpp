// SPDX-License-Identifier: MIT
#include "mcp/client/session.hpp"

#include "mcp/client/client_core.hpp"

#include <utility>

namespace mahavishnu::mcp {

using namespace std::chrono_literals;

namespace {

constexpr auto time_to_close = 2s;

std::string our_versions() {
  std::string list{modern_version};
  for (auto version : legacy_versions)
    list += ", " + std::string(version);
  return list;
}

} // namespace

void session::ask(std::uint64_t who, taker take) {
  if (agreed_)
    return take(*agreed_);
  waiting_.push_back({who, std::move(take)});
  if (!is_negotiating_)
    negotiate();
}

void session::withdraw(std::uint64_t who) {
  std::erase_if(waiting_, [&](const waiter& one) { return one.who == who; });
}

void session::forget(const terms& used) {
  if (agreed_ == used)
    agreed_.reset();
}

// -- the negotiation ----------------------------------------------------------

void session::negotiate() {
  is_negotiating_ = true;
  deadline_ = core_.http.post_after(core_.options.negotiation_timeout, [this] {
    settle(explain_timeout(core_.label("the handshake"), core_.options.negotiation_timeout));
  });
  if (core_.options.era == era_choice::legacy || is_known_as_legacy_)
    initialize();
  else
    discover();
}

void session::run(question asked, terms with, void (session::*next)(rpc_reply)) {
  rpc::hooks hooks;
  // The core, and this in it, is alive as long as a request runs. A negotiation that ends abandons
  // it.
  hooks.on_end = [core = core_.shared_from_this(), this, next](rpc_reply reply) {
    (this->*next)(std::move(reply));
  };
  auto label = core_.label("'" + asked.method + "'");
  running_ = std::make_shared<rpc>(core_.shared_from_this(), std::move(asked), std::move(with),
                                   std::move(label), true, std::move(hooks));
  running_->start();
}

void session::discover() {
  question asked;
  asked.method = "server/discover";
  run(std::move(asked), {}, &session::on_discovered);
}

void session::on_discovered(rpc_reply reply) {
  if (reply.status == 0)
    return settle(std::move(*reply.why_not));
  switch (decide_era(reply.status, reply.answer)) {
  case after_discovery::speak_modern: return settle(terms{});
  case after_discovery::initialize:
    if (core_.options.era != era_choice::modern)
      return initialize();
    [[fallthrough]];
  case after_discovery::give_up: return settle(explain_no_agreement(reply));
  }
}

void session::initialize() {
  question asked;
  asked.method = "initialize";
  asked.parameters = handshake_parameters(core_.options.who);
  run(std::move(asked), {era::legacy, std::string(legacy_versions.front()), {}},
      &session::on_initialized);
}

void session::on_initialized(rpc_reply reply) {
  auto is_refused = reply.answer && reply.answer->kind == message_kind::error;
  // A modern server may have taken the place of the legacy one that was here.
  if (is_refused && core_.options.era == era_choice::automatic &&
      std::exchange(is_known_as_legacy_, false))
    return discover();
  if (!reply.answer || is_refused)
    return settle(explain_no_agreement(reply));
  auto version = chosen_version(reply.answer->body);
  if (!version)
    return settle(explain_versions(string_member(reply.answer->body, "protocolVersion")));
  if (!reply.session_id.empty() && !is_session_id(reply.session_id))
    return settle(explain_violation(core_.label("'initialize'"), "names an impossible session"));
  confirm({era::legacy, *version, reply.session_id});
}

void session::confirm(terms found) {
  auto request =
      core_.make_post(build_notification("notifications/initialized", json::object(), found));
  request.repeatable = true;
  request.whole_timeout.reset(); // that of the negotiation
  unconfirmed_ = found;
  auto number = std::make_shared<net::request_number>();
  auto on_end = [core = core_.shared_from_this(), this, number,
                 found](const result<net::client_answer>& outcome) {
    if (confirming_ != *number)
      return; // the negotiation has ended before
    confirming_ = 0;
    if (outcome.has_error())
      return settle(failure{outcome.error()});
    if (outcome->status >= 300)
      return settle(explain_status(core_.label("'notifications/initialized'"), outcome->status,
                                   outcome->body));
    unconfirmed_.reset();
    settle(found);
  };
  // Its callback runs later, on this thread.
  *number = confirming_ = core_.http.send(std::move(request), std::move(on_end));
}

void session::stop_negotiating() {
  is_negotiating_ = false;
  deadline_.reset();
  if (auto running = std::exchange(running_, nullptr))
    running->abandon(false);
  if (auto confirming = std::exchange(confirming_, 0))
    core_.http.cancel(confirming);
}

void session::settle(call_result<terms> outcome) {
  stop_negotiating();
  if (outcome)
    agreed_ = *outcome;
  if (auto opened = std::exchange(unconfirmed_, std::nullopt))
    end_at_server(*opened, [] {});
  // After a failure, the server may be another one when it is asked again.
  is_known_as_legacy_ = outcome && outcome->era == era::legacy;
  for (auto& one : std::exchange(waiting_, {}))
    one.take(outcome);
}

failure session::explain_no_agreement(const rpc_reply& reply) const {
  auto label = core_.label("the handshake");
  if (!reply.answer)
    return reply.why_not ? *reply.why_not : explain_status(label, reply.status, {});
  // A status may say more than the error that comes with it.
  if (reply.status == 401 || reply.status == 403)
    return explain_status(label, reply.status, reply.answer->text);
  if (reply.answer->kind == message_kind::error)
    return explain_refusal(label, *reply.answer);
  auto versions = reply.answer->body.find("supportedVersions");
  return explain_versions(versions == reply.answer->body.end() ? "" : to_text(*versions));
}

failure session::explain_versions(const std::string& offered) const {
  return {errc::incompatible, "the MCP server at " + core_.shown_url + " speaks version '" +
                                  quote(offered) + "', and this client " + our_versions() +
                                  "; update one of the two"};
}

// -- the end ------------------------------------------------------------------

void session::close(std::function<void()> done) {
  stop_negotiating();
  waiting_.clear();
  auto agreed = std::exchange(agreed_, std::nullopt);
  auto unconfirmed = std::exchange(unconfirmed_, std::nullopt);
  // There is never more than one of them.
  auto opened = agreed ? agreed : unconfirmed;
  opened ? end_at_server(*opened, std::move(done)) : done();
}

void session::end_at_server(const terms& found, std::function<void()> done) {
  if (found.era != era::legacy || found.session_id.empty())
    return done();
  auto request = core_.make_request("DELETE", session_headers(found));
  request.whole_timeout = time_to_close;
  request.is_urgent = true;
  core_.http.send(std::move(request),
                  [done = std::move(done)](const result<net::client_answer>&) { done(); });
}

} // namespace mahavishnu::mcp
