// SPDX-License-Identifier: MIT
#include "exec/cgroup.hpp"
#include "exec/spawned.hpp"
#include "exec/tree_end.hpp"

#include <sys/prctl.h>

#include <thread>

using namespace mahavishnu;
using namespace mahavishnu::test;
using namespace std::chrono_literals;
using exec::end_account;
using exec::end_patience;
using exec::process_entry;
using exec::process_table;
using exec::process_tree;
using exec::tree_end;

namespace {

constexpr pid_t reaper = 500'001;
constexpr pid_t root = 600'010;

/// Processes that exist in this test only, and what they were sent.
struct toy_world {
  std::vector<process_entry> processes;
  std::vector<std::pair<pid_t, int>> sent;
  std::map<pid_t, int> refusals;
  const exec::cgroup* group = nullptr;
  std::vector<std::pair<pid_t, int>> sent_to_groups;
  tree_end::clock::time_point now{};

  void add(pid_t pid, pid_t parent, char state = 'S') {
    process_entry entry;
    entry.pid = pid;
    entry.parent = parent;
    entry.session = entry.group = root;
    entry.started = static_cast<std::uint64_t>(pid);
    entry.state = state;
    entry.threads = 1;
    processes.push_back(entry);
  }
  void remove(pid_t pid) {
    std::erase_if(processes, [pid](const auto& entry) { return entry.pid == pid; });
  }
  tree_end start(end_patience patience) {
    tree_end::tools tools;
    tools.send = [this](const process_entry& to, int signal) {
      sent.emplace_back(to.pid, signal);
      auto refusal = refusals.find(to.pid);
      return refusal == refusals.end() ? 0 : refusal->second;
    };
    tools.send_to_group = [this](pid_t to, int signal) { sent_to_groups.emplace_back(to, signal); };
    return tree_end{process_tree{root, "token", reaper}, patience, now, group, tools};
  }
  std::optional<tree_end::clock::time_point> step(tree_end& end) {
    return end.step(now, process_table{processes, "/nowhere"});
  }
  std::size_t count(pid_t pid, int signal) const {
    return static_cast<std::size_t>(std::ranges::count(sent, std::pair{pid, signal}));
  }
};

/// This program takes in the processes that lose their parents, as the engine's does, and buries
/// them.
class orphan_home {
public:
  orphan_home() { REQUIRE(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0); }
  orphan_home(const orphan_home&) = delete;
  ~orphan_home() {
    prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
    while (waitpid(-1, nullptr, WNOHANG) > 0) {
    }
  }
};

/// Steps until the end, each at the time that the one before it named.
end_account drive(tree_end& end) {
  auto last = std::chrono::steady_clock::now() + deadline;
  for (;;) {
    REQUIRE(std::chrono::steady_clock::now() < last);
    auto table = process_table::read();
    REQUIRE(table.has_value());
    auto next = end.step(tree_end::clock::now(), *table);
    if (!next)
      return end.account();
    std::this_thread::sleep_until(*next);
  }
}

std::string new_token() {
  static int last = 0;
  return std::to_string(getpid()) + "-" + std::to_string(++last);
}

struct marked_run {
  std::string token = new_token();
  spawned process;

  explicit marked_run(std::string script, const spawn_options& options = {})
      : process(marked(shell(std::move(script)), token), options) {}

  process_tree tree() const { return {process.pid(), token, getpid()}; }

  static process_spec marked(process_spec spec, const std::string& token) {
    spec.environment.emplace_back(process_tree::mark_name, token);
    return spec;
  }
};

end_account end_run(const marked_run& run, end_patience patience) {
  tree_end end{run.tree(), patience, tree_end::clock::now()};
  return drive(end);
}

/// Whether no process carries the token of a run any more; one that has been killed may take a
/// moment to go.
bool is_gone(const std::string& token) {
  auto is_carried = [&] {
    auto table = process_table::read();
    return std::ranges::any_of(table->entries(), [&](const process_entry& entry) {
      return entry.alive() && table->has_mark(entry.pid, "MAHAVISHNU_RUN=" + token) == true;
    });
  };
  auto last = std::chrono::steady_clock::now() + 10s;
  while (is_carried())
    if (std::chrono::steady_clock::now() > last)
      return false;
  return true;
}

/// Moves on to a new process all the time and hears no signal that can be ignored.
std::string hopping(const std::string& ready, const std::string& at_each_hop) {
  return "exec perl -MPOSIX -e '$SIG{TERM} = \"IGNORE\"; open(F, \">\", \"" + ready +
         "\"); print F \"\\n\"; close F; while (1) { exit 0 if fork(); " + at_each_hop + " }'";
}

} // namespace

TEST_CASE("all members are asked once, and a stopped one is woken to hear it") {
  toy_world world;
  world.add(root, reaper);
  world.add(root + 1, root, 'T');
  auto end = world.start({1s, 1s});
  auto next = world.step(end);
  REQUIRE(next);
  CHECK(*next > world.now);
  CHECK(*next <= world.now + 1s);
  CHECK(world.sent ==
        std::vector<std::pair<pid_t, int>>{
            {root, SIGTERM}, {root, SIGCONT}, {root + 1, SIGTERM}, {root + 1, SIGCONT}});

  world.add(root + 2, root + 1);
  world.now = *next;
  world.step(end);
  CHECK(world.count(root, SIGTERM) == 1);
  CHECK(world.count(root + 2, SIGTERM) == 1);

  world.processes.clear();
  CHECK_FALSE(world.step(end));
  CHECK(end.state() == tree_end::phase::ended);
  CHECK(end.account().asked == 3);
  CHECK(end.account().killed == 0);
}

TEST_CASE("after the grace all are stopped until no new one comes, then killed") {
  toy_world world;
  world.add(root, reaper);
  auto end = world.start({1s, 5s});
  world.step(end);
  world.now += 1s;
  world.sent.clear();

  CHECK(world.step(end) == world.now);
  CHECK(world.sent == std::vector<std::pair<pid_t, int>>{{root, SIGSTOP}});
  world.add(root + 1, root);
  CHECK(world.step(end) == world.now);
  CHECK(world.count(root + 1, SIGSTOP) == 1);
  CHECK(world.count(root, SIGKILL) == 0);

  CHECK(*world.step(end) > world.now);
  CHECK(end.state() == tree_end::phase::killing);
  CHECK(world.count(root, SIGKILL) == 1);
  CHECK(world.count(root + 1, SIGKILL) == 1);

  world.processes.clear();
  while (auto next = world.step(end))
    world.now = *next;
  CHECK(end.account().killed == 2);
  CHECK(end.account().survivors.empty());
}

TEST_CASE("without grace nobody is asked") {
  toy_world world;
  world.add(root, reaper);
  auto end = world.start({0s, 1s});
  world.step(end);
  CHECK(world.count(root, SIGTERM) == 0);
  CHECK(world.count(root, SIGSTOP) == 1);
}

TEST_CASE("a tree without members has ended at once") {
  toy_world world;
  world.add(root, reaper, 'Z');
  auto end = world.start({5s, 5s});
  CHECK_FALSE(world.step(end));
  CHECK(end.account().asked == 0);
  // One that no look can catch cannot leave the group of a root that has not been reaped.
  CHECK(world.sent_to_groups == std::vector<std::pair<pid_t, int>>{{root, SIGKILL}});
}

TEST_CASE("one that is executing a program at the last look is looked at again, a few times") {
  toy_world world;
  world.add(root, reaper, 'Z');
  world.add(root + 1, reaper);
  world.processes.back().session = world.processes.back().group = root + 1;
  auto end = world.start({1s, 1s});
  for (int look = 0; look < 3; ++look)
    CHECK(world.step(end) == world.now + 2ms);
  CHECK_FALSE(world.step(end));
}

TEST_CASE("a tree with a cgroup has not ended before that is empty") {
  scratch directory;
  std::ofstream{directory / "cgroup.kill"};
  std::ofstream{directory / "cgroup.events"} << "populated 1\n";
  auto group = exec::cgroup::open(directory.path());
  REQUIRE(group.has_value());
  toy_world world;
  world.group = &*group;
  auto end = world.start({1s, 1s});
  CHECK(world.step(end));
  CHECK(std::filesystem::file_size(directory / "cgroup.kill") == 0);
  world.now += 1s;
  CHECK(world.step(end));
  CHECK(std::filesystem::file_size(directory / "cgroup.kill") == 1);

  auto unfinished = end;
  world.now += 1s;
  CHECK_FALSE(world.step(unfinished));
  REQUIRE(unfinished.account().survivors.size() == 1);
  CHECK_THAT(unfinished.account().survivors[0].reason, ContainsSubstring(directory.path()));

  std::ofstream{directory / "cgroup.events"} << "populated 0\n";
  CHECK_FALSE(world.step(end));
  CHECK(end.account().survivors.empty());
}

TEST_CASE("the grace can be cut short but not made longer") {
  toy_world world;
  world.add(root, reaper);
  auto end = world.start({10s, 5s});
  world.step(end);
  end.hurry(world.now + 20s);
  end.hurry(world.now + 1s);
  end.hurry(world.now + 5s);
  world.now += 1s;
  world.step(end);
  CHECK(end.state() == tree_end::phase::freezing);
}

TEST_CASE("a tree that grows for ever is killed all the same, and the killing has an end") {
  toy_world world;
  world.add(root, reaper);
  auto end = world.start({0s, 2s});
  int steps = 0;
  for (std::optional<tree_end::clock::time_point> next = world.now; next; ++steps) {
    world.now = *next;
    world.add(root + 1 + steps, root);
    REQUIRE(steps < 10'000);
    next = world.step(end);
  }
  CHECK(world.count(root, SIGKILL) > 1);
  CHECK(world.now == tree_end::clock::time_point{} + 2s);
  CHECK(end.account().survivors.size() == world.processes.size());
}

TEST_CASE("the account names what could not be ended and why") {
  toy_world world;
  world.add(root, reaper);
  world.add(root + 1, root, 'D');
  world.add(root + 2, root);
  world.refusals[root + 2] = EPERM;
  auto end = world.start({0s, 1s});
  while (auto next = world.step(end))
    world.now = *next;
  const auto& left = end.account().survivors;
  REQUIRE(left.size() == 3);
  CHECK_THAT(left[0].reason, ContainsSubstring("not ended 1000 ms after SIGKILL"));
  CHECK_THAT(left[1].reason, ContainsSubstring("state D"));
  CHECK(left[2].process.pid == root + 2);
  CHECK_THAT(left[2].reason, ContainsSubstring("another user"));
}

TEST_CASE("survivors are described with their numbers and reasons, but not without end") {
  exec::end_account account;
  CHECK(exec::describe_survivors(account) == "");
  exec::process_entry process;
  process.pid = 4711;
  process.command = "stuck";
  account.survivors.assign(1, {process, "it waits"});
  CHECK(exec::describe_survivors(account) ==
        "1 of its processes could not be ended and run on: 4711 (stuck: it waits)");
  account.survivors.assign(100, {process, "it waits"});
  auto text = exec::describe_survivors(account);
  CHECK(text.starts_with("100 of its"));
  CHECK(text.ends_with("and others"));
  CHECK(text.size() < 1000);
}

TEST_CASE("when nobody is left but those who may not be signalled there is no waiting") {
  toy_world world;
  world.add(root, reaper);
  world.refusals[root] = EPERM;
  auto end = world.start({0s, 1000s});
  int steps = 0;
  while (auto next = world.step(end)) {
    world.now = *next;
    REQUIRE(++steps < 10);
  }
  CHECK(world.now < tree_end::clock::time_point{} + 1s);
  CHECK(end.account().survivors.size() == 1);
}

TEST_CASE("a process that ends when it is asked is not killed") {
  orphan_home home;
  marked_run run{"sleep 1000"};
  auto account = end_run(run, {10s, 10s});
  CHECK(account.asked >= 1);
  CHECK(account.killed == 0);
  CHECK(run.process.wait() == 128 + SIGTERM);
}

TEST_CASE("a process that ignores the request is killed after its grace") {
  orphan_home home;
  scratch directory;
  message_pipe ready;
  marked_run run{"trap '' TERM; echo > " + ready.path() + "; while :; do sleep 1000; done"};
  ready.wait_for_line();
  auto account = end_run(run, {20ms, 10s});
  CHECK(account.killed >= 1);
  CHECK(account.survivors.empty());
  CHECK(run.process.wait() == 128 + SIGKILL);
  CHECK(is_gone(run.token));
}

TEST_CASE("a stopped process hears the request") {
  orphan_home home;
  marked_run run{"kill -STOP $$; sleep 1000"};
  siginfo_t stopped{};
  REQUIRE(waitid(P_PID, static_cast<id_t>(run.process.pid()), &stopped, WSTOPPED) == 0);
  auto account = end_run(run, {20s, 10s});
  CHECK(account.killed == 0);
  CHECK(run.process.wait() == 128 + SIGTERM);
}

TEST_CASE("a daemon with a session of its own ends with its run") {
  orphan_home home;
  scratch directory;
  message_pipe pipe;
  marked_run run{"(setsid sh -c 'trap \"\" TERM; echo $$ > " + pipe.path() +
                 "; exec sleep 1000' <&- >&- 2>&- &); exec sleep 1000"};
  auto daemon = std::stoi(pipe.wait_for_line());
  // Once it is ours, nothing but its environment says where it comes from.
  auto lost_its_parent = [&] {
    auto table = process_table::read();
    const auto* entry = table->find(daemon);
    return entry != nullptr && entry->parent == getpid() && entry->session == daemon;
  };
  auto last = std::chrono::steady_clock::now() + deadline;
  while (!lost_its_parent())
    REQUIRE(std::chrono::steady_clock::now() < last);

  auto account = end_run(run, {20ms, 10s});
  CHECK(account.survivors.empty());
  CHECK(ends(daemon));
  CHECK(run.process.wait() > 128);
}

TEST_CASE("a daemon ends also when its run has ended before") {
  orphan_home home;
  scratch directory;
  message_pipe pipe;
  marked_run run{"setsid sh -c 'echo $$ > " + pipe.path() + "; exec sleep 1000' <&- >&- 2>&- &"};
  auto daemon = std::stoi(pipe.wait_for_line());
  CHECK(run.process.wait() == 0); // and reaped
  tree_end end{process_tree{0, run.token, getpid()}, {0s, 10s}, tree_end::clock::now()};
  auto account = drive(end);
  CHECK(account.killed == 1);
  CHECK(ends(daemon));
}

TEST_CASE("children that multiply while they are being ended all end") {
  orphan_home home;
  scratch directory;
  message_pipe ready;
  // Each has no parent soon after it is born, and none of them hears SIGTERM.
  marked_run run{"trap '' TERM; echo > " + ready.path() +
                 "; while :; do (sleep 1000 & setsid sleep 1000 &); done"};
  ready.wait_for_line();
  auto account = end_run(run, {100ms, 20s});
  CHECK(account.survivors.empty());
  CHECK(account.killed > 2);
  CHECK(run.process.wait() == 128 + SIGKILL);
  CHECK(is_gone(run.token));
}

TEST_CASE("a process that moves on to a new number all the time is caught by its group") {
  orphan_home home;
  scratch directory;
  message_pipe ready;
  marked_run run{hopping(ready.path(), "")};
  ready.wait_for_line();
  auto account = end_run(run, {20ms, 20s});
  CHECK(account.survivors.empty());
  CHECK(is_gone(run.token));
}

TEST_CASE("nothing escapes from a cgroup") {
  auto support = exec::cgroup_probe();
  if (!support) {
    WARN("no cgroup here: " << support.error().message);
    return;
  }
  orphan_home home;
  scratch directory;
  message_pipe ready;
  auto group = exec::cgroup::create(*support, "mahavishnu-test-" + new_token());
  REQUIRE(group.has_value());
  spawn_options options;
  options.cgroup = group->descriptor();
  // Its session, its group, its parent and its number are new at each hop, and its mark is gone.
  marked_run run{"unset MAHAVISHNU_RUN; " + hopping(ready.path(), "POSIX::setsid();"), options};
  ready.wait_for_line();
  CHECK(group->populated());

  tree_end end{run.tree(), {20ms, 20s}, tree_end::clock::now(), &*group};
  CHECK(drive(end).survivors.empty());
  CHECK_FALSE(group->populated());
  CHECK(group->remove().has_value());
  CHECK_FALSE(std::filesystem::exists(group->directory()));
}
