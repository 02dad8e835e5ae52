// SPDX-License-Identifier: MIT
#include "exec/child.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

namespace mahavishnu::exec {

namespace {

/// Reads from one stream before the others get their turn.
constexpr int reads_per_turn = 4;

} // namespace

child::child(spawned_process process, process_spec spec, callback done)
    : process_(std::move(process)),
      input_(std::move(spec.stdin_text)),
      output_(spec.output_limit),
      error_(spec.output_limit),
      // A day is as good as for ever, and keeps the arithmetic of the clock from running over.
      grace_(std::clamp<std::chrono::milliseconds>(spec.grace, std::chrono::milliseconds{0},
                                                   std::chrono::hours{24})),
      done_(std::move(done)) {}

bool child::write_input() {
  while (input_written_ < input_.size()) {
    auto count = ::write(process_.input.get(), input_.data() + input_written_,
                         input_.size() - input_written_);
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return errno == EAGAIN; // EPIPE: it does not want the rest, which is its good right
    input_written_ += static_cast<std::size_t>(count);
  }
  return false;
}

bool child::read(const unique_fd& fd, output_capture& capture, std::span<char> buffer) {
  for (int turn = 0; turn < reads_per_turn; ++turn) {
    auto count = ::read(fd.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return errno == EAGAIN;
    if (count == 0)
      return false;
    capture.append({buffer.data(), static_cast<std::size_t>(count)});
    if (static_cast<std::size_t>(count) < buffer.size())
      return true;
  }
  return true;
}

void child::drain(const unique_fd& fd, output_capture& capture, std::span<char> buffer) {
  if (!fd)
    return;
  // Only what is there now: an escaped grandchild may hold the pipe, and may write for ever.
  int waiting = 0;
  if (ioctl(fd.get(), FIONREAD, &waiting) != 0)
    return;
  while (waiting > 0) {
    auto wanted = std::min(buffer.size(), static_cast<std::size_t>(waiting));
    auto count = ::read(fd.get(), buffer.data(), wanted);
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      return;
    capture.append({buffer.data(), static_cast<std::size_t>(count)});
    waiting -= static_cast<int>(count);
  }
}

void child::terminate() {
  kill(-process_.pid, SIGTERM);
  kill(-process_.pid, SIGCONT);
}

void child::kill_group() {
  kill(-process_.pid, SIGKILL);
}

void child::wait_for_exit() {
  pollfd watched{process_.exit.get(), POLLIN, 0};
  poll(&watched, 1, 5000);
}

process_exit child::finish(std::span<char> buffer) {
  // Before the process is reaped: as long as it is a zombie nobody else can get its group's number.
  kill_group();

  process_exit exit;
  siginfo_t info{};
  int waited = 0;
  do
    waited = waitid(P_PIDFD, static_cast<id_t>(process_.exit.get()), &info, WEXITED | WNOHANG);
  while (waited != 0 && errno == EINTR);
  if (waited != 0) {
    exit.failure = error{errc::process_failed,
                         "the exit status of process " + std::to_string(process_.pid) +
                             " is lost: this program ignores SIGCHLD or waits for children "
                             "elsewhere; it must do neither"};
  } else if (info.si_code == CLD_EXITED) {
    exit.exit_code = info.si_status;
  } else {
    exit.signal = info.si_status;
    exit.exit_code = 128 + info.si_status;
  }

  drain(process_.output, output_, buffer);
  drain(process_.error_output, error_, buffer);
  exit.output_truncated = output_.truncated();
  exit.error_truncated = error_.truncated();
  exit.standard_output = output_.take();
  exit.standard_error = error_.take();
  return exit;
}

} // namespace mahavishnu::exec
