// SPDX-License-Identifier: MIT
#include "exec/cgroup.hpp"
#include "exec/run_cgroups.hpp"
#include "exec/spawned.hpp"

using namespace mahavishnu;
using namespace mahavishnu::test;
using exec::cgroup;
using exec::cgroup_mount;
using exec::cgroup_support;
using exec::find_cgroup_mount;
using exec::find_own_cgroup;

namespace {

/// Plain files with the names of those that the kernel has.
class pretended_group {
public:
  pretended_group() { write("cgroup.kill", ""); }

  std::string path() const { return directory_.path(); }
  void write(const std::string& name, const std::string& text) {
    auto path = directory_ / name;
    std::filesystem::create_directories(std::filesystem::path{path}.parent_path());
    std::ofstream{path} << text;
  }
  std::string read(const std::string& name) const {
    std::ifstream file{directory_ / name};
    return {std::istreambuf_iterator<char>{file}, {}};
  }
  cgroup open() const {
    auto group = cgroup::open(path());
    REQUIRE(group.has_value());
    return std::move(*group);
  }

private:
  scratch directory_;
};

/// A group of the real system, or none with a word on the reason.
std::optional<cgroup> real_group(const std::string& name) {
  auto support = exec::cgroup_probe();
  if (!support) {
    WARN("no cgroup here: " << support.error().message);
    return std::nullopt;
  }
  auto group = cgroup::create(*support, "mahavishnu-test-" + std::to_string(getpid()) + name);
  REQUIRE(group.has_value());
  return std::move(*group);
}

} // namespace

TEST_CASE("the place of cgroup v2 is found among the mounts") {
  auto unified = find_cgroup_mount("24 1 0:22 / /proc rw - proc proc rw\n"
                                   "30 24 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 "
                                   "cgroup2 rw,nsdelegate\n");
  REQUIRE(unified);
  CHECK(unified->directory == "/sys/fs/cgroup");
  CHECK(unified->root == "/");

  auto hybrid = find_cgroup_mount("31 30 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw\n"
                                  "32 30 0:28 /pod\\040one /a\\134b rw - cgroup2 none rw\n");
  REQUIRE(hybrid);
  CHECK(hybrid->directory == "/a\\b");
  CHECK(hybrid->root == "/pod one");

  CHECK_FALSE(find_cgroup_mount("31 30 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw\n"));
  CHECK_FALSE(find_cgroup_mount(""));
  CHECK_FALSE(find_cgroup_mount("31 - cgroup2 \n"));
}

TEST_CASE("our own group is found below the mount") {
  cgroup_mount whole{"/sys/fs/cgroup", "/"};
  CHECK(find_own_cgroup(whole, "0::/user.slice/a.scope\n") == "/sys/fs/cgroup/user.slice/a.scope");
  CHECK(find_own_cgroup(whole, "4:memory:/x\n0::/\n") == "/sys/fs/cgroup");
  CHECK_FALSE(find_own_cgroup(whole, "4:memory:/x\n"));
  CHECK_FALSE(find_own_cgroup(whole, ""));

  cgroup_mount part{"/sys/fs/cgroup", "/pods/one"};
  CHECK(find_own_cgroup(part, "0::/pods/one\n") == "/sys/fs/cgroup");
  CHECK(find_own_cgroup(part, "0::/pods/one/app\n") == "/sys/fs/cgroup/app");
  CHECK_FALSE(find_own_cgroup(part, "0::/pods/onemore\n"));
}

TEST_CASE("a directory that is no cgroup says what it lacks") {
  pretended_group group;
  auto refused = exec::cgroup_probe_in(group.path());
  REQUIRE(refused.has_error());
  CHECK(refused.error().code == errc::unsupported);
  CHECK_THAT(refused.error().message, ContainsSubstring("no cgroup.kill"));
  CHECK(std::distance(std::filesystem::directory_iterator{group.path()}, {}) == 1);

  refused = exec::cgroup_probe_in("/nowhere/cgroup");
  REQUIRE(refused.has_error());
  CHECK_THAT(refused.error().message, ContainsSubstring("'/nowhere/cgroup/mahavishnu-probe-"));
}

TEST_CASE("a look at a group changes nothing in it") {
  pretended_group group;
  group.write("cgroup.type", "domain\n");
  group.write("cgroup.procs", "");
  group.write("cgroup.controllers", "cpu memory\n");
  group.write("cgroup.subtree_control", "memory\n");
  auto all = [&] {
    std::map<std::string, std::string> files;
    for (const auto& each : std::filesystem::directory_iterator{group.path()})
      files[each.path().filename()] = group.read(each.path().filename());
    return files;
  };
  auto before = all();
  auto found = exec::cgroup_look_in(group.path()).value();
  CHECK(found.directory == group.path());
  CHECK(found.memory);
  CHECK(found.cpu);
  CHECK_FALSE(found.pids);
  CHECK_THAT(found.why_not, ContainsSubstring("'pids' is not given"));
  CHECK(all() == before);

  group.write("cgroup.procs", "1\n");
  found = exec::cgroup_look_in(group.path()).value();
  CHECK(found.memory);
  CHECK_FALSE(found.cpu);
  CHECK_THAT(found.why_not, ContainsSubstring("processes are in that group itself"));

  group.write("cgroup.type", "domain threaded\n");
  CHECK_THAT(exec::cgroup_look_in(group.path()).error().message, ContainsSubstring("threaded"));
  CHECK(exec::cgroup_look_in("/nowhere/cgroup").error().code == errc::io_failed);
}

TEST_CASE("a look at our own group finds what a trial does") {
  auto tried = exec::cgroup_probe();
  auto seen = exec::cgroup_look();
  CHECK(tried.has_value() == seen.has_value());
  if (!tried || !seen)
    return;
  CHECK(seen->memory == tried->memory);
  CHECK(seen->pids == tried->pids);
  CHECK(seen->cpu == tried->cpu);
}

TEST_CASE("a group is made with its bounds") {
  pretended_group above;
  above.write("run/memory.max", "max");
  above.write("run/pids.max", "max");
  above.write("run/cgroup.events", "populated 0\nfrozen 0\n");
  cgroup_support support{above.path(), true, true, true, ""};
  above.write("run/cpu.max", "max 100000");
  auto group = cgroup::create(support, "run", {std::uint64_t{1} << 30, 100, 250});
  REQUIRE(group.has_value());
  CHECK(above.read("run/memory.max") == "1073741824");
  CHECK(above.read("run/pids.max") == "100");
  CHECK(above.read("run/cpu.max") == "250000 100000");
  CHECK(group->descriptor() >= 0);
}

TEST_CASE("a group with processes is not taken for a new one") {
  pretended_group above;
  above.write("run/cgroup.events", "populated 1\n");
  auto refused = cgroup::create({above.path(), false, false, false, ""}, "run");
  REQUIRE(refused.has_error());
  CHECK(refused.error().code == errc::already_exists);
}

TEST_CASE("a bound that cannot be kept is refused and not dropped") {
  pretended_group above;
  auto refused =
      cgroup::create({above.path(), false, true, true, "no memory here"}, "run", {1000, {}});
  REQUIRE(refused.has_error());
  CHECK(refused.error().code == errc::unsupported);
  CHECK_THAT(refused.error().message, ContainsSubstring("no memory here"));
  CHECK_FALSE(std::filesystem::exists(above.path() + "/run"));
  for (std::string name : {"", "a/b", "..", ".hidden"})
    CHECK(cgroup::create({above.path(), false, false, false, ""}, name).error().code ==
          errc::invalid_argument);
}

TEST_CASE("limits that are optional are set where that is possible") {
  pretended_group above;
  above.write("run/pids.max", "");
  above.write("run/cgroup.events", "populated 0\n");
  cgroup_support support{above.path(), false, true, false, "no memory here"};
  exec::cgroup_limits limits{1000, 7, 50, true};
  CHECK(cgroup::create(support, "run", limits).has_value());
  CHECK(above.read("run/pids.max") == "7");
  CHECK_FALSE(std::filesystem::exists(above.path() + "/run/memory.max"));
  limits = {.cpu_max = 0};
  CHECK(cgroup::create(support, "run", limits).error().code == errc::invalid_argument);
}

TEST_CASE("a run whose limits are optional goes without its group and is told why") {
  exec::run_cgroups groups{"test-", [] { return error{errc::unsupported, "nothing here"}; }};
  std::string note;
  auto group = groups.make("run", {.pids_max = 7, .optional = true}, note);
  REQUIRE(group.has_value());
  CHECK(*group == nullptr);
  CHECK(note == "it ran without its limits: nothing here");
  CHECK(groups.make("run", {.pids_max = 7}, note).error().message == "nothing here");
}

TEST_CASE("what a group says about itself is read") {
  pretended_group pretended;
  pretended.write("cgroup.procs", "12\n0\n345\n");
  pretended.write("below/cgroup.procs", "678\n");
  pretended.write("cgroup.events", "populated 1\nfrozen 0\n");
  pretended.write("memory.current", "123456789\n");
  pretended.write("memory.events", "low 0\nmax 7\noom 3\noom_kill 2\n");
  auto group = pretended.open();
  CHECK(group.processes() == std::vector<pid_t>{12, 345, 678});
  CHECK(group.populated());
  CHECK(group.memory() == 123456789u);
  CHECK(group.out_of_memory_kills() == 2);
  CHECK(group.kill().has_value());
  CHECK(pretended.read("cgroup.kill") == "1");
  pretended.write("cgroup.events", "populated 0\nfrozen 0\n");
  CHECK_FALSE(group.populated());
}

TEST_CASE("a group without controllers has no figures, and is populated for all we know") {
  pretended_group pretended;
  auto group = pretended.open();
  CHECK_FALSE(group.memory());
  CHECK(group.out_of_memory_kills() == 0);
  CHECK(group.populated());
  CHECK(group.processes().empty());
  std::filesystem::remove(pretended.path() + "/cgroup.kill");
  CHECK_THAT(group.kill().error().message, ContainsSubstring(pretended.path()));
}

TEST_CASE("a group that is gone is empty") {
  std::optional<pretended_group> pretended{std::in_place};
  auto group = pretended->open();
  pretended.reset();
  CHECK_FALSE(group.populated());
  CHECK(group.processes().empty());
  CHECK(group.remove().has_value());
}

TEST_CASE("a group that does not exist is not opened") {
  CHECK(cgroup::open("/nowhere/cgroup").error().code == errc::not_found);
}

TEST_CASE("a child is born in its cgroup, and its children with it") {
  auto group = real_group("-born");
  if (!group)
    return;
  spawn_options options;
  options.cgroup = group->descriptor();
  auto before = open_descriptors();
  {
    spawned child{shell("cat /proc/self/cgroup; sleep 1000"), options};
    char text[1000];
    pollfd ready{child.process().output.get(), POLLIN, 0};
    REQUIRE(poll(&ready, 1, std::chrono::milliseconds(deadline).count()) == 1);
    auto count = ::read(child.process().output.get(), text, sizeof text);
    REQUIRE(count > 0);
    auto name = std::filesystem::path{group->directory()}.filename().string();
    CHECK_THAT(std::string(text, static_cast<std::size_t>(count)), ContainsSubstring(name + "\n"));
    auto processes = group->processes();
    CHECK(std::ranges::find(processes, child.pid()) != processes.end());
    CHECK_THAT(group->remove().error().message, ContainsSubstring("wait until its processes"));
    CHECK(group->kill().has_value());
    CHECK(child.wait() == 128 + SIGKILL);
  }
  CHECK(open_descriptors() == before);
  auto last = std::chrono::steady_clock::now() + deadline;
  while (group->populated())
    REQUIRE(std::chrono::steady_clock::now() < last);
  CHECK(group->remove().has_value());
}

TEST_CASE("a child cannot be born in a group that has been removed") {
  auto group = real_group("-gone");
  if (!group)
    return;
  REQUIRE(group->remove().has_value());
  spawn_options options;
  options.cgroup = group->descriptor();
  auto refused = exec::spawn(shell("exit 0"), plain_environment, options);
  REQUIRE(refused.has_error());
  CHECK_THAT(refused.error().message, ContainsSubstring("has been removed"));
}
