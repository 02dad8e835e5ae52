// SPDX-License-Identifier: MIT
#pragma once

#include "exec/spawn.hpp"
#include "exec/support.hpp"

#include <sys/wait.h>

#include <string>
#include <vector>

namespace mahavishnu::test {

using exec::spawn_options;

inline const std::vector<std::string> plain_environment{"PATH=/usr/local/bin:/usr/bin:/bin",
                                                        "LC_ALL=C"};

/// A process that is started without a runner, and ended with the test if it still runs.
class spawned {
public:
  explicit spawned(const process_spec& spec, const spawn_options& options = {}) {
    auto started = exec::spawn(spec, plain_environment, options);
    if (started.has_error())
      FAIL(started.error());
    process_ = std::move(*started);
  }
  spawned(const spawned&) = delete;
  ~spawned() {
    if (reaped_)
      return;
    kill(-process_.pid, SIGKILL);
    siginfo_t info{};
    waitid(P_PIDFD, static_cast<id_t>(process_.exit.get()), &info, WEXITED);
  }

  pid_t pid() const { return process_.pid; }
  exec::spawned_process& process() { return process_; }

  /// All that it writes to a stream until the end of the stream.
  static std::string read_all(const exec::unique_fd& stream) {
    std::string text;
    for (char buffer[4096];;) {
      pollfd ready{stream.get(), POLLIN, 0};
      REQUIRE(poll(&ready, 1, std::chrono::milliseconds(deadline).count()) == 1);
      auto count = ::read(stream.get(), buffer, sizeof buffer);
      REQUIRE(count >= 0);
      if (count == 0)
        return text;
      text.append(buffer, static_cast<std::size_t>(count));
    }
  }
  std::string output() { return read_all(process_.output); }
  std::string error_output() { return read_all(process_.error_output); }

  /// Its exit code, or 128 and the signal that ended it.
  int wait() {
    pollfd ended{process_.exit.get(), POLLIN, 0};
    REQUIRE(poll(&ended, 1, std::chrono::milliseconds(deadline).count()) == 1);
    kill(-process_.pid, SIGKILL); // what it has left in its group; it is not reaped yet
    siginfo_t info{};
    REQUIRE(waitid(P_PIDFD, static_cast<id_t>(process_.exit.get()), &info, WEXITED) == 0);
    reaped_ = true;
    return info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
  }

private:
  exec::spawned_process process_;
  bool reaped_ = false;
};

/// What a script prints when it is started with the options.
inline std::string printed(std::string script, const spawn_options& options) {
  spawned child{shell(std::move(script)), options};
  auto text = child.output();
  CHECK(child.error_output() == "");
  CHECK(child.wait() == 0);
  return text;
}

} // namespace mahavishnu::test
