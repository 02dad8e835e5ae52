// SPDX-License-Identifier: MIT
#pragma once

#include "exec/unique_fd.hpp"

#include <mahavishnu/base/error.hpp>
#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace mahavishnu::exec {

/// One process as /proc/PID/stat shows it.
struct process_entry {
  pid_t pid = 0;
  /// Its name, cut by the system after 15 bytes.
  std::string command;
  /// R, S, D (not to be interrupted), T (stopped), Z (zombie) and some more.
  char state = '?';
  pid_t parent = 0;
  pid_t group = 0;
  pid_t session = 0;
  long threads = 0;
  /// Ticks since the system started: with the pid, the name of a process that no other ever has.
  std::uint64_t started = 0;

  /// A zombie is no longer there, unless only its first thread has ended.
  bool alive() const { return (state != 'Z' && state != 'X') || threads > 1; }

  friend bool operator==(const process_entry&, const process_entry&) = default;
};

/// The content of a /proc/PID/stat file; nothing when it is none.
std::optional<process_entry> parse_stat(std::string_view text);

/// Whether a block of NUL-terminated `NAME=value` strings has exactly this one.
bool has_variable(std::string_view environment, std::string_view variable);

/// All processes at one moment. To read it costs about ten microseconds a process of the system, so
/// who ends many trees reads it once for all of them.
class process_table {
public:
  explicit process_table(std::vector<process_entry> entries, std::string proc = "/proc");

  /// Fails when /proc cannot be read.
  static result<process_table> read(std::string proc = "/proc");

  const process_entry* find(pid_t pid) const;
  const std::vector<process_entry>& entries() const { return entries_; }

  /// The processes that have one of these as parent, and so on down; without those given.
  std::vector<const process_entry*> descendants(const std::vector<pid_t>& parents) const;

  /// The parent of a process, the parent of that, and so on up. Each of them may be the one that
  /// orphans go to.
  std::set<pid_t> above(pid_t pid) const;

  /// Whether the process was given this `NAME=value` when it executed its program. Asks the system,
  /// which cannot tell of one that belongs to somebody else or is executing a program right now.
  std::optional<bool> has_mark(pid_t pid, std::string_view variable) const;

private:
  std::vector<process_entry> entries_;
  std::string proc_;
  std::map<pid_t, std::size_t> by_pid_;
  std::multimap<pid_t, std::size_t> by_parent_;
};

/// Sends a signal to this very process and to no other that has got its number since. Zero, or an
/// errno: ESRCH when it is gone.
int send_signal(const process_entry& process, int signal);

/// The direct children of this process, as long as it has but one thread. Much cheaper than a
/// process_table.
class child_list {
public:
  /// Nothing where the system does not list them (it may have been built without).
  std::optional<std::vector<pid_t>> list();

private:
  /// Kept open: to find the file takes longer than to read it.
  unique_fd file_;
};

} // namespace mahavishnu::exec
