// SPDX-License-Identifier: MIT
#pragma once

#include "exec/local_runner.hpp"
#include "exec/unique_fd.hpp"
#include "support/catch.hpp"
#include "support/descriptors.hpp"
#include "support/events.hpp"
#include "support/scratch.hpp"

#include <csignal>
#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <string_view>

namespace mahavishnu::test {

using exec::local_runner;
using exec::process_exit;
using exec::process_handle;
using exec::process_spec;

inline std::unique_ptr<local_runner> open_runner() {
  auto runner = local_runner::open();
  REQUIRE(runner);
  return std::move(*runner);
}

inline process_spec shell(std::string script) {
  process_spec spec;
  spec.argv = {"/bin/sh", "-c", std::move(script)};
  return spec;
}

/// A process of a test, and the way to wait for its end.
struct running_process {
  process_handle handle = 0;
  std::future<process_exit> end;

  process_exit wait() { return wait_for(std::move(end)); }
};

inline running_process start(exec::process_runner& runner, process_spec spec) {
  auto promise = std::make_shared<std::promise<process_exit>>();
  running_process process;
  process.end = promise->get_future();
  process.handle = runner.start(
      std::move(spec), [promise](process_exit exit) { promise->set_value(std::move(exit)); });
  return process;
}

inline process_exit run(process_spec spec) {
  auto runner = open_runner();
  return start(*runner, std::move(spec)).wait();
}

/// Sends a signal to one process, and never to a group or to everybody.
inline void send_signal(pid_t pid, int signal) {
  REQUIRE(pid > 1);
  ::kill(pid, signal);
}

/// Writes a file that may be executed.
inline void write_program(const scratch& where, const std::string& name, std::string_view text) {
  where.write(name, text);
  std::filesystem::permissions(where / name, std::filesystem::perms::owner_all);
}

} // namespace mahavishnu::test
