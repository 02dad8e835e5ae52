// SPDX-License-Identifier: MIT
#include "mcp/server/outlets.hpp"

#include "mcp/server/sessions.hpp"

namespace mahavishnu::mcp::server {

namespace {

/// Users may think for a while.
constexpr std::chrono::minutes state_is_good_for{60};
constexpr std::size_t deepest_state = 64;

/// A state is for one caller and one call.
std::string purpose_of(const call::facts& whose) {
  return "the state of " +
         to_text(json::array({whose.client.who.name, whose.method, whose.name, whose.arguments}));
}

std::int64_t seconds_of(std::chrono::system_clock::time_point moment) {
  return std::chrono::duration_cast<std::chrono::seconds>(moment.time_since_epoch()).count();
}

} // namespace

json to_json(const std::vector<client_request>& inputs) {
  auto all = json::object();
  for (const auto& each : inputs)
    all[each.key] = {{"method", each.method}, {"params", each.params}};
  return all;
}

std::string signed_state(const auth::text_signer& signer, const call::facts& whose,
                         const json& state, std::chrono::system_clock::time_point now) {
  auto until = seconds_of(now + state_is_good_for);
  return signer.sign(purpose_of(whose), to_text(json{{"until", until}, {"state", state}}));
}

std::optional<json> state_of(const auth::text_signer& signer, const call::facts& whose,
                             std::string_view text, std::chrono::system_clock::time_point now) {
  auto opened = signer.open(purpose_of(whose), text);
  if (!opened)
    return std::nullopt;
  auto read = parse_json(*opened, deepest_state);
  if (!read.problem.empty() || read.value["until"].get<std::int64_t>() < seconds_of(now))
    return std::nullopt;
  return std::move(read.value["state"]);
}

bool modern_outlet::need(call& whose, const std::vector<client_request>& inputs,
                         const json& state) {
  std::string members;
  if (!inputs.empty())
    members = R"("inputRequests":)" + to_text(to_json(inputs));
  if (!state.is_null() || inputs.empty()) {
    auto text = signed_state(*signer_, whose.what(), state, std::chrono::system_clock::now());
    members.append(members.empty() ? "" : ",").append(R"("requestState":)").append(to_text(text));
  }
  request_->finish(members, result_type::input_required);
  return true;
}

void session_outlet::fail(const refusal& why) {
  auto plain = why;
  plain.status = 200; // only what is wrong with HTTP has a status here
  request_->fail(plain);
}

bool session_outlet::need(call& whose, const std::vector<client_request>& inputs, const json&) {
  if (!request_->may_stream()) {
    request_->fail({200, code::invalid_request,
                    "this needs an answer from the client while its request waits; its header "
                    "Accept must name text/event-stream"});
    return true;
  }
  request_->from()->ask(whose.shared_from_this(), *request_, inputs);
  return false;
}

void audited_outlet::finish(std::string_view members) {
  // The last member, when it is there.
  auto is_error = members.ends_with(R"("isError":true)");
  audit_->tool_called(who_, tool_, arguments_,
                      is_error ? call_result::failure : call_result::success);
  where_->finish(members);
}

void audited_outlet::fail(const refusal& why) {
  audit_->tool_called(who_, tool_, arguments_, call_result::failure, why.text);
  where_->fail(why);
}

void audited_outlet::abandon() {
  audit_->tool_called(who_, tool_, arguments_, call_result::failure, "cancelled");
  where_->abandon();
}

bool audited_outlet::finish_as_task(std::string_view members) {
  if (!where_->finish_as_task(members))
    return false;
  audit_->tool_called(who_, tool_, arguments_, call_result::success);
  return true;
}

} // namespace mahavishnu::mcp::server
