// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/patterns/task_orchestrator.hpp"
#include "support/catch.hpp"
#include "support/events.hpp"
#include "support/scratch.hpp"

#include <signal.h>

#include <string>
#include <string_view>

namespace mahavishnu::test {

using namespace std::chrono_literals;

/// Scripts in a directory of their own, and an instance to run them in. A detached run ends with
/// it: a keeper whose directory goes ends itself.
class script_place {
public:
  script_place()
      : runs({.state_directory = state(), .keeper_program = MAHAVISHNU_KEEPER, .capture = {}}) {}

  /// A shell script, and the call of it.
  script_call script(const std::string& name, std::string_view text,
                     std::vector<std::string> args = {}) const {
    where.write(name, text);
    return {(where / name).string(), std::move(args)};
  }
  std::string state() const { return (where / "state").string(); }
  run_registry registry() const { return run_registry{state(), MAHAVISHNU_KEEPER}; }

  scratch where;
  task_orchestrator runs;
};

template <class T>
T value_of(result<T> one) {
  if (!one)
    FAIL(one.error().message);
  return std::move(*one);
}

/// The number that a script has written to a file as its own.
inline pid_t pid_in(const std::filesystem::path& file) {
  REQUIRE(comes_true([&] { return content_of(file).ends_with('\n'); }));
  auto pid = static_cast<pid_t>(std::stol(content_of(file)));
  REQUIRE(pid > 1);
  return pid;
}

} // namespace mahavishnu::test
