// SPDX-License-Identifier: MIT
#include "exec/process_tree.hpp"
#include "exec/support.hpp"

using namespace mahavishnu::test;
using mahavishnu::exec::process_entry;
using mahavishnu::exec::process_table;
using mahavishnu::exec::process_tree;

namespace {

constexpr pid_t reaper = 500'001;

/// A /proc of our own, with the environment of some processes.
class small_proc {
public:
  small_proc& add(pid_t pid, pid_t parent, pid_t session, std::uint64_t started, char state = 'S') {
    process_entry entry;
    entry.pid = pid;
    entry.parent = parent;
    entry.group = entry.session = session;
    entry.started = started;
    entry.state = state;
    entry.threads = 1;
    entries_.push_back(entry);
    return *this;
  }
  small_proc& mark(const std::string& environment) {
    auto directory = proc_ / std::to_string(entries_.back().pid);
    std::filesystem::create_directories(directory);
    std::ofstream{directory / "environ"} << "A=b" << '\0' << environment << '\0';
    return *this;
  }
  std::vector<pid_t> members(process_tree& tree, const std::vector<pid_t>& more = {}) {
    std::vector<pid_t> found;
    for (const auto& entry : tree.members(process_table{entries_, proc_.path()}, more))
      found.push_back(entry.pid);
    std::ranges::sort(found);
    return found;
  }

private:
  scratch proc_;
  std::vector<process_entry> entries_;
};

using pids = std::vector<pid_t>;

} // namespace

TEST_CASE("a tree is its root, its descendants and nobody else") {
  process_tree tree{600'010, "token", reaper};
  small_proc proc;
  proc.add(1, 0, 1, 1).add(reaper, 1, reaper, 2);
  proc.add(600'010, reaper, 600'010, 5).add(600'011, 600'010, 600'010, 6);
  proc.add(600'012, 600'011, 600'012, 7).add(600'020, reaper, 600'020, 8);
  CHECK(proc.members(tree) == pids{600'010, 600'011, 600'012});
}

TEST_CASE("one that lost its parent but not its session is a member") {
  process_tree tree{600'010, "token", reaper};
  small_proc proc;
  proc.add(600'010, reaper, 600'010, 5, 'Z').add(600'011, reaper, 600'010, 6);
  proc.add(600'012, 600'011, 600'099, 7);
  CHECK(proc.members(tree) == pids{600'011, 600'012});
}

TEST_CASE("one that lost its parent and its session is known by its mark") {
  process_tree tree{600'010, "token", reaper};
  small_proc proc;
  proc.add(600'010, reaper, 600'010, 5);
  proc.add(600'020, reaper, 600'020, 6).mark("MAHAVISHNU_RUN=token");
  proc.add(600'021, 600'020, 600'021, 7);
  proc.add(600'030, reaper, 600'030, 8).mark("MAHAVISHNU_RUN=token2");
  proc.add(600'040, reaper, 600'040, 9);
  CHECK(proc.members(tree) == pids{600'010, 600'020, 600'021});
}

TEST_CASE("one that lost everything is known when it has been seen before") {
  process_tree tree{600'010, "token", reaper};
  small_proc before;
  before.add(600'010, reaper, 600'010, 5).add(600'020, 600'010, 600'010, 6);
  CHECK(before.members(tree) == pids{600'010, 600'020});
  small_proc after;
  after.add(600'020, reaper, 600'020, 6).add(600'021, 600'020, 600'021, 7);
  CHECK(after.members(tree) == pids{600'020, 600'021});
}

TEST_CASE("a stranger with the number of a former member is none") {
  process_tree tree{600'010, "token", reaper};
  small_proc before;
  before.add(600'010, reaper, 600'010, 5).add(600'020, 600'010, 600'010, 6);
  before.members(tree);
  small_proc after;
  after.add(600'010, 1, 600'010, 50)
      .add(600'020, 1, 600'010, 60)
      .add(600'021, 600'020, 600'010, 70);
  CHECK(after.members(tree).empty());
}

TEST_CASE("a tree whose root has been reaped is found by the mark alone") {
  process_tree tree{0, "token", reaper};
  small_proc proc;
  proc.add(2, 0, 0, 1).add(3, 2, 0, 1); // the system's own have session 0
  proc.add(600'020, reaper, 600'020, 6).mark("MAHAVISHNU_RUN=token");
  proc.add(600'030, reaper, 600'010, 7);
  CHECK(proc.members(tree) == pids{600'020});
}

TEST_CASE("what is in the cgroup of a tree belongs to it with its descendants") {
  process_tree tree{600'010, "token", reaper};
  small_proc proc;
  proc.add(600'010, reaper, 600'010, 5)
      .add(600'050, 1, 600'050, 6)
      .add(600'051, 600'050, 600'050, 7);
  CHECK(proc.members(tree, {600'050, 600'099}) == pids{600'010, 600'050, 600'051});
}

TEST_CASE("neither the reaper nor this program nor init is ever a member") {
  process_tree tree{600'010, "token", reaper};
  small_proc proc;
  proc.add(600'010, reaper, 600'010, 5);
  proc.add(reaper, 600'010, 600'010, 6).add(getpid(), 600'010, 600'010, 7).add(1, 0, 600'010, 1);
  CHECK(proc.members(tree, {1, reaper, getpid()}) == pids{600'010});
}
