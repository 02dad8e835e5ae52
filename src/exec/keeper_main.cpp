// SPDX-License-Identifier: MIT
/// The parent of the processes of one pool: see keeper.hpp. Goes to the background, and ends in the
/// foreground with 0 as soon as servers may connect.
#include "exec/keeper.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

using namespace mahavishnu;

constexpr int usage_error = 2;
/// Another keeper serves the directory: who started this one connects to that one.
constexpr int served_already = 3;

int usage(const char* name) {
  std::fprintf(stderr, "usage: %s --dir DIRECTORY [--idle-ms MILLISECONDS] [--leaves-when-done]\n",
               name);
  return usage_error;
}

bool read_options(int argc, char** argv, exec::keeper_options& options) {
  for (int i = 1; i < argc; ++i) {
    std::string flag = argv[i];
    if (flag == "--leaves-when-done")
      options.leaves_when_done = true;
    else if (flag == "--dir" && i + 1 < argc)
      options.directory = argv[++i];
    else if (flag == "--idle-ms" && i + 1 < argc)
      options.idle_time = std::chrono::milliseconds{std::strtol(argv[++i], nullptr, 10)};
    else
      return false;
  }
  // It works from the root, so that it holds no file system that somebody wants to unmount.
  return options.directory.starts_with('/') && options.idle_time.count() >= 0;
}

/// From here on only the warnings have a place to go.
void leave_streams(const std::string& directory) {
  int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  auto log_path = directory + "/log";
  int log = ::open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(nothing, STDOUT_FILENO);
  ::dup2(log < 0 ? nothing : log, STDERR_FILENO);
  for (int fd : {nothing, log})
    if (fd > STDERR_FILENO)
      ::close(fd);
}

/// What the process in the background is: serves, and says on the descriptor how its start went.
int serve(const exec::keeper_options& options, int report) {
  ::setsid();
  if (::chdir("/") != 0)
    return EXIT_FAILURE;
  system_wall_clock clock;
  auto keeper = exec::keeper::open(options, clock);
  unsigned char code = 0;
  if (!keeper) {
    std::fprintf(stderr, "%s\n", keeper.error().message.c_str());
    code = keeper.error().code == errc::already_exists ? served_already : EXIT_FAILURE;
  } else {
    leave_streams(options.directory);
  }
  if (::write(report, &code, 1) != 1 || !keeper)
    return code;
  ::close(report);
  (*keeper)->run();
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  exec::keeper_options options;
  if (!read_options(argc, argv, options))
    return usage(argv[0]);
  // All signals: those that matter come by a descriptor.
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, nullptr);
  int report[2];
  if (::pipe2(report, O_CLOEXEC) != 0)
    return EXIT_FAILURE;
  // Nobody who started us has to wait for our end: that is the business of init.
  auto child = ::fork();
  if (child < 0) {
    std::perror("mahavishnu-keeper: fork");
    return EXIT_FAILURE;
  }
  if (child == 0) {
    ::close(report[0]);
    return serve(options, report[1]);
  }
  ::close(report[1]);
  unsigned char code = EXIT_FAILURE;
  return ::read(report[0], &code, 1) == 1 ? code : EXIT_FAILURE;
}
