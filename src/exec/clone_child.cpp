// SPDX-License-Identifier: MIT
#include "exec/clone_child.hpp"

#include <linux/sched.h>
#include <sched.h>
#include <sys/syscall.h>

#include <cerrno>
#include <csignal>
#include <cstdint>

/// The C library's own name for clone(). ThreadSanitizer replaces the other by one that takes every
/// child for a fork and notes so in the memory that this child shares with us.
extern "C" int __clone(int (*body)(void*), void* stack, int flags, void* argument, ...); // NOLINT

namespace mahavishnu::exec {

namespace {

/// The child calls little before its program; the dynamic linker is the one that needs most.
constexpr std::size_t stack_size = 32 * 1024;

constexpr int sharing_memory = CLONE_VM | CLONE_VFORK | CLONE_PIDFD;

} // namespace

cloned_child clone_child(int (*body)(void*), void* argument) {
  // Part of our own stack, which is warm already: this thread goes on when the child has left it.
  alignas(16) char stack[stack_size];
  int watcher = -1;
  auto pid = __clone(body, stack + stack_size, sharing_memory | SIGCHLD, argument, &watcher);
  return {pid, unique_fd{pid > 0 ? watcher : -1}};
}

#if defined(__x86_64__)

cloned_child clone_child_into(int cgroup, int (*body)(void*), void* argument) {
  alignas(16) char stack[stack_size];
  int watcher = -1;
  clone_args wanted{};
  wanted.flags = static_cast<unsigned>(sharing_memory) | CLONE_INTO_CGROUP;
  wanted.pidfd = reinterpret_cast<std::uintptr_t>(&watcher);
  wanted.exit_signal = SIGCHLD;
  wanted.stack = reinterpret_cast<std::uintptr_t>(stack);
  wanted.stack_size = stack_size;
  wanted.cgroup = static_cast<unsigned>(cgroup);

  // The C library knows clone3 but does not offer it. The child comes back from the call with an
  // empty stack, so it has to go on from right here.
  long pid = SYS_clone3;
  register auto function asm("r12") = body;
  register auto value asm("r13") = argument;
  asm volatile("syscall\n\t"
               "test %%rax, %%rax\n\t"
               "jnz 1f\n\t"
               "xor %%ebp, %%ebp\n\t"
               "mov %%r13, %%rdi\n\t"
               "call *%%r12\n\t"
               "mov %%eax, %%edi\n\t"
               "mov %[exit], %%eax\n\t"
               "syscall\n\t"
               "1:"
               : "+a"(pid)
               : "D"(&wanted), "S"(sizeof wanted), "r"(function), "r"(value), [exit] "i"(SYS_exit)
               : "rcx", "r11", "memory");
  if (pid < 0) {
    errno = static_cast<int>(-pid);
    return {};
  }
  return {static_cast<pid_t>(pid), unique_fd{watcher}};
}

#else

cloned_child clone_child_into(int, int (*)(void*), void*) {
  errno = ENOSYS;
  return {};
}

#endif

} // namespace mahavishnu::exec
