// SPDX-License-Identifier: MIT
#include "mcp/server/endpoint.hpp"

#include "base/text.hpp"
#include "mcp/server/head.hpp"
#include "mcp/server/modern_rules.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace mahavishnu::mcp::server {

namespace {

constexpr auto session_header = "Mcp-Session-Id";
/// What we offer does not change while we run, and a client need not ask more often.
constexpr std::string_view cacheable = R"("ttlMs":300000,"cacheScope":"public")";

std::chrono::steady_clock::time_point now() {
  return std::chrono::steady_clock::now();
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

/// `2.0` is a whole number too, and there are clients which write all of them so.
void make_whole(json& value) {
  constexpr double largest = 9007199254740992.0; // beyond it, they have gaps
  if (value.is_structured()) {
    for (auto& each : value)
      make_whole(each);
  } else if (value.is_number_float()) {
    auto number = value.get<double>();
    if (std::trunc(number) == number && std::abs(number) <= largest)
      value = static_cast<std::int64_t>(number);
  }
}

std::optional<refusal> check_nothing(const json&) {
  return std::nullopt;
}

/// Of a call.
std::optional<refusal> check_call(const json& params) {
  auto name = params.find("name");
  if (name == params.end() || !name->is_string())
    return refusal{400, code::invalid_params, "params.name must be a string", {}};
  auto arguments = params.find("arguments");
  if (arguments != params.end() && !arguments->is_object())
    return refusal{400, code::invalid_params, "params.arguments must be an object", {}};
  return std::nullopt;
}

std::string named(std::string_view text) {
  return "'" + std::string{first_bytes(text, 100)} + "'";
}

std::string members_of(const json& object) {
  auto text = to_text(object);
  return text.substr(1, text.size() - 2);
}

json to_json(const server_name& who) {
  return {{"name", who.name}, {"title", who.title}, {"version", who.version}};
}

json capabilities() {
  return {{"tools", json::object()}};
}

bool is_legacy(std::string_view version) {
  return std::ranges::find(legacy_versions, version) != legacy_versions.end();
}

} // namespace

struct endpoint::known_method {
  std::string_view name;
  bool modern;
  bool legacy;
  /// What its parameters must be like, before anything else is looked at.
  std::optional<refusal> (*check)(const json& params);
  endpoint::method run;
};

endpoint::endpoint(endpoint_options options, catalog offered)
    : options_(std::move(options)),
      offered_(std::move(offered)),
      own_name_(std::make_shared<const std::string>(
          R"("_meta":)" + to_text(json{{meta::server_info, to_json(options_.who)}}))),
      sessions_(options_.most_sessions, options_.session_idle_limit) {}

const endpoint::known_method* endpoint::find_method(era spoken, const std::string& name) {
  static constexpr std::array<known_method, 5> all{{
      {"tools/call", true, true, check_call, &endpoint::call_tool},
      {"tools/list", true, true, check_nothing, &endpoint::list_tools},
      {"ping", false, true, check_nothing, &endpoint::ping},
      {"initialize", false, true, check_nothing, &endpoint::initialize},
      {"server/discover", true, false, check_nothing, &endpoint::discover},
  }};
  const auto* found = std::ranges::find(all, name, &known_method::name);
  auto is_spoken = found != all.end() && (spoken == era::modern ? found->modern : found->legacy);
  return is_spoken ? found : nullptr;
}

// -- HTTP -----------------------------------------------------------------------------------------

void endpoint::handle(const net::http_request& request, const net::http_answer& answer) {
  if (auto why = check_access(request))
    return refuse(answer, *why);
  head headers{request};
  if (request.method == "POST")
    return post(request, answer);
  if (request.method == "DELETE")
    return end_session(headers, answer);
  refuse(answer, {405, code::invalid_request, "send POST, or DELETE to end a session"}, {},
         {{"Allow", "POST, DELETE"}});
}

std::optional<refusal> endpoint::check_access(const net::http_request& request) const {
  const auto& peer = request.peer;
  auto wanted = options_.only_user;
  auto is_ours = peer.is_loopback && peer.user && (*peer.user == wanted || *peer.user == 0);
  if (wanted && !is_ours)
    return refusal{403, code::invalid_request,
                   "only the user who runs this server, on this machine, may call its tools"};
  if (!options_.origins.allow(head{request}))
    return refusal{403, code::invalid_request,
                   "this request names a foreign host, or comes from a page of one; use the "
                   "address of the server, such as http://127.0.0.1:8680/mcp"};
  return std::nullopt;
}

void endpoint::post(const net::http_request& request, const net::http_answer& answer) {
  head headers{request};
  if (auto type = headers.find("content-type"); !type || !is_json(*type))
    return refuse(answer,
                  {415, code::invalid_request, "the Content-Type must be application/json"});
  auto read = read_incoming(request.body);
  if (auto* failed = std::get_if<unreadable>(&read))
    return refuse(answer, failed->why, failed->id);
  const auto& message = std::get<incoming>(read);
  if (!takes(headers, "application/json"))
    return refuse(answer,
                  {406, code::invalid_request,
                   "the header Accept must name application/json and text/event-stream"},
                  message.id);
  if (era_of(headers, message) == era::modern)
    post_modern(headers, message, answer);
  else
    post_legacy(headers, message, answer);
}

endpoint::exchange_ptr endpoint::begin(const head& headers, era spoken, const incoming& message,
                                       const net::http_answer& answer) const {
  return std::make_shared<exchange>(answer, spoken, message.id, takes(headers, "text/event-stream"),
                                    own_name_);
}

void endpoint::post_modern(const head& headers, const incoming& message,
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
                   "there is no method " + named(message.method) + " in this version"},
                  message.id);
  if (auto why = known->check(message.params))
    return refuse(answer, *why, message.id);
  if (auto why = check_headers(headers, message))
    return refuse(answer, *why, message.id);
  (this->*known->run)(begin(headers, era::modern, message, answer), message, headers, nullptr);
}

void endpoint::post_legacy(const head& headers, const incoming& message,
                           const net::http_answer& answer) {
  auto wrong = [&](unsigned status, std::string text) {
    refuse(answer, {status, code::invalid_request, std::move(text)}, message.id);
  };
  auto is_first = message.what == incoming::kind::request && message.method == "initialize";
  std::shared_ptr<session> from;
  if (!is_first) {
    auto id = headers.find("mcp-session-id");
    if (!id)
      return wrong(400, "the header Mcp-Session-Id is missing; begin a session with initialize");
    from = sessions_.find(*id, now());
    if (!from)
      return wrong(404, "there is no such session (any more); begin one with initialize");
    if (auto version = headers.find("mcp-protocol-version"); version && !is_legacy(*version))
      return wrong(400, "this server does not speak the version " + named(*version) +
                            " of the protocol");
  }
  if (message.what == incoming::kind::notification) {
    hear(message, *from);
    return accept(answer);
  }
  if (message.what == incoming::kind::response)
    return accept(answer); // nothing waits for it
  auto began = begin(headers, era::legacy, message, answer);
  const auto* known = find_method(era::legacy, message.method);
  if (!known)
    return began->fail(
        {200, code::method_not_found, "there is no method " + named(message.method)});
  if (auto why = known->check(message.params))
    return began->fail({200, why->code, why->text});
  (this->*known->run)(began, message, headers, from);
}

void endpoint::end_session(const head& headers, const net::http_answer& answer) {
  auto id = headers.find("mcp-session-id");
  if (!id)
    return refuse(answer, {400, code::invalid_request, "the header Mcp-Session-Id is missing"});
  if (!sessions_.close(*id))
    return refuse(answer, {404, code::invalid_request, "there is no such session (any more)"});
  net::http_response response;
  response.status = 204;
  answer.reply(std::move(response));
}

void endpoint::hear(const incoming& notification, session& from) {
  if (notification.method != "notifications/cancelled")
    return;
  if (auto id = notification.params.find("requestId"); id != notification.params.end())
    from.cancel(*id);
}

// -- methods --------------------------------------------------------------------------------------

void endpoint::initialize(const exchange_ptr& request, const incoming& message, const head&,
                          const std::shared_ptr<session>&) {
  auto wanted = string_member(message.params, "protocolVersion");
  if (wanted.empty())
    return request->fail({200, code::invalid_params, "params.protocolVersion must be a string"});
  std::string version{is_legacy(wanted) ? std::string_view{wanted} : legacy_versions.front()};
  auto opened = sessions_.open(version, now());
  json result{{"protocolVersion", version},
              {"capabilities", capabilities()},
              {"serverInfo", to_json(options_.who)}};
  if (!options_.instructions.empty())
    result["instructions"] = options_.instructions;
  net::http_response head;
  head.headers.emplace_back(session_header, opened->id());
  request->finish(members_of(result), std::move(head));
}

void endpoint::discover(const exchange_ptr& request, const incoming&, const head&,
                        const std::shared_ptr<session>&) {
  json result{{"supportedVersions", json::array({modern_version})},
              {"capabilities", capabilities()}};
  if (!options_.instructions.empty())
    result["instructions"] = options_.instructions;
  request->finish(members_of(result).append(",").append(cacheable));
}

void endpoint::ping(const exchange_ptr& request, const incoming&, const head&,
                    const std::shared_ptr<session>&) {
  request->finish({});
}

void endpoint::list_tools(const exchange_ptr& request, const incoming& message, const head&,
                          const std::shared_ptr<session>&) {
  auto cursor = message.params.find("cursor");
  auto has_cursor = cursor != message.params.end() && !cursor->is_null();
  auto is_text =
      has_cursor && cursor->is_string() && !cursor->get_ref<const std::string&>().empty();
  auto page = !has_cursor ? offered_.tool_page({})
              : is_text   ? offered_.tool_page(cursor->get_ref<const std::string&>())
                          : std::nullopt;
  if (!page)
    return request->fail({200, code::invalid_params,
                          "params.cursor is none that this server has given; begin without one"});
  if (request->spoken() == era::modern)
    request->finish(std::string{*page}.append(",").append(cacheable));
  else
    request->finish(*page);
}

void endpoint::call_tool(const exchange_ptr& request, const incoming& message, const head& headers,
                         const std::shared_ptr<session>& from) {
  auto name = string_member(message.params, "name");
  const auto* known = offered_.find_tool(name);
  if (!known)
    return request->fail(
        {200, code::invalid_params, "there is no tool " + named(name) + "; tools/list names all"});
  auto arguments = message.params.value("arguments", json::object());
  make_whole(arguments);
  if (request->spoken() == era::modern)
    if (auto why = check_argument_headers(headers, arguments, known->mirrored))
      return request->fail(*why);
  json token;
  if (auto wish = message.meta().find("progressToken"); wish != message.meta().end())
    if (wish->is_string() || wish->is_number_integer())
      token = *wish;
  auto problem = known->input.problem_of(arguments);
  if (problem) {
    tool_call{request, {}, {}}.finish(tool_error(name + ": " + *problem));
    return;
  }
  request->http().take_time();
  std::shared_ptr<tool_call> call;
  if (from) {
    if (!from->begin(message.id))
      return request->fail({200, code::invalid_request, "a request with this id runs already"});
    call = {new tool_call{request, std::move(arguments), std::move(token)},
            [from](tool_call* ended) {
              from->end(ended->request());
              delete ended;
            }};
    from->run(message.id, call);
  } else { // who goes away wants it no more
    call = std::make_shared<tool_call>(request, std::move(arguments), std::move(token));
    request->http().on_gone([weak = std::weak_ptr{call}] {
      if (auto still = weak.lock())
        still->cancel();
    });
  }
  request->http().on_stopping([weak = std::weak_ptr{call}] {
    if (auto still = weak.lock())
      still->stop();
  });
  known->what.run(call);
}

} // namespace mahavishnu::mcp::server
