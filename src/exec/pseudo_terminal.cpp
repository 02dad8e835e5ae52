// SPDX-License-Identifier: MIT
#include "exec/pseudo_terminal.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <system_error>

namespace mahavishnu::exec {

namespace {

error terminal_failure(const std::string& what, int number) {
  auto text = what + ": " + std::generic_category().message(number);
  switch (number) {
  case EMFILE:
  case ENFILE: text += "; raise the limit on open files (ulimit -n) or run fewer at once"; break;
  case ENOSPC: text += "; raise /proc/sys/kernel/pty/max or run fewer terminals at once"; break;
  case ENOENT:
  case ENODEV: text += "; mount devpts at /dev/pts"; break;
  default: text += "; run the task without a terminal";
  }
  return {errc::process_failed, std::move(text)};
}

} // namespace

pseudo_terminal::pseudo_terminal(unique_fd master, std::string path)
    : master_(std::move(master)), path_(std::move(path)) {}

result<pseudo_terminal> pseudo_terminal::open(terminal_size size) {
  constexpr auto what = "no terminal can be opened";
  if (auto checked = check_size(size); !checked)
    return checked.error();
  unique_fd master{::posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)};
  if (!master || ::grantpt(master.get()) != 0 || ::unlockpt(master.get()) != 0)
    return terminal_failure(what, errno);
  std::array<char, 128> name;
  if (int failure = ::ptsname_r(master.get(), name.data(), name.size()))
    return terminal_failure(what, failure);
  pseudo_terminal terminal{std::move(master), name.data()};
  if (auto resized = terminal.resize(size); !resized)
    return resized.error();
  return terminal;
}

result<terminal_size> pseudo_terminal::size() const {
  winsize now{};
  if (::ioctl(master_.get(), TIOCGWINSZ, &now) != 0)
    return terminal_failure("terminal '" + path_ + "' does not tell its size", errno);
  return terminal_size{now.ws_row, now.ws_col};
}

result<void> pseudo_terminal::resize(terminal_size size) {
  if (auto checked = check_size(size); !checked)
    return checked;
  winsize wanted{};
  wanted.ws_row = static_cast<unsigned short>(size.rows);
  wanted.ws_col = static_cast<unsigned short>(size.columns);
  if (::ioctl(master_.get(), TIOCSWINSZ, &wanted) != 0)
    return terminal_failure("terminal '" + path_ + "' does not take its size", errno);
  return {};
}

result<std::size_t> pseudo_terminal::write(std::string_view bytes) {
  for (;;) {
    auto count = ::write(master_.get(), bytes.data(), bytes.size());
    if (count >= 0)
      return static_cast<std::size_t>(count);
    if (errno == EAGAIN)
      return std::size_t{0};
    if (errno != EINTR)
      return terminal_failure("terminal '" + path_ + "' takes no input", errno);
  }
}

result<pseudo_terminal::piece> pseudo_terminal::read(std::span<char> buffer) {
  for (;;) {
    auto count = ::read(master_.get(), buffer.data(), buffer.size());
    if (count > 0)
      return piece{static_cast<std::size_t>(count), false};
    // The system says EIO when the last one has closed the other side.
    if (count == 0 || errno == EIO)
      return piece{0, true};
    if (errno == EAGAIN)
      return piece{};
    if (errno != EINTR)
      return terminal_failure("terminal '" + path_ + "' cannot be read", errno);
  }
}

} // namespace mahavishnu::exec
