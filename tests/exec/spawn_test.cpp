// SPDX-License-Identifier: MIT
#include "exec/spawned.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <thread>

using namespace mahavishnu;
using namespace mahavishnu::test;

namespace {

error refusal(const process_spec& spec, const spawn_options& options = {}) {
  auto before = open_descriptors();
  auto started = exec::spawn(spec, plain_environment, options);
  REQUIRE(started.has_error());
  CHECK(open_descriptors() == before);
  CHECK(waitpid(-1, nullptr, WNOHANG) == -1);
  CHECK(errno == ECHILD);
  return started.error();
}

error refusal(const spawn_options& options) {
  return refusal(shell("exit 0"), options);
}

/// A file to read that holds the text and is nowhere on disk.
exec::unique_fd readable(const std::string& text) {
  int fds[2];
  REQUIRE(pipe2(fds, O_CLOEXEC) == 0);
  exec::unique_fd reader{fds[0]}, writer{fds[1]};
  REQUIRE(::write(writer.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  return reader;
}

/// The values of a limit as /proc/PID/limits has them.
std::string limit_line(const std::string& limits, const std::string& name) {
  auto at = limits.find("Max " + name);
  REQUIRE(at != std::string::npos);
  std::istringstream line{limits.substr(at + 4 + name.size())};
  std::string soft, hard;
  line >> soft >> hard;
  return soft + " " + hard;
}

rlim_t own_hard_limit(__rlimit_resource resource) {
  rlimit now{};
  REQUIRE(getrlimit(resource, &now) == 0);
  return now.rlim_max;
}

/// This process without its three streams.
class closed_streams {
public:
  closed_streams() {
    for (int i = 0; i < 3; ++i) {
      saved_[i] = fcntl(i, F_DUPFD_CLOEXEC, 100);
      ::close(i);
    }
  }
  closed_streams(const closed_streams&) = delete;
  ~closed_streams() {
    for (int i = 0; i < 3; ++i) {
      dup2(saved_[i], i);
      ::close(saved_[i]);
    }
  }

private:
  int saved_[3];
};

} // namespace

TEST_CASE("limits are those of the child and not ours") {
  auto hard = own_hard_limit(RLIMIT_NOFILE);
  spawn_options options;
  options.limits = {{"nofile", 50, 60},         {"as", 1 << 30, 1 << 30}, {"cpu", 7, 8},
                    {"fsize", 4096, 8192},      {"core", 0, 0},           {"nproc", 5000, 5000},
                    {"stack", 1 << 20, 1 << 21}};
  process_spec spec;
  spec.argv = {"cat", "/proc/self/limits"};
  spawned child{spec, options};
  auto limits = child.output();
  CHECK(child.wait() == 0);
  CHECK(limit_line(limits, "open files") == "50 60");
  CHECK(limit_line(limits, "address space") == "1073741824 1073741824");
  CHECK(limit_line(limits, "cpu time") == "7 8");
  CHECK(limit_line(limits, "file size") == "4096 8192");
  CHECK(limit_line(limits, "core file size") == "0 0");
  CHECK(limit_line(limits, "processes") == "5000 5000");
  CHECK(limit_line(limits, "stack size") == "1048576 2097152");
  CHECK(own_hard_limit(RLIMIT_NOFILE) == hard);
}

TEST_CASE("a limit binds what the child does") {
  scratch directory;
  spawn_options options;
  options.limits = {{"fsize", 1000, 1000}, {"core", 0, 0}};
  spawned child{shell("head -c 5000 /dev/zero > " + (directory / "file").string() + "; echo $?"),
                options};
  CHECK(child.output() == std::to_string(128 + SIGXFSZ) + "\n");
  CHECK(std::filesystem::file_size(directory / "file") == 1000);
}

TEST_CASE("a limit that does not exist is refused with the one that was meant") {
  spawn_options options;
  options.limits = {{"nofiles", 1, 2}};
  auto refused = refusal(options);
  CHECK(refused.code == errc::invalid_argument);
  CHECK(refused.message == "there is no limit 'nofiles'; did you mean 'nofile'?");
  options.limits = {{"bananas", 1, 2}};
  CHECK_THAT(refusal(options).message, ContainsSubstring("use one of as core cpu"));
  options.limits = {{"cpu", 9, 8}};
  CHECK_THAT(refusal(options).message, ContainsSubstring("soft value (9) above its hard one (8)"));
}

TEST_CASE("a limit that may not be raised is named with the value it has") {
  spawn_options options;
  // Past what even root may have.
  options.limits = {{"cpu", 100, exec::unlimited}, {"nofile", 1u << 31, 1u << 31}};
  auto refused = refusal(options);
  CHECK(refused.code == errc::process_failed);
  CHECK_THAT(refused.message,
             ContainsSubstring("'nofile' cannot be set to 2147483648") &&
                 ContainsSubstring("the hard limit here is " +
                                   std::to_string(own_hard_limit(RLIMIT_NOFILE))) &&
                 ContainsSubstring("lower it"));
}

TEST_CASE("the nice value is that of the child") {
  spawn_options options;
  options.nice = 7;
  CHECK(printed("nice", options) == "7\n");
  CHECK(getpriority(PRIO_PROCESS, 0) == 0);
  options.nice = 20;
  CHECK_THAT(refusal(options).message, ContainsSubstring("nice value 20 does not exist"));
  options.nice = -20;
  if (geteuid() == 0)
    CHECK(printed("nice", options) == "-20\n");
  else
    CHECK_THAT(refusal(options).message, ContainsSubstring("use a higher value"));
}

TEST_CASE("who may not go before others is told to use a higher nice value") {
  auto refused = exec::explain_nice_failure(EACCES, -5);
  CHECK(refused.code == errc::process_failed);
  CHECK_THAT(refused.message, ContainsSubstring("-5") && ContainsSubstring("a higher value"));
}

TEST_CASE("the umask is that of the child") {
  scratch directory;
  spawn_options options;
  options.umask = 0027;
  CHECK(printed("umask; cd " + directory.path().string() + "; : > file; stat -c %a file",
                options) == "0027\n640\n");
  options.umask = 01000;
  CHECK(refusal(options).code == errc::invalid_argument);
}

TEST_CASE("a child leads a session and a group of its own") {
  spawned child{shell("cut -d' ' -f1,5,6 /proc/$$/stat")};
  auto pid = std::to_string(child.pid());
  CHECK(child.output() == pid + " " + pid + " " + pid + "\n");
}

TEST_CASE("a child is given files under the numbers it shall have, and no other") {
  auto secret = readable("secret\n");
  auto other = readable("other\n");
  spawn_options options;
  options.descriptors = {{9, other.get()}, {3, secret.get()}};
  exec::unique_fd not_for_it{::open("/dev/null", O_RDONLY)}; // without close-on-exec
  CHECK(printed("cat <&3; cat <&9; ls /proc/$$/fd", options) == "secret\nother\n0\n1\n2\n3\n9\n");
  CHECK(fcntl(secret.get(), F_GETFD) == FD_CLOEXEC);
}

TEST_CASE("files may change places on their way to the child") {
  auto first = readable("first\n");
  auto second = readable("second\n");
  auto low = std::min(first.get(), second.get());
  spawn_options options;
  options.descriptors = {{first.get(), second.get()}, {second.get(), first.get()}};
  auto read = [](int number) { return "cat /proc/self/fd/" + std::to_string(number) + "; "; };
  CHECK(low >= 3);
  CHECK(printed(read(first.get()) + read(second.get()), options) == "second\nfirst\n");
}

TEST_CASE("a file may go to a number far above ours") {
  auto secret = readable("secret\n");
  spawn_options options;
  options.descriptors = {{200, secret.get()}};
  CHECK(printed("cat /proc/self/fd/200", options) == "secret\n");
}

TEST_CASE("impossible descriptors are refused by number") {
  spawn_options options;
  options.descriptors = {{2, 5}};
  CHECK_THAT(refusal(options).message, ContainsSubstring("given descriptor 2"));
  options.descriptors = {{5, -1}};
  CHECK_THAT(refusal(options).message, ContainsSubstring("no open file"));
  options.descriptors = {{5, 1}, {5, 2}};
  CHECK_THAT(refusal(options).message, ContainsSubstring("two files are to be descriptor 5"));
  options.descriptors = {{5, 9999}};
  CHECK_THAT(refusal(options).message,
             ContainsSubstring("descriptor 5") && ContainsSubstring("9999 is not open"));
  options.descriptors = {{1 << 30, 1}};
  CHECK_THAT(refusal(options).message, ContainsSubstring("ulimit -n"));
}

TEST_CASE("signals that we ignore or block have their default meaning in the child") {
  auto ignored = std::signal(SIGPIPE, SIG_IGN);
  auto also_ignored = std::signal(SIGRTMIN + 1, SIG_IGN);
  auto caught = std::signal(SIGUSR1, [](int) {});
  sigset_t blocked, before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &blocked, &before);
  process_spec spec;
  spec.argv = {"cat", "/proc/self/status"};
  spawned child{spec};
  auto text = child.output();
  sigset_t now;
  pthread_sigmask(SIG_SETMASK, &before, &now);
  std::signal(SIGPIPE, ignored);
  std::signal(SIGRTMIN + 1, also_ignored);
  std::signal(SIGUSR1, caught);

  auto none = std::string(16, '0') + "\n";
  CHECK_THAT(text, ContainsSubstring("SigBlk:\t" + none + "SigIgn:\t" + none + "SigCgt:\t" + none));
  CHECK(sigismember(&now, SIGTERM) == 1);
  CHECK(sigismember(&now, SIGINT) == 0);
}

TEST_CASE("a child can be made to end with the thread that started it") {
  spawn_options options;
  options.parent_death_signal = 1000;
  CHECK(refusal(options).code == errc::invalid_argument);
  std::optional<spawned> child, other;
  std::thread([&] {
    options.parent_death_signal = SIGKILL;
    child.emplace(shell("exec sleep 1000"), options);
    other.emplace(shell("exec sleep 1000"));
  }).join();
  CHECK(child->wait() == 128 + SIGKILL);
  CHECK(kill(other->pid(), 0) == 0);
}

TEST_CASE("a process without streams of its own can start children that have theirs") {
  auto spec = shell("cat; echo out; echo err >&2");
  spec.stdin_text = "in\n";
  exec::spawned_process process;
  {
    closed_streams gone;
    auto started = exec::spawn(spec, plain_environment);
    if (started)
      process = std::move(*started);
  }
  REQUIRE(process.pid > 0);
  CHECK(process.exit.get() > 2);
  REQUIRE(::write(process.input.get(), "in\n", 3) == 3);
  process.input.close();
  CHECK(spawned::read_all(process.output) == "in\nout\n");
  CHECK(spawned::read_all(process.error_output) == "err\n");
  CHECK(waitpid(process.pid, nullptr, 0) == process.pid);
}

TEST_CASE("a terminal that is none is named") {
  spawn_options options;
  options.terminal = "/nowhere/pts";
  auto refused = refusal(options);
  CHECK(refused.code == errc::not_found);
  CHECK_THAT(refused.message, ContainsSubstring("terminal '/nowhere/pts' does not exist"));
  options.terminal = "/dev/null";
  CHECK_THAT(refusal(options).message, ContainsSubstring("'/dev/null' is no terminal"));
  auto spec = shell("cat");
  spec.stdin_text = "text";
  CHECK_THAT(refusal(spec, options).message, ContainsSubstring("write the text to the terminal"));
}

TEST_CASE("a directory that is no cgroup is no place to be born in") {
  exec::unique_fd directory{::open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  spawn_options options;
  options.cgroup = directory.get();
  CHECK_THAT(refusal(options).message, ContainsSubstring("cannot be started in its cgroup"));
}

TEST_CASE("an argument or a variable that is too long for the system is named") {
  auto spec = shell("exit 0");
  spec.argv.emplace_back(1u << 20, 'x');
  auto refused = refusal(spec);
  CHECK(refused.code == errc::invalid_argument);
  CHECK_THAT(refused.message, ContainsSubstring("argument 3 of program '/bin/sh' is too long") &&
                                  ContainsSubstring("1048576 bytes"));
  spec = shell("exit 0");
  spec.environment = {{"LONG", std::string(1u << 20, 'x')}};
  CHECK_THAT(refusal(spec).message, ContainsSubstring("environment variable 'LONG'"));
  spec = shell("exit 0");
  spec.argv.resize(200, std::string(100'000, 'x'));
  CHECK_THAT(refusal(spec).message, ContainsSubstring("together too long"));
}

TEST_CASE("at every number of free descriptors a child is started or nothing is left of it") {
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  auto secret = readable("secret\n");
  exec::unique_fd next{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  auto first_free = static_cast<rlim_t>(next.get());
  next.close();
  auto spec = shell("exit 3");
  spec.stdin_text = "text";
  spawn_options options;
  options.descriptors = {{3, secret.get()}};

  int started_count = 0, refused_count = 0;
  for (rlim_t free = 0; free < 12; ++free) {
    auto lower = before;
    lower.rlim_cur = first_free + free;
    REQUIRE(setrlimit(RLIMIT_NOFILE, &lower) == 0);
    auto started = exec::spawn(spec, plain_environment, options);
    setrlimit(RLIMIT_NOFILE, &before);
    if (started) {
      ++started_count;
      CHECK(waitpid(started->pid, nullptr, 0) == started->pid);
      continue;
    }
    ++refused_count;
    CHECK_THAT(started.error().message, ContainsSubstring("ulimit -n"));
    CHECK(waitpid(-1, nullptr, WNOHANG) == -1);
  }
  CHECK(started_count > 0);
  CHECK(refused_count > 3);
}

TEST_CASE("threads start children at the same time and each gets its own") {
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  for (int thread = 0; thread < 4; ++thread)
    threads.emplace_back([thread, &wrong] {
      for (int i = 0; i < 50; ++i) {
        process_spec spec;
        auto text = std::to_string(thread) + "." + std::to_string(i);
        spec.argv = {"echo", text};
        auto started = exec::spawn(spec, plain_environment);
        if (!started || waitpid(started->pid, nullptr, 0) != started->pid) {
          ++wrong;
          continue;
        }
        char buffer[100];
        auto count = ::read(started->output.get(), buffer, sizeof buffer);
        if (count < 0 || std::string(buffer, static_cast<std::size_t>(count)) != text + "\n")
          ++wrong;
      }
    });
  for (auto& thread : threads)
    thread.join();
  CHECK(wrong == 0);
}
