// SPDX-License-Identifier: MIT
#pragma once

#include "exec/process_table.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace mahavishnu::exec {

/// The processes of one run: the first one, all that descend from it, and those of them that have
/// gone away from it. A process whose parent has ended becomes a child of the reaper (the program
/// that has set PR_SET_CHILD_SUBREAPER, or init); there it is known again by having been seen
/// before, by its session or by the mark in its environment. Which program that is cannot be asked
/// when it is not this one, so all above this one are taken for it.
///
/// What escapes: one that was never seen, left the session, lost its parent and was given another
/// environment. A cgroup holds that one too.
class process_tree {
public:
  /// The variable by which a run's processes are marked.
  static constexpr std::string_view mark_name = "MAHAVISHNU_RUN";

  /// `root` has been started with the token in its environment; 0 when it has been reaped, as it
  /// must not be before the first look. `reaper` itself never belongs to the tree.
  process_tree(pid_t root, std::string token, pid_t reaper);

  /// The members that are alive, with `more` (the content of a cgroup) among them. Remembers each,
  /// so a look now and then finds again what leaves the tree later.
  std::vector<process_entry> members(const process_table& table,
                                     const std::vector<pid_t>& more = {});

  /// Whether the last look saw one that nobody could tell of yet, since it was executing a program.
  bool undecided() const { return undecided_; }

  /// The process group of the root, as long as the root has not been reaped and the number is its.
  std::optional<pid_t> own_group(const process_table& table) const;

private:
  bool is_known(const process_entry& entry) const;
  void remember(const process_entry& entry);
  bool is_in_session(const process_table& table, const process_entry& entry) const;
  bool is_marked(const process_table& table, const process_entry& entry,
                 const std::set<pid_t>& reapers);
  void forget_ended(const process_table& table);

  pid_t root_;
  std::string mark_;
  pid_t reaper_;
  pid_t self_;
  bool root_seen_ = false;
  bool undecided_ = false;
  /// Start times of members, and of strangers that need not be asked for their mark again.
  std::map<pid_t, std::uint64_t> known_;
  std::map<pid_t, std::uint64_t> strangers_;
};

} // namespace mahavishnu::exec
