// SPDX-License-Identifier: MIT
#include "mcp/server/endpoint.hpp"

#include "base/text.hpp"
#include "mcp/server/batch_answer.hpp"
#include "mcp/server/head.hpp"
#include "mcp/server/modern_rules.hpp"
#include "mcp/server/outlets.hpp"
#include "mcp/server/random_name.hpp"

#include <algorithm>

namespace mahavishnu::mcp::server {

namespace {

std::chrono::steady_clock::time_point now() {
  return std::chrono::steady_clock::now();
}

bool is_legacy(std::string_view version) {
  return std::ranges::find(legacy_versions, version) != legacy_versions.end();
}

void refuse(const net::http_answer& answer, const refusal& why, const json& id = {},
            decltype(net::http_response::headers) headers = {}) {
  net::http_response response;
  response.status = why.status;
  response.headers = std::move(headers);
  response.body = error_text(id, why);
  answer.reply(std::move(response));
}

void accept(const net::http_answer& answer) {
  net::http_response response;
  response.status = 202;
  answer.reply(std::move(response));
}

/// Of a media type, without its parameters.
bool is_json(std::string_view type) {
  type = type.substr(0, type.find(';'));
  while (type.ends_with(' ') || type.ends_with('\t'))
    type.remove_suffix(1);
  return to_lower(type) == "application/json";
}

/// A list, which may come in several lines.
bool takes(const head& headers, std::string_view type) {
  return headers.any("accept", [&](std::string_view line) {
    auto text = to_lower(line);
    return text.find(type) != std::string::npos || text.find("*/*") != std::string::npos;
  });
}

/// What one message of an array throws is its own loss.
bool succeeds(const auto& work) {
  try {
    work();
    return true;
  } catch (...) {
    return false;
  }
}

} // namespace

endpoint::endpoint(endpoint_options options, offers all)
    : options_(std::move(options)),
      offered_(std::move(all)),
      own_name_(std::make_shared<const std::string>("\"" + std::string{meta::server_info} +
                                                    "\":" + to_text(to_json(options_.who)))),
      signer_(std::make_shared<const auth::text_signer>(
          options_.signing_key.empty() ? random_name() : options_.signing_key)),
      entrance_(options_.entrance ? options_.entrance : std::make_shared<gate>(gate_options{})),
      tasks_(std::make_shared<task_board>(signer_, offered_.tasks(), task_board::limits{})),
      sessions_(options_.most_sessions, options_.session_idle_limit) {
  offered_.news()->set_watcher(
      [this](const std::string& uri, const std::function<void()>& changed) {
        return offered_.watch(uri, changed);
      });
}

endpoint::~endpoint() {
  offered_.news()->set_watcher(nullptr);
  tasks_->stop();
  sessions_.close_all();
}

// -- HTTP -----------------------------------------------------------------------------------------

void endpoint::handle(const net::http_request& request, const net::http_answer& answer) {
  auto said = entrance_->check(request);
  if (auto* refused = std::get_if<net::http_response>(&said))
    return answer.reply(std::move(*refused));
  if (std::holds_alternative<must_wait>(said)) {
    // Kept until keys have come, and forgotten when nobody waits for the answer any more.
    auto again = [this, kept = std::make_shared<const net::http_request>(request), answer] {
      answer.run_soon([this, kept, answer] {
        if (!answer.is_over())
          handle(*kept, answer);
      });
    };
    if (auto refused = entrance_->when_ready(again))
      answer.reply(std::move(*refused));
    return;
  }
  auto in = std::get<admission>(std::move(said));
  head headers{request};
  if (request.method == "POST")
    return post(request, std::move(in), answer);
  if (request.method == "GET")
    return get_stream(headers, in, answer);
  if (request.method == "DELETE")
    return end_session(headers, in, answer);
  refuse(
      answer,
      {405, code::invalid_request, "send POST; with a session, GET to listen and DELETE to end it"},
      {}, {{"Allow", "POST, GET, DELETE"}});
}

void endpoint::post(const net::http_request& request, admission in,
                    const net::http_answer& answer) {
  head headers{request};
  if (auto type = headers.find("content-type"); !type || !is_json(*type))
    return refuse(answer,
                  {415, code::invalid_request, "the Content-Type must be application/json"});
  auto read = read_incoming(request.body);
  if (auto* failed = std::get_if<unreadable>(&read))
    return refuse(answer, failed->why, failed->id);
  const auto* message = std::get_if<incoming>(&read);
  if (!takes(headers, "application/json"))
    return refuse(answer,
                  {406, code::invalid_request,
                   "the header Accept must name application/json and text/event-stream"},
                  message ? message->id : json{});
  if (!message)
    post_batch(request, std::get<incoming_batch>(read), std::move(in), answer);
  else if (era_of(headers, *message) == era::modern)
    post_modern(headers, *message, in, answer);
  else
    post_legacy(headers, *message, in, answer);
}

endpoint::exchange_ptr endpoint::begin(const head& headers, era spoken, const incoming& message,
                                       const admission& in, const net::http_answer& answer,
                                       session_ptr from,
                                       std::shared_ptr<batch_answer> within) const {
  return std::make_shared<exchange>(
      answer, exchange::terms{spoken, message.id, takes(headers, "text/event-stream"), own_name_,
                              std::move(from), in.place, in.headers, std::move(within)});
}

void endpoint::run(const known_method& which, const asked& what) {
  if (auto refused = entrance_->check_scope(what.who, which.needs, what.message.id))
    return what.request->refuse(std::move(*refused));
  (this->*which.run)(what);
}

void endpoint::post_modern(const head& headers, const incoming& message, const admission& in,
                           const net::http_answer& answer) {
  if (message.what == incoming::kind::response)
    return refuse(answer, {400, code::invalid_request, "this server has asked nothing"},
                  message.id);
  if (message.what == incoming::kind::notification)
    return accept(answer); // there is none that means anything over HTTP
  if (auto why = check_envelope(headers, message))
    return refuse(answer, *why, message.id);
  const auto* known = find_method(era::modern, message.method);
  if (!known)
    return refuse(answer,
                  {404, code::method_not_found,
                   "there is no method " + shown_name(message.method) + " in this version"},
                  message.id);
  if (auto why = known->check(message.params))
    return refuse(answer, *why, message.id);
  if (auto why = check_headers(headers, message))
    return refuse(answer, *why, message.id);
  run(*known, {begin(headers, era::modern, message, in, answer, nullptr), message, headers, in.who,
               nullptr});
}

endpoint::session_ptr endpoint::session_of(const head& headers, const json& id, const admission& in,
                                           const net::http_answer& answer) {
  auto wrong = [&](unsigned status, std::string text) {
    refuse(answer, {status, code::invalid_request, std::move(text)}, id);
    return nullptr;
  };
  auto name = headers.find("mcp-session-id");
  if (!name)
    return wrong(400, "the header Mcp-Session-Id is missing; begin a session with initialize");
  auto found = sessions_.find(*name, now());
  if (!found || found->owner() != in.who.name)
    return wrong(404, "there is no such session (any more); begin one with initialize");
  if (auto version = headers.find("mcp-protocol-version"); version && !is_legacy(*version))
    return wrong(400, "this server does not speak the version " + shown_name(*version) +
                          " of the protocol");
  return found;
}

void endpoint::post_legacy(const head& headers, const incoming& message, const admission& in,
                           const net::http_answer& answer) {
  auto is_first = message.what == incoming::kind::request && message.method == "initialize";
  session_ptr from;
  if (!is_first && !(from = session_of(headers, message.id, in, answer)))
    return;
  if (message.what != incoming::kind::request) {
    if (auto refused = entrance_->check_scope(in.who, auth::scope::read))
      return answer.reply(std::move(*refused));
    hear(message, *from);
    return accept(answer);
  }
  run_legacy(begin(headers, era::legacy, message, in, answer, from), headers, message, in.who,
             from);
}

void endpoint::run_legacy(const exchange_ptr& began, const head& headers, const incoming& message,
                          const caller& who, const session_ptr& from) {
  const auto* known = find_method(era::legacy, message.method);
  if (!known)
    return began->fail(
        {200, code::method_not_found, "there is no method " + shown_name(message.method)});
  if (auto why = known->check(message.params))
    return began->fail({200, why->code, why->text});
  run(*known, {began, message, headers, who, from});
}

void endpoint::post_batch(const net::http_request& request, const incoming_batch& messages,
                          admission in, const net::http_answer& answer) {
  head headers{request};
  const refusal only_one{400, code::invalid_request,
                         "the body is an array, which only a session of the version " +
                             std::string{last_version_with_batches} +
                             " may send; send one message in each request"};
  if (!headers.has("mcp-session-id"))
    return refuse(answer, only_one);
  auto from = session_of(headers, {}, in, answer);
  if (!from)
    return;
  if (from->version() != last_version_with_batches)
    return refuse(answer, only_one);
  if (auto refused = entrance_->check_scope(in.who, auth::scope::read))
    return answer.reply(std::move(*refused));
  auto is_answered = [](const auto& each) {
    const auto* message = std::get_if<incoming>(&each);
    return !message || message->what == incoming::kind::request;
  };
  auto requests = static_cast<std::size_t>(std::ranges::count_if(messages, is_answered));
  // Each of them counts as if it had come alone.
  auto counted = entrance_->count_all(request, in, messages.size());
  // The place is that of the first message: the whole would count beside those that it is made of.
  auto place = std::exchange(in.place, nullptr);
  auto all =
      std::make_shared<batch_answer>(begin(headers, era::legacy, {}, in, answer, from), requests);
  for (std::size_t each = 0; each < messages.size(); ++each) {
    auto& why = counted[each];
    auto member = in;
    member.place = std::exchange(place, nullptr);
    const auto* message = std::get_if<incoming>(&messages[each]);
    if (!message) {
      const auto& failed = std::get<unreadable>(messages[each]);
      all->take(error_text(failed.id, why ? *why : failed.why), failed.id);
    } else if (message->what == incoming::kind::request) {
      if (each != 0 && !why)
        why = entrance_->find_place(request, member);
      auto began = begin(headers, era::legacy, *message, member, answer, from, all);
      if (why)
        began->fail(*why);
      else if (message->method == "initialize")
        began->fail({200, code::invalid_request, "initialize must come alone"});
      else if (!succeeds([&] { run_legacy(began, headers, *message, in.who, from); }))
        began->fail({200, code::internal_error, "the request could not be handled"});
    } else if (!why) {
      succeeds([&] { hear(*message, *from); });
    }
  }
  if (requests == 0)
    return accept(answer);
  answer.on_stopping([from] { from->stop_calls(); });
}

void endpoint::get_stream(const head& headers, const admission& in,
                          const net::http_answer& answer) {
  auto wrong = [&](unsigned status, std::string text) {
    refuse(answer, {status, code::invalid_request, std::move(text)});
  };
  if (!headers.has("mcp-session-id"))
    return refuse(answer,
                  {405, code::invalid_request,
                   "GET is for sessions, with the header Mcp-Session-Id; without one, send POST "
                   "with subscriptions/listen"},
                  {}, {{"Allow", "POST"}});
  if (!takes(headers, "text/event-stream"))
    return wrong(406, "the header Accept must name text/event-stream");
  auto from = session_of(headers, {}, in, answer);
  if (!from)
    return;
  if (auto refused = entrance_->check_scope(in.who, auth::scope::read))
    return answer.reply(std::move(*refused));
  event_id last;
  std::optional<std::uint64_t> after;
  if (headers.has("last-event-id")) {
    auto text = headers.find("last-event-id");
    auto read = text ? parse_event_id(*text) : std::nullopt;
    if (!read)
      return wrong(400, "the header Last-Event-ID must be there once and say an id of this server");
    last = *read;
    after = read->place;
  }
  auto stream = from->find_stream(last.stream);
  if (!stream)
    return wrong(404, "that stream is not kept any more");
  if (last.stream == 0 && !after && stream->is_attached())
    return wrong(409, "this session listens already; one GET at a time");
  if (!session::connect(stream, answer, after))
    return wrong(404, "what came after that event is not kept any more");
  if (last.stream == 0)
    from->follow_lists(offered_.news()->watch({}));
  // It has its place among the requests of its caller for as long as it is open.
  answer.on_stopping([answer, place = in.place] { answer.end(); });
  end_with_token(answer, in.who);
}

void endpoint::end_with_token(const net::http_answer& stream, const caller& who) {
  if (!who.until)
    return;
  auto day = std::chrono::system_clock::now();
  auto second = std::chrono::floor<std::chrono::seconds>(day);
  // Some tokens say in their way that they are good for ever.
  auto left = std::min<std::chrono::seconds>(*who.until - second, std::chrono::years{10});
  stream.stop_at(now() + left - (day - second));
}

void endpoint::end_session(const head& headers, const admission& in,
                           const net::http_answer& answer) {
  auto ended = session_of(headers, {}, in, answer);
  if (!ended)
    return;
  if (auto refused = entrance_->check_scope(in.who, auth::scope::read))
    return answer.reply(std::move(*refused));
  sessions_.close(ended->id());
  session_count_ = sessions_.size();
  net::http_response response;
  response.status = 204;
  answer.reply(std::move(response));
}

void endpoint::hear(const incoming& message, session& from) {
  if (message.what == incoming::kind::response)
    return from.take_response(message.params);
  if (message.method != "notifications/cancelled")
    return;
  if (auto id = message.params.find("requestId"); id != message.params.end())
    from.cancel(*id);
}

} // namespace mahavishnu::mcp::server
