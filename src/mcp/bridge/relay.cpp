// SPDX-License-Identifier: MIT
#include "mcp/bridge/relay.hpp"

#include <algorithm>
#include <utility>

namespace mahavishnu::mcp::bridge {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t deepest_reply = 128;
constexpr std::size_t longest_stream = std::size_t{1} << 30;
constexpr int most_resumptions = 5;
constexpr auto usual_retry = 1000ms;
constexpr auto longest_retry = 30s;
constexpr auto time_for_farewell = 1000ms;
constexpr auto time_to_tell = 5s;

constexpr auto fate_unknown =
    "; whether it was carried out is unknown. What it has begun as a task goes on with the next "
    "server: look for it with task_list";

bool is_success(unsigned status) {
  return status >= 200 && status < 300;
}

} // namespace

struct relay::exchange {
  purpose what;
  client_line line;
  std::optional<reply_texts> reply;
  net::request_number http = 0;
  bool is_sent = false;
  /// What the server has given in the headers of its answer.
  std::string new_session;
  /// With which it was sent.
  std::string session;
  bool is_answered = false;
  bool is_cancelled = false;
  bool was_moved = false;
  bool was_begun_again = false;
  bool wants_headers = false;
  bool knows_headers = false;
  bool is_too_long = false;
  std::string event_id;
  int resumptions = 0;
  json result;
  /// For a listing: who needs it.
  exchange_ptr for_whom;
  std::unique_ptr<net::http_client::delayed_task> timer;

  bool is_get() const { return what == purpose::listening || resumptions > 0; }
  bool is_legacy() const { return line.spoken() == era::legacy; }
  unsigned status() const { return reply ? reply->status() : 0; }
};

relay::relay(net::http_client& http, relay_options options)
    : http_(http), options_(std::move(options)) {}

// -- from the client ------------------------------------------------------------------------------

void relay::on_line(std::string text) {
  if (text.find_first_not_of(" \t") == std::string::npos)
    return;
  auto read = read_client_line(std::move(text));
  auto* several = std::get_if<several_lines>(&read);
  if (!several)
    return take(std::move(read));
  for (auto& each : several->texts)
    take(read_client_line(std::move(each)));
}

void relay::take(line_reading read) {
  if (auto* line = std::get_if<client_line>(&read))
    return pass_on(std::move(*line));
  const auto* problem = std::get_if<unreadable_line>(&read);
  options_.write(problem ? error_line({}, problem->code, problem->text)
                         : error_line({}, code::invalid_request,
                                      "an array in an array is no JSON-RPC message"));
}

void relay::on_long_line() {
  options_.write(error_line({}, code::parse_error,
                            "the line has more than " + std::to_string(options_.max_message_bytes) +
                                " bytes; send less at once, or raise mcp.max_body_bytes"));
}

relay::exchange_ptr relay::make(purpose what, client_line line) {
  auto made = std::make_shared<exchange>();
  made->what = what;
  made->line = std::move(line);
  return made;
}

void relay::pass_on(client_line line) {
  if (line.what == line_kind::notification && line.method == "notifications/cancelled")
    return cancel(line);
  auto is_request = line.what == line_kind::request;
  // What is no request may be an answer that others wait for.
  auto most = options_.most_requests * (is_request ? 1 : 2);
  if (running_.size() + held_.size() >= most) {
    if (is_request)
      options_.write(error_line(line.id, code::internal_error,
                                "more than " + std::to_string(options_.most_requests) +
                                    " requests at once; wait for some of the answers"));
    return;
  }
  // There is none that means anything to a modern server over HTTP.
  if (!is_request && line.what == line_kind::notification && !line.version.empty())
    return;
  auto one = make(is_request ? purpose::request : purpose::message, std::move(line));
  if (is_held(*one))
    held_.push_back(std::move(one));
  else
    send(one);
}

void relay::cancel(const client_line& line) {
  auto id = line.params.find("requestId");
  if (id == line.params.end())
    return;
  auto is_meant = [&](const exchange_ptr& one) {
    return one->what == purpose::request && one->line.id == *id &&
           one->line.method != "initialize"; // which nobody may cancel
  };
  if (std::erase_if(held_, is_meant) > 0)
    return;
  auto found = std::ranges::find_if(running_, is_meant);
  if (found == running_.end())
    return;
  const auto& one = *found; // which stays where it is until it is erased
  one->is_cancelled = true;
  if (std::erase(without_url_, one) > 0) {
    running_.erase(found);
    return;
  }
  if (one->is_legacy())
    send(make(purpose::message, line));
  else if (one->is_sent) // who goes away wants it no more
    http_.cancel(one->http);
}

/// Until it is known which session they belong to, and the server has heard that it is open.
bool relay::is_held(const exchange& one) const {
  return is_opening_ && one.is_legacy() && one.what != purpose::hello &&
         one.what != purpose::confirmation;
}

void relay::release_held() {
  while (!held_.empty() && !is_opening_) {
    auto next = std::move(held_.front());
    held_.pop_front();
    send(next);
  }
  finish_if_quiet();
}

// -- to the server --------------------------------------------------------------------------------

void relay::send(const exchange_ptr& one) {
  if (is_leaving_ && one->what != purpose::farewell)
    return;
  if (one->is_legacy() && one->what == purpose::request && one->line.method == "initialize") {
    is_opening_ = true;
    hello_ = one->line;
    session_.clear();
    version_.clear();
    may_listen_ = true;
  } else if (one->what == purpose::message && one->line.method == "notifications/initialized") {
    is_opening_ = true;
  }
  running_.insert(one);
  if (!url_) {
    without_url_.push_back(one);
    if (!std::exchange(is_finding_, true))
      options_.find_url();
    return;
  }
  one->session = session_;
  one->reply.reset();
  one->is_sent = true;
  auto request = request_for(*one);
  auto self = shared_from_this();
  request.on_head = [self, one](const net::answer_head& head) {
    one->reply.emplace(head, self->options_.max_message_bytes);
    if (const auto* id = net::find_header(head.headers, "mcp-session-id"))
      one->new_session = *id;
  };
  request.on_piece = [self, one](std::string_view piece) {
    auto take = [&](std::string text) { self->on_text(*one, std::move(text)); };
    if (!one->reply->feed(piece, take) && !std::exchange(one->is_too_long, true))
      self->http_.cancel(one->http);
    if (!one->reply->last_event_id().empty())
      one->event_id = one->reply->last_event_id();
  };
  one->http =
      http_.send(std::move(request), [self, one](const result<net::client_answer>& outcome) {
        self->on_end(one, outcome);
      });
}

net::client_request relay::request_for(const exchange& one) const {
  net::client_request request;
  request.url = *url_;
  request.whole_timeout.reset();
  request.max_body_bytes = longest_stream;
  auto& headers = request.headers;
  if (!options_.token.empty())
    headers.emplace_back("Authorization", "Bearer " + options_.token);
  if (one.what == purpose::farewell) {
    request.method = "DELETE";
    request.whole_timeout = time_for_farewell;
    request.is_urgent = true;
  } else if (one.is_get()) {
    request.method = "GET";
    headers.emplace_back("Accept", "text/event-stream");
    if (!one.event_id.empty())
      headers.emplace_back("Last-Event-ID", one.event_id);
  } else {
    request.method = "POST";
    request.body = one.line.text;
    headers.emplace_back("Content-Type", "application/json");
    headers.emplace_back("Accept", "application/json, text/event-stream");
    if (one.what == purpose::message || one.what == purpose::confirmation) {
      request.whole_timeout = time_to_tell;
      request.is_urgent = true;
    }
  }
  if (!one.is_legacy()) {
    for (auto& each : modern_headers(one.line, tools_))
      headers.push_back(std::move(each));
  } else {
    if (!version_.empty())
      headers.emplace_back("MCP-Protocol-Version", version_);
    if (!session_.empty())
      headers.emplace_back("Mcp-Session-Id", session_);
  }
  return request;
}

void relay::on_url(const result<std::string>& url) {
  is_finding_ = false;
  auto waiting = std::exchange(without_url_, {});
  if (url)
    url_ = *url;
  auto failed = url ? error{} : url.error();
  for (const auto& one : waiting) {
    if (url)
      send(one);
    else
      conclude(one, &failed);
  }
}

// -- from the server ------------------------------------------------------------------------------

void relay::on_text(exchange& one, std::string text) {
  auto read = parse_json(text, deepest_reply);
  if (!read.problem.empty() || !read.value.is_object())
    return;
  auto& message = read.value;
  auto is_own = one.what == purpose::hello || one.what == purpose::listing ||
                one.what == purpose::confirmation || one.what == purpose::farewell;
  if (message.contains("method") || one.what == purpose::listening) {
    if (!is_own && (one.what != purpose::listening || one.reply->is_stream()))
      options_.write(text);
    return;
  }
  // What is about a request that was a message, the client never asked for.
  if (one.what == purpose::message || one.is_answered || one.is_cancelled)
    return;
  auto id = message.find("id");
  auto is_about_post = (id == message.end() || id->is_null()) && !one.reply->is_stream();
  if (!is_about_post && (id == message.end() || *id != one.line.id))
    return;
  auto is_forgotten = one.status() == 404 && one.is_legacy() && !one.session.empty();
  if (is_forgotten && !one.was_begun_again)
    return;
  if (auto failure = message.find("error"); failure != message.end() && failure->is_object()) {
    auto reason = failure->find("code");
    one.wants_headers = !one.is_legacy() && !one.knows_headers && one.line.method == "tools/call" &&
                        reason != failure->end() && *reason == code::header_mismatch;
    if (one.wants_headers)
      return;
  }
  one.is_answered = true;
  if (auto result = message.find("result"); result != message.end()) {
    if (one.line.method == "tools/list")
      tools_.learn(*result);
    if (one.line.method == "initialize" || is_own)
      one.result = *result;
  }
  if (is_own)
    return;
  if (is_about_post) {
    message["id"] = one.line.id;
    text = to_text(message);
  }
  options_.write(text);
}

void relay::on_end(const exchange_ptr& one, const result<net::client_answer>& outcome) {
  one->is_sent = false;
  if (outcome && one->reply)
    one->reply->finish([&](std::string text) { on_text(*one, std::move(text)); });
  auto failed = outcome ? error{} : outcome.error();
  const auto* failure = outcome ? nullptr : &failed;
  if (failure && (failure->code == errc::unreachable || failure->code == errc::io_failed))
    url_.reset(); // the next one looks where the server is now
  if (!goes_on(one, failure))
    conclude(one, failure);
}

bool relay::goes_on(const exchange_ptr& one, const error* failure) {
  if (one->is_answered || one->is_cancelled || is_leaving_)
    return false;
  // It has certainly not begun, and may be somewhere else by now.
  if (failure && failure->code == errc::unreachable && one->what != purpose::listening &&
      !std::exchange(one->was_moved, true)) {
    send(one);
    return true;
  }
  if (one->wants_headers) {
    one->wants_headers = false;
    one->knows_headers = true;
    list_tools(one, {});
    return true;
  }
  auto is_of_client = one->what == purpose::request || one->what == purpose::message;
  // One that had begun may have done its work: nobody asks for it twice.
  auto is_forgotten =
      one->status() == 404 && one->is_legacy() && !one->session.empty() && one->resumptions == 0;
  if (is_of_client && is_forgotten && hello_ && !std::exchange(one->was_begun_again, true)) {
    running_.erase(one);
    if (one->what == purpose::message) { // it was about what is no more
      if (one->line.method == "notifications/initialized")
        begin_session_again();
      finish_if_quiet();
      return true;
    }
    one->event_id.clear();
    held_.push_back(one);
    if (!is_opening_ && one->session != session_)
      release_held(); // somebody has begun another one since
    else if (!is_opening_)
      begin_session_again();
    return true;
  }
  return one->what == purpose::request && resumes(one);
}

/// A legacy server may let a stream go, and have the client come back for the rest.
bool relay::resumes(const exchange_ptr& one) {
  auto may_resume = one->is_legacy() && !one->is_too_long && !one->event_id.empty() && one->reply &&
                    is_success(one->status()) && one->resumptions < most_resumptions;
  if (!may_resume)
    return false;
  ++one->resumptions;
  later(one, std::min<std::chrono::milliseconds>(one->reply->retry().value_or(usual_retry),
                                                 longest_retry));
  return true;
}

void relay::later(const exchange_ptr& one, std::chrono::milliseconds delay) {
  one->timer = http_.post_after(delay, [weak = weak_from_this(), weak_one = std::weak_ptr{one}] {
    auto self = weak.lock();
    auto still = weak_one.lock();
    if (self && still && self->running_.contains(still))
      self->send(still);
  });
}

/// Nothing more is done about it.
void relay::conclude(const exchange_ptr& one, const error* failure) {
  running_.erase(one);
  auto why = [&] {
    if (one->is_too_long)
      return "the answer has a message of more than " + std::to_string(options_.max_message_bytes) +
             " bytes; ask for less, or raise mcp.max_body_bytes" + fate_unknown;
    if (failure)
      return failure->message +
             (failure->code == errc::io_failed || one->resumptions > 0 ? fate_unknown : "");
    auto status = one->status();
    if (one->reply && !is_success(status))
      return "the server has answered with HTTP status " + std::to_string(status) + ": " +
             one->reply->excerpt() + (one->resumptions > 0 ? fate_unknown : "");
    return std::string{"the server has ended its answer without a result"} + fate_unknown;
  };
  switch (one->what) {
  case purpose::request:
    if (!one->is_answered && !one->is_cancelled && !is_leaving_)
      fail(*one, why());
    if (one->is_legacy() && one->line.method == "initialize") {
      open_session(*one);
      is_opening_ = false;
      release_held();
    } else if (one->is_legacy() && one->is_answered) {
      listen(); // again, when the server was away
    }
    break;
  case purpose::message:
    if (one->line.method == "notifications/initialized") {
      is_opening_ = false;
      listen();
      release_held();
    }
    break;
  case purpose::listening:
    if (listener_ == one && !is_leaving_ && !done_)
      if (!failure && is_success(one->status())) {
        running_.insert(one);
        later(one, std::clamp<std::chrono::milliseconds>(one->reply->retry().value_or(usual_retry),
                                                         10ms, longest_retry));
        break;
      }
    if (listener_ == one) {
      listener_.reset();
      may_listen_ = one->status() != 405;
    }
    break;
  case purpose::hello:
    if (one->result.is_null()) {
      give_up_session("a session with the server cannot be begun again: " + why());
      break;
    }
    open_session(*one);
    send(make(purpose::confirmation, own_line("notifications/initialized", json::object(), false)));
    break;
  case purpose::confirmation:
    is_opening_ = false;
    listen();
    release_held();
    break;
  case purpose::listing: {
    auto cursor = string_member(one->result, "nextCursor");
    if (one->for_whom->is_cancelled)
      running_.erase(one->for_whom);
    else if (cursor.empty() || cursor == string_member(one->line.params, "cursor"))
      send(one->for_whom); // whatever came: a second refusal is the client's
    else
      list_tools(one->for_whom, std::move(cursor));
    break;
  }
  case purpose::farewell:
    if (auto done = std::exchange(done_, nullptr))
      done();
    return;
  }
  finish_if_quiet();
}

void relay::fail(const exchange& one, const std::string& why) {
  options_.write(error_line(one.line.id, code::internal_error, why));
}

// -- sessions -------------------------------------------------------------------------------------

client_line relay::own_line(const char* method, json params, bool has_id) {
  client_line line;
  line.method = method;
  line.what = has_id ? line_kind::request : line_kind::notification;
  json body{{"jsonrpc", "2.0"}, {"method", method}};
  if (has_id) {
    line.id = "mahavishnu-bridge-" + std::to_string(next_own_++);
    body["id"] = line.id;
  }
  if (!params.empty())
    body["params"] = params;
  line.params = std::move(params);
  line.text = to_text(body);
  return line;
}

void relay::open_session(const exchange& one) {
  if (one.result.is_null())
    return;
  session_ = one.new_session;
  version_ = string_member(one.result, "protocolVersion");
}

void relay::begin_session_again() {
  is_opening_ = true;
  session_.clear();
  version_.clear();
  if (listener_ && listener_->is_sent)
    http_.cancel(listener_->http);
  if (auto old = std::exchange(listener_, nullptr))
    running_.erase(old);
  send(make(purpose::hello, own_line("initialize", hello_->params, true)));
}

void relay::give_up_session(const std::string& why) {
  is_opening_ = false;
  session_ = "none"; // so that the next request finds out anew
  for (const auto& one : std::exchange(held_, {}))
    if (one->what == purpose::request)
      fail(*one, why);
}

/// For what a legacy server says by itself; many have nothing to say, and refuse.
void relay::listen() {
  if (listener_ || !may_listen_ || session_.empty() || done_ || is_leaving_)
    return;
  listener_ = make(purpose::listening, {});
  send(listener_);
}

/// A tool wants headers of which only the list says so, and the client has not asked for it.
void relay::list_tools(const exchange_ptr& for_whom, std::string cursor) {
  auto params = json::object();
  if (auto meta = for_whom->line.params.find("_meta"); meta != for_whom->line.params.end()) {
    params["_meta"] = *meta;
    params["_meta"].erase("progressToken");
  }
  if (!cursor.empty())
    params["cursor"] = std::move(cursor);
  auto line = own_line("tools/list", std::move(params), true);
  line.version = for_whom->line.version;
  auto one = make(purpose::listing, std::move(line));
  one->for_whom = for_whom;
  send(one);
}

// -- the end --------------------------------------------------------------------------------------

void relay::end(std::function<void()> done) {
  done_ = std::move(done);
  end_timer_ = http_.post_after(options_.time_to_end, [weak = weak_from_this()] {
    if (auto self = weak.lock())
      self->leave();
  });
  finish_if_quiet();
}

void relay::finish_if_quiet() {
  if (!done_ || is_leaving_)
    return;
  auto is_awaited = [](const exchange_ptr& one) {
    return one->what != purpose::listening && one->line.method != "subscriptions/listen";
  };
  if (held_.empty() && std::ranges::none_of(running_, is_awaited))
    leave();
}

void relay::stop() {
  done_ = nullptr;
  session_.clear();
  leave();
}

void relay::leave() {
  if (std::exchange(is_leaving_, true))
    return;
  end_timer_.reset();
  held_.clear();
  without_url_.clear();
  for (const auto& one : std::exchange(running_, {})) {
    one->timer.reset();
    if (one->is_sent)
      http_.cancel(one->http);
  }
  if (url_ && !session_.empty())
    return send(make(purpose::farewell, {}));
  if (auto done = std::exchange(done_, nullptr))
    done();
}

} // namespace mahavishnu::mcp::bridge
