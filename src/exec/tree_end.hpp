// SPDX-License-Identifier: MIT
#pragma once

#include "exec/cgroup.hpp"
#include "exec/process_tree.hpp"

#include <chrono>
#include <csignal>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace mahavishnu::exec {

/// How long the processes of a tree may take.
struct end_patience {
  /// To end by themselves after SIGTERM; zero: they are not asked.
  std::chrono::milliseconds grace{5000};
  /// To be gone after SIGKILL; whatever is left then is told in the account.
  std::chrono::milliseconds killing{10'000};
};

/// How a tree ended.
struct end_account {
  struct survivor {
    /// Without a number when all that is known is that a cgroup is not empty.
    process_entry process;
    std::string reason;
  };

  /// Processes that got SIGTERM, and SIGKILL.
  std::size_t asked = 0;
  std::size_t killed = 0;
  /// What could not be ended, and why.
  std::vector<survivor> survivors;
};

/// A sentence on what could not be ended and why; empty when all of it was.
std::string describe_survivors(const end_account& account);

/// Ends a process tree, step by step, never waiting itself: whoever drives it calls step() at the
/// time that the last step named, or earlier when something has happened.
class tree_end {
public:
  using clock = std::chrono::steady_clock;

  /// What it does to the world.
  struct tools {
    /// Sends a signal; zero or an errno.
    std::function<int(const process_entry&, int)> send = send_signal;
    /// Sends a signal to a whole process group, which also reaches whoever is born in it meanwhile.
    std::function<void(pid_t, int)> send_to_group = [](pid_t group, int signal) {
      ::kill(-group, signal);
    };
  };

  enum class phase {
    /// All have been asked to end, and have until the end of their grace.
    asking,
    /// They are stopped one after the other until no new one is found: a stopped one cannot fork.
    freezing,
    /// All have been killed and are on their way out.
    killing,
    /// Nothing is left, or nothing that could be ended.
    ended,
  };

  /// With `group`, the cgroup of the tree if it has one: what is in it belongs to the tree, and the
  /// tree has not ended before it is empty. It must outlive this.
  tree_end(process_tree tree, end_patience patience, clock::time_point now,
           const cgroup* group = nullptr);
  tree_end(process_tree tree, end_patience patience, clock::time_point now, const cgroup* group,
           tools with);

  /// Does what is due, with a table read after the last step. When to go on; nothing when it has
  /// ended.
  std::optional<clock::time_point> step(clock::time_point now, const process_table& table);

  /// Lets the grace end no later than this.
  void hurry(clock::time_point end_of_grace);

  phase state() const { return phase_; }
  const end_account& account() const { return account_; }

private:
  using identity = std::pair<pid_t, std::uint64_t>;
  using members = std::vector<process_entry>;

  clock::time_point ask(const members& alive, clock::time_point now);
  clock::time_point freeze_or_kill(const members& alive, clock::time_point now);
  bool freeze(const members& alive);
  void kill(const members& alive);
  void give_up(const members& alive);
  bool may_have_missed_one(const process_table& table);
  bool all_refuse(const members& alive) const;
  void send(const process_entry& process, int signal);
  void send_to_groups(const members& alive, int signal);
  std::string reason_of(const process_entry& process) const;
  clock::time_point a_moment_after(clock::time_point now);

  process_tree tree_;
  end_patience patience_;
  const cgroup* group_;
  tools tools_;
  phase phase_ = phase::asking;
  clock::time_point end_of_grace_;
  clock::time_point end_of_killing_;
  std::chrono::milliseconds pause_;
  int freezes_ = 0;
  int last_looks_ = 0;
  std::set<identity> asked_;
  std::set<identity> frozen_;
  std::set<identity> killed_;
  std::map<identity, int> refused_;
  end_account account_;
};

} // namespace mahavishnu::exec
