// SPDX-License-Identifier: MIT
#include "net/io_thread.hpp"

#include <pthread.h>

#include <csignal>
#include <string>
#include <system_error>

namespace mahavishnu::net {

result<void> start_io_thread(std::thread& thread, boost::asio::io_context& context,
                             std::string_view owner) {
  // Signals are for the main program; a new thread inherits what is blocked here.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  result<void> started;
  try {
    thread = std::thread([&context] {
      for (;;)
        // What is thrown (no memory, say) ends one connection, not all of them.
        try {
          context.run();
          return;
        } catch (...) {
        }
    });
  } catch (const std::system_error& failure) {
    started = error{errc::io_failed, "cannot start the thread of the " + std::string(owner) + ": " +
                                         failure.what() + "; raise the limit (ulimit -u)"};
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return started;
}

} // namespace mahavishnu::net
