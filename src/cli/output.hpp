// SPDX-License-Identifier: MIT
#pragma once

#include "messages/json.hpp"

#include <string>

namespace mahavishnu::cli {

/// Exit codes of every command; docs/cli.md explains them.
enum exit_code : int {
  done = 0,
  /// The request failed, or the task did.
  failed = 1,
  /// The command line or the settings are wrong.
  wrong_usage = 2,
  /// No server can be reached.
  no_server = 3,
};

/// Where a command's words go: data to standard output, talk to standard error.
class output {
public:
  explicit output(bool json) : json_(json) {}

  bool is_json() const { return json_; }

  /// The answer of the command: one of the two forms of the same thing.
  void data(const json::value& object, const std::string& text) const;

  /// Something for a person, no part of the answer.
  void talk(const std::string& line) const;

  /// Says what went wrong, in both forms, and returns the exit code for it; without a message it
  /// has been said already.
  int failure(const error& what) const;

private:
  bool json_;
};

} // namespace mahavishnu::cli
