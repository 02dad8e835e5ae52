// SPDX-License-Identifier: MIT
#include "mcp/client/rpc.hpp"

#include "mcp/client/client_core.hpp"

#include <algorithm>

namespace mahavishnu::mcp {

using namespace std::chrono_literals;

namespace {

/// After the answer, for the server to end the stream, so that the connection can be kept.
constexpr auto time_to_end_stream = 1s;
constexpr unsigned most_refusals = 16;

} // namespace

rpc::rpc(std::shared_ptr<client_core> core, question asked, terms agreed, call_label label,
         bool is_repeatable, hooks given)
    : core_(std::move(core)),
      asked_(std::move(asked)),
      agreed_(std::move(agreed)),
      label_(std::move(label)),
      is_repeatable_(is_repeatable),
      hooks_(std::move(given)) {}

void rpc::start() {
  id_ = core_->next_id++;
  bytes_left_ = core_->options.max_stream_bytes;
  auto request = core_->make_post(build_request(asked_, id_, agreed_, core_->options.who));
  request.repeatable = is_repeatable_;
  send(std::move(request));
}

void rpc::send(net::client_request request) {
  http_runs_ = true;
  reader_.reset();
  request.max_body_bytes = bytes_left_;
  auto self = shared_from_this();
  request.on_head = [self](const net::answer_head& head) { self->on_head(head); };
  request.on_piece = [self](std::string_view piece) { self->on_piece(piece); };
  http_request_ =
      core_->http.send(std::move(request), [self](const result<net::client_answer>& outcome) {
        self->on_http_end(outcome);
      });
}

// -- what the server says -----------------------------------------------------

void rpc::on_head(const net::answer_head& head) {
  const auto& options = core_->options;
  reply_limits limits{options.max_message_bytes, options.max_depth,
                      agreed_.version == last_version_with_batches};
  reader_.emplace(limits, head);
  if (const auto* id = net::find_header(head.headers, "mcp-session-id"))
    session_id_ = *id;
}

void rpc::on_piece(std::string_view piece) {
  if (has_ended_)
    return;
  bytes_left_ -= std::min(bytes_left_, piece.size());
  auto self = shared_from_this();
  reader_->feed(piece, [this](message read) { on_message(std::move(read)); });
  resumption_.note(reader_->last_event_id(), reader_->retry());
  if (reader_->violation() && !has_ended_) {
    core_->http.cancel(http_request_);
    give_up(explain_violation(label_, *reader_->violation()));
  }
}

void rpc::on_message(message read) {
  if (has_ended_)
    return;
  switch (read.kind) {
  case message_kind::notification:
    if (read.method == "notifications/progress" && hooks_.on_progress) {
      if (auto seen = read_progress(read.body, id_))
        hooks_.on_progress(*seen);
    } else if (read.method == "notifications/message" && core_->options.on_log) {
      try {
        core_->options.on_log(read_log(read.body));
      } catch (...) {
        // Its own business; what comes after it in the stream is ours.
      }
    }
    return;
  case message_kind::request: return refuse_request(read);
  case message_kind::nonsense: heard_foreign_answer_ = true; return;
  case message_kind::result:
  case message_kind::error: break;
  }
  // An error without an id is about the HTTP request that it answers. That is ours, unless it only
  // asked for the rest of a stream.
  auto is_about_post = read.kind == message_kind::error && read.id.is_null() &&
                       !reader_->is_stream() && !resumption_.has_begun();
  auto is_ours = read.id == json(id_) || is_about_post;
  if (!is_ours) {
    heard_foreign_answer_ = true;
    return;
  }
  rpc_reply reply;
  reply.status = reader_->status();
  reply.answer = std::move(read);
  end(std::move(reply));
}

void rpc::refuse_request(const message& request) {
  // Only a legacy server may ask, and a flood of questions is not to become one of answers.
  if (agreed_.era == era::legacy && ++refused_requests_ <= most_refusals)
    core_->tell(build_reply(request, agreed_));
}

void rpc::on_http_end(const result<net::client_answer>& outcome) {
  http_runs_ = false;
  auto self = shared_from_this();
  if (has_ended_) {
    delayed_.reset();
    core_.reset();
    return;
  }
  // Beyond a limit, there is no sense in the rest.
  if (outcome.has_error() && outcome.error().code == errc::incompatible)
    return give_up(resumption_.has_begun() ? explain_too_much() : failure{outcome.error()});
  if (outcome.has_error())
    return on_stream_end(outcome.error());
  if (!reader_) // no head was shown: cannot be
    return on_stream_end(explain_violation(label_, "has no head"));
  reader_->finish([this](message read) { on_message(std::move(read)); });
  if (!has_ended_)
    on_stream_end(explain_silence());
}

/// There was an HTTP answer, and no message for us in it.
failure rpc::explain_silence() const {
  if (reader_->violation() && reader_->status() < 300)
    return explain_violation(label_, *reader_->violation());
  if (reader_->status() >= 300 && resumption_.has_begun())
    return explain_lost_stream("HTTP status " + std::to_string(reader_->status()));
  if (reader_->status() >= 300)
    return explain_status(label_, reader_->status(), reader_->excerpt());
  if (heard_foreign_answer_)
    return explain_violation(label_, "is an answer to something else, or none at all");
  if (reader_->is_stream())
    return {errc::io_failed, "the stream of " + label_.text() +
                                 " ended before the answer, and whether it was carried out is "
                                 "unknown; look at the log of the server"};
  return explain_violation(label_, reader_->excerpt().empty() ? "is empty" : "is no JSON");
}

failure rpc::explain_lost_stream(const std::string& why) const {
  return {errc::io_failed, "the stream of " + label_.text() +
                               " ended before the answer and cannot be taken up again (" + why +
                               "), and whether it was carried out is unknown; look at the log of "
                               "the server"};
}

failure rpc::explain_too_much() const {
  return {errc::incompatible, "the streams of " + label_.text() + " have more than " +
                                  std::to_string(core_->options.max_stream_bytes) +
                                  " bytes together; ask for less, or raise the limit"};
}

// -- streams that break -------------------------------------------------------

void rpc::on_stream_end(failure why) {
  auto is_stream = reader_ && reader_->is_stream();
  auto resumes_in_vain = resumption_.has_begun() && (!reader_ || reader_->status() < 300);
  auto may_resume = agreed_.era == era::legacy && (is_stream || resumes_in_vain) &&
                    why.code != errc::shutting_down && why.code != errc::unauthorized;
  auto pause = may_resume ? resumption_.next() : std::nullopt;
  if (!pause)
    return give_up(std::move(why));
  delayed_ = core_->http.post_after(*pause, [self = shared_from_this()] { self->resume(); });
}

void rpc::resume() {
  if (has_ended_)
    return;
  auto headers = session_headers(agreed_);
  headers.emplace_back("Accept", "text/event-stream");
  headers.emplace_back("Last-Event-ID", resumption_.event_id());
  send(core_->make_request("GET", std::move(headers)));
}

// -- the end ------------------------------------------------------------------

/// Ends without an answer.
void rpc::give_up(failure why) {
  rpc_reply reply;
  reply.status = reader_ ? reader_->status() : 0;
  // That the server cannot be reached now does not mean that it has not begun before.
  if (resumption_.has_begun() && why.code == errc::unreachable)
    why = explain_lost_stream(why.message);
  reply.is_broken = why.code == errc::io_failed && (reply.status < 300 || resumption_.has_begun());
  if (reader_)
    reply.excerpt = reader_->excerpt();
  reply.why_not = std::move(why);
  end(std::move(reply));
}

void rpc::end(rpc_reply reply) {
  if (has_ended_)
    return;
  has_ended_ = true;
  reply.session_id = session_id_;
  reply.was_resumed = resumption_.has_begun();
  auto given = std::exchange(hooks_, {});
  // Only the callback of HTTP keeps this alive then, and the delayed task must not.
  delayed_.reset();
  if (http_runs_)
    delayed_ = core_->http.post_after(time_to_end_stream, [core = core_, request = http_request_] {
      core->http.cancel(request);
    });
  given.on_end(std::move(reply));
}

void rpc::abandon(bool tell) {
  if (has_ended_)
    return;
  has_ended_ = true;
  hooks_ = {};
  delayed_.reset();
  if (http_runs_)
    core_->http.cancel(http_request_);
  if (tell && agreed_.era == era::legacy && asked_.method != "initialize")
    core_->tell(build_notification("notifications/cancelled",
                                   {{"requestId", id_}, {"reason", "given up by the client"}},
                                   agreed_));
}

} // namespace mahavishnu::mcp
