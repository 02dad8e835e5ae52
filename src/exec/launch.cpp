// SPDX-License-Identifier: MIT
#include "exec/launch.hpp"

#include "exec/blocked_signals.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <climits>
#include <csignal>

// The child shares the memory of a parent that stands still. Sanitizers keep notes there that must
// not hear of what a child does that never comes back, so they are kept out of its functions, and
// it calls the system without the wrappers that they replace.
#if defined(__clang__)
#define MAHAVISHNU_IN_CHILD __attribute__((disable_sanitizer_instrumentation))
#else
#define MAHAVISHNU_IN_CHILD __attribute__((no_sanitize("address", "thread", "undefined")))
#endif

namespace mahavishnu::exec {

namespace {

struct child_view {
  const launch_plan* plan;
  pid_t parent;
  /// Set by the child, in the memory that it shares with us.
  launch_failure failure;
  bool failed = false;
};

template <class... Arguments>
MAHAVISHNU_IN_CHILD long call(long number, Arguments... arguments) {
  return syscall(number, arguments...);
}

MAHAVISHNU_IN_CHILD bool fail(child_view& view, launch_step step, std::size_t index = 0) {
  view.failure.step = step;
  view.failure.number = errno;
  view.failure.index = index;
  view.failed = true;
  return false;
}

MAHAVISHNU_IN_CHILD bool lead_session(child_view& view) {
  if (call(SYS_setsid) < 0)
    return fail(view, launch_step::session);
  if (view.plan->parent_death_signal == 0)
    return true;
  if (call(SYS_prctl, PR_SET_PDEATHSIG, view.plan->parent_death_signal, 0, 0, 0) != 0)
    return fail(view, launch_step::parent_death);
  // It may have ended before it could be watched.
  errno = ESRCH;
  return call(SYS_getppid) == view.parent || fail(view, launch_step::parent_death);
}

MAHAVISHNU_IN_CHILD bool enter_cgroup(child_view& view) {
  if (view.plan->cgroup < 0)
    return true;
  auto list = call(SYS_openat, view.plan->cgroup, "cgroup.procs", O_WRONLY | O_CLOEXEC);
  if (list < 0 || call(SYS_write, list, "0", 1) != 1)
    return fail(view, launch_step::cgroup);
  return true;
}

MAHAVISHNU_IN_CHILD void use_default_signals() {
  // All zero is what the system takes for the default, whatever the shape of the struct is.
  const long nothing[8] = {};
  for (int signal = 1; signal <= 64; ++signal)
    call(SYS_rt_sigaction, signal, nothing, nullptr, 8);
}

MAHAVISHNU_IN_CHILD bool use_terminal(child_view& view) {
  auto terminal = call(SYS_openat, AT_FDCWD, view.plan->terminal, O_RDWR);
  if (terminal < 0 || call(SYS_ioctl, terminal, TIOCSCTTY, 0) != 0)
    return fail(view, launch_step::terminal);
  for (int stream = 0; stream <= STDERR_FILENO; ++stream)
    if (terminal != stream && call(SYS_dup3, terminal, stream, 0) < 0)
      return fail(view, launch_step::terminal);
  return true;
}

MAHAVISHNU_IN_CHILD bool use_no_input(child_view& view) {
  auto empty = call(SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY);
  if (empty < 0 || (empty != STDIN_FILENO && call(SYS_dup3, empty, STDIN_FILENO, 0) < 0))
    return fail(view, launch_step::descriptors);
  return true;
}

MAHAVISHNU_IN_CHILD bool use_descriptors(child_view& view) {
  auto moves = view.plan->descriptors;
  for (std::size_t i = 0; i < moves.size(); ++i)
    if (call(SYS_dup3, moves[i].from, moves[i].to, 0) < 0)
      return fail(view, launch_step::descriptors, i);
  return true;
}

MAHAVISHNU_IN_CHILD bool close_all_others(child_view& view) {
  unsigned next = STDERR_FILENO + 1;
  for (const auto& move : view.plan->descriptors) {
    auto kept = static_cast<unsigned>(move.to);
    if (kept > next && call(SYS_close_range, next, kept - 1, 0) != 0)
      return fail(view, launch_step::closing);
    if (kept >= next)
      next = kept + 1;
  }
  return call(SYS_close_range, next, UINT_MAX, 0) == 0 || fail(view, launch_step::closing);
}

MAHAVISHNU_IN_CHILD bool obey_bounds(child_view& view) {
  auto limits = view.plan->limits;
  for (std::size_t i = 0; i < limits.size(); ++i)
    if (call(SYS_prlimit64, 0, limits[i].resource, &limits[i].values, nullptr) != 0)
      return fail(view, launch_step::limits, i);
  if (view.plan->nice && call(SYS_setpriority, PRIO_PROCESS, 0, *view.plan->nice) != 0)
    return fail(view, launch_step::nice);
  if (view.plan->umask)
    call(SYS_umask, *view.plan->umask);
  return true;
}

MAHAVISHNU_IN_CHILD bool become_program(child_view& view) {
  const auto& plan = *view.plan;
  if (plan.directory != nullptr && call(SYS_chdir, plan.directory) != 0)
    return fail(view, launch_step::directory);
  if (!obey_bounds(view))
    return false;
  const long no_signals[8] = {};
  call(SYS_rt_sigprocmask, SIG_SETMASK, no_signals, nullptr, 8);
  call(SYS_execve, plan.program, plan.arguments, plan.environment);
  return fail(view, launch_step::program);
}

MAHAVISHNU_IN_CHILD bool arrange_files(child_view& view) {
  const auto& plan = *view.plan;
  if (plan.terminal != nullptr) {
    if (!use_terminal(view))
      return false;
  } else if (plan.descriptors.empty() || plan.descriptors[0].to != STDIN_FILENO) {
    if (!use_no_input(view))
      return false;
  }
  return use_descriptors(view) && close_all_others(view);
}

MAHAVISHNU_IN_CHILD int born_here(void* argument) {
  auto& view = *static_cast<child_view*>(argument);
  use_default_signals();
  if (lead_session(view) && arrange_files(view))
    become_program(view);
  return 127;
}

MAHAVISHNU_IN_CHILD int born_elsewhere(void* argument) {
  auto& view = *static_cast<child_view*>(argument);
  return enter_cgroup(view) ? born_here(argument) : 127;
}

void reap(const cloned_child& child) {
  siginfo_t info{};
  while (waitid(P_PIDFD, static_cast<id_t>(child.exit.get()), &info, WEXITED) != 0 &&
         errno == EINTR) {
  }
}

cloned_child make_child(child_view& view) {
  if (view.plan->cgroup >= 0) {
    auto child = clone_child_into(view.plan->cgroup, born_here, &view);
    // A container may forbid the newer call and allow the older one.
    if (child.pid > 0 || (errno != ENOSYS && errno != EPERM))
      return child;
    return clone_child(born_elsewhere, &view);
  }
  return clone_child(born_here, &view);
}

} // namespace

launch_outcome launch(const launch_plan& plan) {
  child_view view{&plan, getpid(), {}, false};
  launch_outcome outcome;
  {
    blocked_signals quiet;
    outcome.child = make_child(view);
    if (outcome.child.pid < 0)
      outcome.failure = launch_failure{launch_step::birth, errno, 0};
  }
  if (outcome.child.pid > 0 && view.failed) {
    reap(outcome.child);
    outcome.child = {};
    outcome.failure = view.failure;
  }
  return outcome;
}

} // namespace mahavishnu::exec
