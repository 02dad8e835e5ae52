// SPDX-License-Identifier: MIT
#include "exec/child_loop.hpp"

#include "exec/memory.hpp"
#include "exec/program.hpp"

#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <system_error>

namespace mahavishnu::exec {

namespace {

/// Large enough for all that a pipe holds.
constexpr std::size_t buffer_size = 64 * 1024;

/// How long a killed process may take to end before a runner that is going away lets it go.
constexpr std::chrono::seconds patience_after_kill{5};

/// Starting a process takes a while; those that run already get their turn in between.
constexpr std::ptrdiff_t commands_per_turn = 16;

constexpr std::uint64_t channel_bits = 3;

void call(child::callback done, process_exit exit) {
  // One faulty caller must not end the processes of all others.
  try {
    if (done)
      done(std::move(exit));
  } catch (...) {
  }
}

process_exit failed(error failure) {
  process_exit exit;
  exit.failure = std::move(failure);
  return exit;
}

} // namespace

child_loop::child_loop(epoll_set events, unique_fd wake_up)
    : events_(std::move(events)), wake_up_(std::move(wake_up)), buffer_(buffer_size) {
  // Copied once: another thread that calls setenv() later would be a race.
  for (auto line = environ; line != nullptr && *line != nullptr; ++line)
    inherited_.emplace_back(*line);
}

result<std::unique_ptr<child_loop>> child_loop::open() {
  auto refused = [](const std::string& what) {
    return error{errc::process_failed, "cannot watch processes: " + what + ": " +
                                           std::generic_category().message(errno) +
                                           "; raise the limit on open files (ulimit -n)"};
  };
  auto events = epoll_set::open();
  if (!events)
    return refused("epoll_create1");
  unique_fd wake_up{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  if (!wake_up)
    return refused("eventfd");
  auto wake_up_number = wake_up.get();
  std::unique_ptr<child_loop> loop{new child_loop(std::move(*events), std::move(wake_up))};
  if (!loop->watch(wake_up_number, EPOLLIN, 0, channel::wake_up))
    return refused("epoll_ctl");
  return loop;
}

void child_loop::post(command what) {
  std::lock_guard guard{mutex_};
  commands_.push_back(std::move(what));
  if (commands_.size() == 1)
    eventfd_write(wake_up_.get(), 1);
}

void child_loop::run() {
  for (;;) {
    for (const auto& event : events_.wait(wait_time()))
      handle_event(event.data.u64);
    handle_deadlines();
    if (ending_ && children_.empty()) {
      // What a last `done` has queued still gets its answer.
      carry_out_commands();
      std::lock_guard guard{mutex_};
      if (commands_.empty())
        return;
    }
  }
}

void child_loop::carry_out_commands() {
  std::vector<command> commands;
  {
    std::lock_guard guard{mutex_};
    auto last =
        commands_.begin() + std::min<std::ptrdiff_t>(commands_per_turn, std::ssize(commands_));
    std::move(commands_.begin(), last, std::back_inserter(commands));
    commands_.erase(commands_.begin(), last);
    // While there are more the loop is woken again.
    if (eventfd_t ignored = 0; commands_.empty())
      eventfd_read(wake_up_.get(), &ignored);
  }
  for (auto& what : commands)
    std::visit([this](auto& one) { carry_out(one); }, what);
}

void child_loop::carry_out(start_command& what) {
  if (ending_) {
    call(std::move(what.done),
         failed({errc::shutting_down, "no process is started any more: the server is "
                                      "going down; start it again first"}));
    return;
  }
  auto spawned = spawn(what.spec, inherited_);
  if (!spawned) {
    call(std::move(what.done), failed(spawned.error()));
    return;
  }
  auto handle = what.handle;
  auto program = what.spec.argv.front();
  entry fresh{child{std::move(*spawned), std::move(what.spec), std::move(what.done)}, {}, false};
  auto& running = children_.try_emplace(handle, std::move(fresh)).first->second;
  auto& process = running.process;
  if (process.input_fd() >= 0 && !process.write_input())
    process.close_input(); // the usual case: all of it fits into the pipe
  if (watch(process.exit_fd(), EPOLLIN, handle, channel::exit) &&
      (process.input_fd() < 0 || watch(process.input_fd(), EPOLLOUT, handle, channel::input)) &&
      watch(process.output_fd(), EPOLLIN, handle, channel::output) &&
      watch(process.error_fd(), EPOLLIN, handle, channel::error))
    return;
  auto number = errno;
  process.kill_group();
  // Without a watch on its exit nothing else would tell: wait here, it has just been killed.
  process.wait_for_exit();
  process.finish(buffer_);
  auto done = process.take_callback();
  forget(handle, running);
  call(std::move(done), failed({errc::process_failed,
                                "cannot watch program '" + program +
                                    "': " + std::generic_category().message(number) +
                                    "; raise fs.epoll.max_user_watches or run fewer at once"}));
}

void child_loop::carry_out(stop_command& what) {
  if (auto found = children_.find(what.handle); found != children_.end())
    begin_stop(what.handle, found->second, found->second.process.grace());
}

void child_loop::carry_out(measure_command& what) {
  auto found = children_.find(what.handle);
  what.done(found == children_.end() ? 0 : resident_bytes(found->second.process.pid()));
}

void child_loop::carry_out(end_command& what) {
  ending_ = what.longest_grace;
  for (auto& [handle, running] : children_) {
    auto grace = std::min(running.process.grace(), what.longest_grace);
    // One that is being stopped already keeps its deadline, unless that is too far away.
    if (running.deadline && !running.killed && (*running.deadline)->first > clock::now() + grace) {
      timers_.erase(*running.deadline);
      running.deadline = timers_.emplace(clock::now() + grace, handle);
    }
    begin_stop(handle, running, grace);
  }
}

void child_loop::begin_stop(process_handle handle, entry& running,
                            std::chrono::milliseconds grace) {
  if (running.deadline || running.killed)
    return;
  running.process.terminate();
  running.deadline = timers_.emplace(clock::now() + grace, handle);
}

void child_loop::handle_event(std::uint64_t number) {
  auto what = static_cast<channel>(number & ((1u << channel_bits) - 1));
  auto handle = number >> channel_bits;
  if (what == channel::wake_up) {
    carry_out_commands();
    return;
  }
  // An earlier event of the same batch may have finished the child.
  auto found = children_.find(handle);
  if (found == children_.end())
    return;
  auto& process = found->second.process;
  switch (what) {
  case channel::exit: finish(handle, found->second); break;
  case channel::input:
    if (!process.write_input()) {
      events_.unwatch(process.input_fd());
      process.close_input();
    }
    break;
  case channel::output:
    if (!process.read_output(buffer_)) {
      events_.unwatch(process.output_fd());
      process.close_output();
    }
    break;
  case channel::error:
    if (!process.read_error(buffer_)) {
      events_.unwatch(process.error_fd());
      process.close_error();
    }
    break;
  case channel::wake_up: break;
  }
}

void child_loop::handle_deadlines() {
  auto now = clock::now();
  while (!timers_.empty() && timers_.begin()->first <= now) {
    auto handle = timers_.begin()->second;
    timers_.erase(timers_.begin());
    auto& running = children_.at(handle);
    running.deadline.reset();
    if (running.killed && ending_) {
      give_up(handle, running);
      continue;
    }
    running.process.kill_group();
    running.killed = true;
    running.deadline = timers_.emplace(now + patience_after_kill, handle);
  }
}

int child_loop::wait_time() const {
  if (timers_.empty())
    return -1;
  auto left = timers_.begin()->first - clock::now();
  auto whole = std::chrono::ceil<std::chrono::milliseconds>(left).count();
  return static_cast<int>(std::clamp<std::int64_t>(whole, 0, 60'000));
}

void child_loop::finish(process_handle handle, entry& running) {
  auto exit = running.process.finish(buffer_);
  auto done = running.process.take_callback();
  forget(handle, running);
  call(std::move(done), std::move(exit));
}

void child_loop::give_up(process_handle handle, entry& running) {
  auto done = running.process.take_callback();
  forget(handle, running);
  call(std::move(done),
       failed({errc::process_failed, "a process does not end although it was killed: the "
                                     "system holds it, often for a disk or a network drive; "
                                     "look for it with ps (state D)"}));
}

void child_loop::forget(process_handle handle, entry& running) {
  if (running.deadline)
    timers_.erase(*running.deadline);
  for (int fd : {running.process.exit_fd(), running.process.input_fd(), running.process.output_fd(),
                 running.process.error_fd()})
    events_.unwatch(fd);
  children_.erase(handle);
}

bool child_loop::watch(int fd, std::uint32_t events, process_handle handle, channel what) {
  return events_.watch(fd, events, handle << channel_bits | static_cast<std::uint64_t>(what));
}

} // namespace mahavishnu::exec
