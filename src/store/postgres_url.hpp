// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/error.hpp"

#include <string>
#include <utility>
#include <vector>

namespace mahavishnu::store {

/// Where a PostgreSQL database is, taken apart. What has a password in it goes nowhere but to the
/// library that connects.
class postgres_url {
public:
  /// `postgresql://USER:PASSWORD@HOST:PORT/DATABASE?OPTION=VALUE`. No error repeats any of it that
  /// could be a part of a password.
  static result<postgres_url> parse(const std::string& text);

  /// All that was given, by the names that the library has for it.
  const std::vector<std::pair<std::string, std::string>>& options() const { return options_; }
  /// Empty when it was not given.
  std::string option(const std::string& name) const;

  /// The same URL without its secrets, for people.
  const std::string& shown() const { return shown_; }

private:
  std::vector<std::pair<std::string, std::string>> options_;
  std::string shown_;
};

} // namespace mahavishnu::store
