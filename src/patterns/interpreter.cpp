// SPDX-License-Identifier: MIT
#include "patterns/interpreter.hpp"

#include "base/text.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace mahavishnu {

namespace {

/// Past the grace of a script, for the driver to say that it has ended.
constexpr std::chrono::seconds driver_patience{5};
/// Of what an interpreter says when it does not start.
constexpr std::size_t longest_complaint = 500;

bool is_our_user(const exec::unique_fd& socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return ::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
         peer.uid == ::geteuid();
}

std::string last_line(std::string_view text) {
  text = text.substr(0, text.find_last_not_of(" \r\n") + 1);
  return std::string{first_bytes(text.substr(text.rfind('\n') + 1), longest_complaint)};
}

} // namespace

interpreter::interpreter(exec::event_loop& loop, exec::process_runner& runner, options how,
                         callbacks calls)
    : loop_(loop), runner_(runner), options_(std::move(how)), calls_(std::move(calls)) {}

interpreter::~interpreter() {
  disconnect();
  loop_.cancel(patience_);
}

result<void> interpreter::start() {
  auto listener = listen();
  if (!listener)
    return listener.error();
  listener_ = std::move(*listener);
  listening_ = loop_.watch(listener_.get(), EPOLLIN, [this](std::uint32_t) { accept(); });
  if (listening_ == 0)
    return error{errc::io_failed, "cannot watch the socket of an interpreter: " +
                                      std::generic_category().message(errno)};
  patience_ = loop_.after(options_.start_limit, [this] {
    patience_ = {};
    break_off("has not started within " + seconds_text(options_.start_limit));
  });
  exec::process_spec spec;
  spec.argv = options_.command;
  spec.argv.insert(spec.argv.end(), {"-c", options_.driver, options_.socket.string()});
  spec.grace = options_.grace;
  spec.output_limit = std::size_t{16} << 10;
  process_ = runner_.start(std::move(spec), [this](exec::process_exit exit) {
    loop_.post([this, exit = std::move(exit)] { note_exit(exit); });
  });
  return {};
}

result<exec::unique_fd> interpreter::listen() const {
  auto failed = [&](const std::string& what, int number) {
    return error{errc::io_failed,
                 "cannot " + what + " the socket '" + options_.socket.string() +
                     "' of an interpreter: " + std::generic_category().message(number)};
  };
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto& path = options_.socket.native();
  if (path.size() >= sizeof address.sun_path)
    return failed("make", ENAMETOOLONG);
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  exec::unique_fd made{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!made || ::bind(made.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(made.get(), 1) != 0)
    return failed("make", errno);
  return made;
}

void interpreter::accept() {
  exec::unique_fd socket{
      ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
  if (!socket || !is_our_user(socket))
    return;
  disconnect(); // it is the only one that comes
  socket_ = std::make_unique<exec::frame_socket>(
      loop_, std::move(socket),
      exec::frame_socket::callbacks{[this](std::string_view frame) { hear(frame); },
                                    [this] { break_off("has closed its connection"); }});
  if (!socket_->is_watched())
    break_off("cannot be heard: " + std::generic_category().message(errno));
}

void interpreter::hear(std::string_view frame) {
  using enum interpreter_wire::notice::kind;
  auto told = interpreter_wire::decode(frame);
  if (!told)
    return break_off("has said what makes no sense");
  if (told->what == hello && phase_ == phase::starting) {
    loop_.cancel(patience_);
    phase_ = phase::idle;
    return calls_.idle();
  }
  if (!script_)
    return break_off("speaks of a script that it has not been given");
  switch (told->what) {
  case hello: return break_off("has said hello twice");
  case output:
    script_->end.exit.output_bytes += told->text.size();
    return script_->output.append(told->text);
  case error_output:
    script_->end.exit.error_bytes += told->text.size();
    return script_->error_output.append(told->text);
  case failed:
    script_->end.exit.failure = error{errc::process_failed, std::string{told->text}};
    break;
  case ended: {
    auto status = told->wait_status;
    auto& exit = script_->end.exit;
    exit.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    exit.exit_code = exit.signal != 0 ? 128 + exit.signal : WEXITSTATUS(status);
    resident_bytes_ = told->resident_bytes;
  }
  }
  loop_.cancel(patience_);
  if (phase_ == phase::busy)
    phase_ = phase::idle;
  finish_script();
  if (phase_ == phase::idle)
    calls_.idle();
}

void interpreter::run(std::uint64_t number, const script_request& request,
                      std::function<void(script_outcome)> done) {
  ++scripts_;
  phase_ = phase::busy;
  auto now = clock::now();
  script_.emplace(running_script{number,
                                 std::move(done),
                                 exec::output_capture{request.output_limit},
                                 exec::output_capture{request.output_limit},
                                 now,
                                 {}});
  socket_->send(interpreter_wire::encode_run(request), exec::frame_socket::urgency::now);
  if (request.timeout.count() > 0)
    patience_ = loop_.after(request.timeout, [this] {
      patience_ = {};
      script_->end.timed_out = true;
      stop_script();
    });
}

void interpreter::cancel(std::uint64_t number) {
  if (!script_ || script_->number != number || script_->stopping)
    return;
  script_->end.cancelled = true;
  loop_.cancel(patience_);
  stop_script();
}

void interpreter::stop_script() {
  script_->stopping = true;
  if (phase_ != phase::busy)
    return; // the whole process is ending already
  socket_->send(interpreter_wire::encode_stop(options_.grace), exec::frame_socket::urgency::now);
  patience_ = loop_.after(options_.grace + driver_patience, [this] {
    patience_ = {};
    break_off("has not ended a script that it was told to end");
  });
}

void interpreter::finish_script() {
  auto script = std::move(*script_);
  script_.reset();
  auto& end = script.end;
  auto& exit = end.exit;
  exit.output_truncated = script.output.truncated();
  exit.error_truncated = script.error_output.truncated();
  exit.standard_output = script.output.take();
  exit.standard_error = script.error_output.take();
  end.duration = std::chrono::ceil<std::chrono::milliseconds>(clock::now() - script.started_at);
  script.done(std::move(end));
}

void interpreter::break_off(std::string why) {
  if (phase_ == phase::ending)
    return;
  failure_ = error{errc::process_failed,
                   "the interpreter '" + options_.command.front() + "' " + std::move(why)};
  end();
}

void interpreter::end() {
  if (phase_ == phase::ending)
    return;
  phase_ = phase::ending;
  loop_.cancel(patience_);
  runner_.stop(process_);
}

void interpreter::disconnect() {
  if (listening_ != 0) {
    loop_.unwatch(listening_);
    listener_.close();
    ::unlink(options_.socket.c_str());
  }
  socket_.reset();
}

void interpreter::note_exit(const exec::process_exit& exit) {
  auto ended_on_purpose = phase_ == phase::ending && !failure_;
  phase_ = phase::ending;
  loop_.cancel(patience_);
  disconnect();
  auto complaint = last_line(exit.standard_error);
  if (exit.failure) {
    failure_ = exit.failure;
  } else if (!ended_on_purpose) {
    auto why = failure_ ? failure_->message
                        : "the interpreter '" + options_.command.front() + "' has ended with " +
                              std::to_string(exit.exit_code);
    failure_ = error{errc::process_failed, why + (complaint.empty() ? "" : ": " + complaint)};
  }
  if (script_) {
    auto& end = script_->end;
    if (!end.timed_out && !end.cancelled)
      end.exit.failure = failure_.value_or(
          error{errc::shutting_down, "the pool of interpreters has ended before the script"});
    end.exit.exit_code = exit.exit_code;
    end.exit.signal = exit.signal;
    finish_script();
  }
  calls_.gone();
}

} // namespace mahavishnu
