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

/// A group of 1 would be everybody, and no child of ours leads it.
void signal_group(pid_t group, int signal) {
  if (group > 1)
    kill(-group, signal);
}

constexpr int most_on_its_way_to_a_terminal = 64 * 1024;

} // namespace

child::child(spawned_process process, std::string input, bool more_input, run_output output,
             run_output error_output)
    : process_(std::move(process)),
      input_(std::move(input)),
      more_input_(more_input),
      is_terminal_(!process_.error_output),
      output_(std::move(output)),
      error_(std::move(error_output)) {}

void child::add_input(std::string_view bytes, bool last) {
  input_.erase(0, std::exchange(input_written_, 0));
  input_.append(bytes);
  more_input_ = more_input_ && !last;
}

child::input_state child::write_input() {
  while (input_written_ < input_.size()) {
    auto count = ::write(process_.input.get(), input_.data() + input_written_,
                         input_.size() - input_written_);
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0) // EPIPE: it does not want the rest, which is its good right
      return errno == EAGAIN ? input_state::blocked : input_state::finished;
    input_written_ += static_cast<std::size_t>(count);
  }
  input_.clear();
  input_written_ = 0;
  return more_input_ ? input_state::idle : input_state::finished;
}

bool child::read(const unique_fd& fd, run_output& output, std::span<char> buffer) {
  for (int turn = 0; turn < reads_per_turn; ++turn) {
    auto count = ::read(fd.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return errno == EAGAIN;
    if (count == 0)
      return false;
    output.append({buffer.data(), static_cast<std::size_t>(count)});
    if (static_cast<std::size_t>(count) < buffer.size())
      return true;
  }
  return true;
}

void child::drain(const unique_fd& fd, run_output& output, std::span<char> buffer) {
  if (!fd)
    return;
  // Only what is there now: an escaped grandchild may hold the pipe, and may write for ever.
  int waiting = 0;
  if (ioctl(fd.get(), FIONREAD, &waiting) != 0)
    return;
  // What a terminal is about to show is not counted, but is no more than this.
  if (is_terminal_)
    waiting = most_on_its_way_to_a_terminal;
  while (waiting > 0) {
    auto wanted = std::min(buffer.size(), static_cast<std::size_t>(waiting));
    auto count = ::read(fd.get(), buffer.data(), wanted);
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      return;
    output.append({buffer.data(), static_cast<std::size_t>(count)});
    waiting -= static_cast<int>(count);
  }
}

void child::terminate() {
  signal_group(process_.pid, SIGTERM);
  signal_group(process_.pid, SIGCONT);
}

void child::kill_group() {
  signal_group(process_.pid, SIGKILL);
}

bool child::has_exited() const {
  pollfd watched{process_.exit.get(), POLLIN, 0};
  return poll(&watched, 1, 0) == 1;
}

void child::wait_for_exit() {
  pollfd watched{process_.exit.get(), POLLIN, 0};
  poll(&watched, 1, 5000);
}

bool child::output_is_held() const {
  if (output_fd() < 0 && error_fd() < 0)
    return false;
  pollfd pipes[] = {{output_fd(), 0, 0}, {error_fd(), 0, 0}};
  poll(pipes, 2, 0);
  return std::ranges::any_of(
      pipes, [](const pollfd& pipe) { return pipe.fd >= 0 && (pipe.revents & POLLHUP) == 0; });
}

void child::reap() {
  siginfo_t info{};
  int waited = 0;
  do
    waited = waitid(P_PIDFD, static_cast<id_t>(process_.exit.get()), &info, WEXITED | WNOHANG);
  while (waited != 0 && errno == EINTR);
  if (waited != 0) {
    exit_.failure = error{errc::process_failed,
                          "the exit status of process " + std::to_string(process_.pid) +
                              " is lost: this program ignores SIGCHLD or waits for children "
                              "elsewhere; it must do neither"};
  } else if (info.si_code == CLD_EXITED) {
    exit_.exit_code = info.si_status;
  } else {
    exit_.signal = info.si_status;
    exit_.exit_code = 128 + info.si_status;
  }
}

process_exit child::finish(std::span<char> buffer) {
  auto exit = std::move(exit_);
  drain(process_.output, output_, buffer);
  drain(process_.error_output, error_, buffer);
  auto output = output_.close();
  exit.standard_output = std::move(output.text);
  exit.output_truncated = output.truncated;
  exit.output_bytes = output.bytes;
  auto error_output = error_.close();
  exit.standard_error = std::move(error_output.text);
  exit.error_truncated = error_output.truncated;
  exit.error_bytes = error_output.bytes;
  return exit;
}

} // namespace mahavishnu::exec
