// SPDX-License-Identifier: MIT
#include "cli/wait_for_end.hpp"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace mahavishnu::cli {

bool wait_for_end(std::int64_t pid, std::chrono::milliseconds limit) {
  auto descriptor = static_cast<int>(::syscall(SYS_pidfd_open, static_cast<pid_t>(pid), 0));
  if (descriptor < 0)
    return true; // it is gone already
  pollfd waiting{descriptor, POLLIN, 0};
  auto ended = ::poll(&waiting, 1, static_cast<int>(limit.count())) == 1;
  ::close(descriptor);
  return ended;
}

} // namespace mahavishnu::cli
