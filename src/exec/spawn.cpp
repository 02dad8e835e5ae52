// SPDX-License-Identifier: MIT
#include "exec/spawn.hpp"

#include "exec/launch.hpp"
#include "exec/program.hpp"

#include <fcntl.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <optional>

namespace mahavishnu::exec {

namespace {

struct pipe_ends {
  unique_fd reader;
  unique_fd writer;
};

/// The same file under a number past stderr, where nobody takes it for a stream of ours. Only
/// happens when the server itself runs with closed streams.
int above_streams(unique_fd& fd) {
  if (fd.get() > STDERR_FILENO)
    return 0;
  unique_fd moved{fcntl(fd.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1)};
  if (!moved)
    return errno;
  fd = std::move(moved);
  return 0;
}

/// Opens a pipe whose end on our side does not block. Only that one: a program that is given a
/// non-blocking stream loses output.
int open_pipe(pipe_ends& ends, unique_fd pipe_ends::*ours) {
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) != 0)
    return errno;
  ends.reader = unique_fd{fds[0]};
  ends.writer = unique_fd{fds[1]};
  if (int failure = above_streams(ends.*ours))
    return failure;
  return fcntl((ends.*ours).get(), F_SETFL, O_NONBLOCK) == 0 ? 0 : errno;
}

/// The pipes of a child that has no terminal.
struct stream_pipes {
  pipe_ends input, output, error_output;

  int open(bool has_input) {
    if (int failure = has_input ? open_pipe(input, &pipe_ends::writer) : 0)
      return failure;
    if (int failure = open_pipe(output, &pipe_ends::reader))
      return failure;
    return open_pipe(error_output, &pipe_ends::reader);
  }
};

/// Which of our files the child has under which number.
class descriptor_moves {
public:
  void add(int from, int to) { moves_.push_back({from, to}); }

  /// Orders the moves and copies every file out of the way that a move would overwrite. Zero, or
  /// what failed with `failed` as the number that the child does not get.
  int prepare(int& failed) {
    std::ranges::sort(moves_, {}, &launch_plan::move::to);
    if (moves_.empty())
      return 0;
    auto highest = std::max(moves_.back().to, STDERR_FILENO);
    for (auto& move : moves_) {
      if (move.from > highest)
        continue;
      failed = move.to;
      unique_fd copy{fcntl(move.from, F_DUPFD_CLOEXEC, highest + 1)};
      if (!copy) {
        if (errno == EINVAL) // it is the highest number that is beyond the limit
          failed = highest;
        return errno;
      }
      move.from = copy.get();
      copies_.push_back(std::move(copy));
    }
    return 0;
  }

  std::span<const launch_plan::move> get() const { return moves_; }

private:
  std::vector<launch_plan::move> moves_;
  std::vector<unique_fd> copies_;
};

std::vector<launch_plan::limit> numbers_of(const std::vector<resource_limit>& limits) {
  std::vector<launch_plan::limit> numbers;
  numbers.reserve(limits.size());
  for (const auto& limit : limits)
    numbers.push_back({*find_resource(limit.name), {limit.soft, limit.hard}});
  return numbers;
}

std::vector<char*> pointers_to(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  pointers.reserve(strings.size() + 1);
  for (const auto& text : strings)
    pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

/// Why the child does not have a file as `number`: one that it is given, or one of its streams.
std::optional<error> explain_descriptor(int why, int number, const spawn_options& options) {
  for (const auto& given : options.descriptors)
    if (given.number == number)
      return explain_descriptor_failure(why, given);
  return std::nullopt;
}

/// All that is said when a child could not be started.
class failure_words {
public:
  failure_words(const process_spec& spec, const spawn_options& options, const std::string& program)
      : spec_(spec), options_(options), program_(program) {}

  error about(int number) const { return explain_spawn_failure(number, spec_, program_); }

  error about_descriptor(int why, int number) const {
    auto found = explain_descriptor(why, number, options_);
    return found ? *found : about(why);
  }

  error about(const launch_failure& failure, const descriptor_moves& moves) const {
    switch (failure.step) {
    case launch_step::cgroup: return explain_cgroup_failure(failure.number);
    case launch_step::terminal: return explain_terminal_failure(failure.number, options_.terminal);
    case launch_step::limits:
      return explain_limit_failure(failure.number, options_.limits[failure.index]);
    case launch_step::nice: return explain_nice_failure(failure.number, *options_.nice);
    case launch_step::descriptors:
      if (failure.index < moves.get().size())
        return about_descriptor(failure.number, moves.get()[failure.index].to);
      return about(failure.number);
    case launch_step::closing:
      return {errc::unsupported,
              "this system cannot close a range of files for " + program_ +
                  ": it needs Linux 5.9, and a container that allows close_range"};
    case launch_step::birth:
      // What clone says about a group is not what it says about anything else.
      if (options_.cgroup >= 0 && failure.number != EMFILE && failure.number != ENOMEM)
        return explain_cgroup_failure(failure.number);
      return about(failure.number);
    case launch_step::session:
    case launch_step::parent_death:
    case launch_step::directory:
    case launch_step::program: return about(failure.number);
    }
    return about(failure.number);
  }

private:
  const process_spec& spec_;
  const spawn_options& options_;
  const std::string& program_;
};

} // namespace

unique_fd watch_exit(pid_t pid) {
  // Not pidfd_open(): the header of glibc 2.36 declares it without extern "C".
  return unique_fd{static_cast<int>(syscall(SYS_pidfd_open, pid, 0))};
}

result<spawned_process> spawn(const process_spec& spec, const std::vector<std::string>& inherited,
                              const spawn_options& options) {
  if (auto checked = check_spec(spec); !checked)
    return checked.error();
  if (auto checked = check_options(options); !checked)
    return checked.error();
  auto has_terminal = !options.terminal.empty();
  if (has_terminal && !spec.stdin_text.empty())
    return error{errc::invalid_argument, "a process with a terminal takes no text as its input; "
                                         "write the text to the terminal"};
  auto environment = merge_environment(inherited, spec);
  auto program = find_program(spec, environment);
  if (!program)
    return program.error();
  failure_words words{spec, options, *program};

  stream_pipes pipes;
  if (int failure =
          has_terminal ? 0 : pipes.open(!spec.stdin_text.empty() || spec.input_stays_open))
    return words.about(failure);
  descriptor_moves moves;
  if (pipes.input.reader)
    moves.add(pipes.input.reader.get(), STDIN_FILENO);
  if (!has_terminal) {
    moves.add(pipes.output.writer.get(), STDOUT_FILENO);
    moves.add(pipes.error_output.writer.get(), STDERR_FILENO);
  }
  for (const auto& given : options.descriptors)
    moves.add(given.ours, given.number);
  int failed_number = -1;
  if (int failure = moves.prepare(failed_number))
    return words.about_descriptor(failure, failed_number);

  auto arguments = pointers_to(spec.argv);
  auto variables = pointers_to(environment);
  auto limits = numbers_of(options.limits);
  launch_plan plan;
  plan.program = program->c_str();
  plan.arguments = arguments.data();
  plan.environment = variables.data();
  plan.directory = spec.working_directory.empty() ? nullptr : spec.working_directory.c_str();
  plan.terminal = has_terminal ? options.terminal.c_str() : nullptr;
  plan.descriptors = moves.get();
  plan.limits = limits;
  plan.nice = options.nice;
  plan.umask = options.umask;
  plan.parent_death_signal = options.parent_death_signal;
  plan.cgroup = options.cgroup;
  auto outcome = launch(plan);
  if (outcome.failure)
    return words.about(*outcome.failure, moves);

  spawned_process child;
  child.pid = outcome.child.pid;
  child.exit = std::move(outcome.child.exit);
  above_streams(child.exit); // where there is no room it stays, which does no harm to the child
  child.input = std::move(pipes.input.writer);
  child.output = std::move(pipes.output.reader);
  child.error_output = std::move(pipes.error_output.reader);
  return child;
}

} // namespace mahavishnu::exec
