// SPDX-License-Identifier: MIT
#include "app/stop_signal.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <initializer_list>

namespace mahavishnu {

stop_signal::stop_signal() : raised_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  sigset_t wanted;
  sigemptyset(&wanted);
  for (int each : {SIGINT, SIGTERM, SIGHUP})
    sigaddset(&wanted, each);
  pthread_sigmask(SIG_BLOCK, &wanted, nullptr);
  signals_ = ::signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
}

stop_signal::~stop_signal() {
  ::close(signals_);
  ::close(raised_);
}

void stop_signal::raise() {
  std::uint64_t one = 1;
  [[maybe_unused]] auto count = ::write(raised_, &one, sizeof one);
}

const char* stop_signal::wait() {
  pollfd both[2] = {{signals_, POLLIN, 0}, {raised_, POLLIN, 0}};
  while (::poll(both, 2, -1) < 0) { // interrupted: look again
  }
  if ((both[0].revents & POLLIN) == 0)
    return "a command";
  signalfd_siginfo info{};
  if (::read(signals_, &info, sizeof info) != sizeof info)
    return "a signal";
  return info.ssi_signo == SIGINT ? "SIGINT" : info.ssi_signo == SIGHUP ? "SIGHUP" : "SIGTERM";
}

} // namespace mahavishnu
