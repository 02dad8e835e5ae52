// SPDX-License-Identifier: MIT
#pragma once

#include "cli/instance.hpp"
#include "mahavishnu/base/error.hpp"
#include "messages/json.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace mahavishnu::cli {

struct journal_report {
  /// Where it is: a file, or a URL without its password.
  std::string path;
  std::uint64_t pools = 0;
  std::uint64_t open_tasks = 0;
  std::uint64_t ended_tasks = 0;
  std::uint64_t bytes = 0;
  /// A sentence each.
  std::vector<std::string> problems;
};

struct journal_restored {
  journal_report now;
  /// Where the journal is that was there before; empty: there was none.
  std::string before;
};

/// Which tasks are wanted of the journal; empty: all.
struct journal_wish {
  std::string pool;
  std::string status;
};

/// What can be done about the journal of an instance besides running a server on it. What only
/// reads may be done beside a server; the rest is refused while there is one.
class journal_care {
public:
  virtual ~journal_care() = default;

  virtual result<journal_report> check(const instance& whose) = 0;
  /// As a new file of that name.
  virtual result<journal_report> backup(const instance& whose, const std::string& to) = 0;
  virtual result<journal_restored> restore(const instance& whose, const std::string& from) = 0;
  /// Gives the bytes before and after.
  virtual result<std::pair<std::uint64_t, std::uint64_t>> compact(const instance& whose) = 0;
  /// Each task with all that is known of it, the newest first. What cannot be read is a problem,
  /// and the rest comes all the same.
  virtual result<void> each_task(const instance& whose, const journal_wish& wish,
                                 const std::function<void(const json::value&)>& take,
                                 const std::function<void(const std::string&)>& problem) = 0;
};

} // namespace mahavishnu::cli
