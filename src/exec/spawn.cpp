// SPDX-License-Identifier: MIT
#include "exec/spawn.hpp"

#include "exec/program.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>

namespace mahavishnu::exec {

namespace {

struct pipe_ends {
  unique_fd reader;
  unique_fd writer;
};

/// The same file under a number past stderr: a lower one would be overwritten in the child while it
/// arranges its streams. Only happens when the server itself runs with closed streams.
int above_streams(unique_fd& fd) {
  if (fd.get() > STDERR_FILENO)
    return 0;
  unique_fd moved{fcntl(fd.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1)};
  if (!moved)
    return errno;
  fd = std::move(moved);
  return 0;
}

int open_pipe(pipe_ends& ends) {
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) != 0)
    return errno;
  ends.reader = unique_fd{fds[0]};
  ends.writer = unique_fd{fds[1]};
  if (int failure = above_streams(ends.reader))
    return failure;
  return above_streams(ends.writer);
}

int make_non_blocking(const unique_fd& fd) {
  return fcntl(fd.get(), F_SETFL, O_NONBLOCK) == 0 ? 0 : errno;
}

/// What the child does between its birth and its program; the first failure is remembered.
class spawn_plan {
public:
  spawn_plan() {
    note(posix_spawn_file_actions_init(&actions_));
    note(posix_spawnattr_init(&attributes_));
    sigset_t signals;
    sigemptyset(&signals);
    note(posix_spawnattr_setsigmask(&attributes_, &signals));
    sigfillset(&signals);
    sigdelset(&signals, SIGKILL);
    sigdelset(&signals, SIGSTOP);
    note(posix_spawnattr_setsigdefault(&attributes_, &signals));
    note(posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK |
                                                    POSIX_SPAWN_SETSIGDEF));
  }
  spawn_plan(const spawn_plan&) = delete;
  ~spawn_plan() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }

  void use(const unique_fd& fd, int as) {
    note(posix_spawn_file_actions_adddup2(&actions_, fd.get(), as));
  }
  void use_nothing_as_input() {
    note(posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0));
  }
  void close_all_others() {
    note(posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1));
  }
  void change_directory(const std::string& path) {
    note(posix_spawn_file_actions_addchdir_np(&actions_, path.c_str()));
  }

  int run(pid_t& pid, const std::string& program, char* const* argv, char* const* environment) {
    if (failure_ != 0)
      return failure_;
    return posix_spawn(&pid, program.c_str(), &actions_, &attributes_, argv, environment);
  }

private:
  void note(int number) {
    if (failure_ == 0)
      failure_ = number;
  }

  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
  int failure_ = 0;
};

std::vector<char*> pointers_to(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  pointers.reserve(strings.size() + 1);
  for (const auto& text : strings)
    pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

/// Ends a child that cannot be watched; it is ours, so waiting for it is short.
void abandon(pid_t pid) {
  kill(-pid, SIGKILL);
  while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

} // namespace

unique_fd watch_exit(pid_t pid) {
  // Not pidfd_open(): the header of glibc 2.36 declares it without extern "C".
  return unique_fd{static_cast<int>(syscall(SYS_pidfd_open, pid, 0))};
}

result<spawned_process> spawn(const process_spec& spec, const std::vector<std::string>& inherited) {
  if (auto checked = check_spec(spec); !checked)
    return checked.error();
  auto environment = merge_environment(inherited, spec);
  auto program = find_program(spec, environment);
  if (!program)
    return program.error();

  auto failed = [&](int number) { return explain_spawn_failure(number, spec, *program); };
  auto has_input = !spec.stdin_text.empty() || spec.input_stays_open;
  pipe_ends input, output, error_output;
  if (int failure = has_input ? open_pipe(input) : 0)
    return failed(failure);
  if (int failure = open_pipe(output))
    return failed(failure);
  if (int failure = open_pipe(error_output))
    return failed(failure);
  // Only our ends: a program that is given a non-blocking stream loses output.
  if (int failure = has_input ? make_non_blocking(input.writer) : 0)
    return failed(failure);
  if (int failure = make_non_blocking(output.reader))
    return failed(failure);
  if (int failure = make_non_blocking(error_output.reader))
    return failed(failure);

  spawn_plan plan;
  if (has_input)
    plan.use(input.reader, STDIN_FILENO);
  else
    plan.use_nothing_as_input();
  plan.use(output.writer, STDOUT_FILENO);
  plan.use(error_output.writer, STDERR_FILENO);
  plan.close_all_others();
  if (!spec.working_directory.empty())
    plan.change_directory(spec.working_directory);

  spawned_process child;
  auto argv = pointers_to(spec.argv);
  auto variables = pointers_to(environment);
  if (int failure = plan.run(child.pid, *program, argv.data(), variables.data()))
    return failed(failure);
  // The ends of the child are closed first, so that there is a free descriptor to watch it with.
  input.reader.close();
  output.writer.close();
  error_output.writer.close();
  child.exit = watch_exit(child.pid);
  if (!child.exit) {
    auto number = errno;
    abandon(child.pid);
    return failed(number);
  }
  child.input = std::move(input.writer);
  child.output = std::move(output.reader);
  child.error_output = std::move(error_output.reader);
  return child;
}

} // namespace mahavishnu::exec
