// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/messages/periodic.hpp"

#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
} // namespace CLI

namespace mahavishnu::cli {

/// When a script is to run again and again, as the command line says it.
struct schedule_options {
  std::string name;
  double interval = 3600;
  double jitter = 0;
  bool later = false;
  bool disabled = false;
  /// The rest goes into the message as it is.
  add_periodic wish;
  std::vector<CLI::Option*> all;

  void add_to(CLI::App& command);
  /// Whether the command line has any of them.
  bool is_given() const;
  /// The task for that script; `timeout` is that of each run, in seconds.
  add_periodic task(const std::string& script, const std::vector<std::string>& arguments,
                    const std::string& directory, double timeout) const;
};

struct invocation;
class output;

/// Has the server keep that task, and shows it.
int run_add_periodic(const invocation& now, const output& out, const add_periodic& wish);

} // namespace mahavishnu::cli
