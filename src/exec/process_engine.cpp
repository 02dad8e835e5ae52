// SPDX-License-Identifier: MIT
#include "exec/process_engine.hpp"

#include "exec/call_back.hpp"
#include "exec/memory.hpp"
#include "exec/run_state.hpp"
#include "exec/survivors.hpp"

#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <system_error>

namespace mahavishnu::exec {

namespace {

using stream = output_growth::stream;

/// Large enough for all that a pipe holds.
constexpr std::size_t buffer_size = 64 * 1024;

/// How long killed processes may take to end before they are let go.
constexpr std::chrono::seconds patience_after_kill{5};

/// A look at all processes serves every run that has not been looked for since.
constexpr std::chrono::milliseconds look_lasts{5};

/// Between two signals to a group when the processes cannot be looked at.
constexpr std::chrono::milliseconds between_blind_steps{50};

/// Who follows an output is told of it no more often.
constexpr std::chrono::milliseconds between_growths{50};

/// With no more than this waiting, there is room for more input.
constexpr std::size_t room_for_input = 64 * 1024;

/// Survivors that an exit has by their numbers.
constexpr std::size_t most_survivors = 1024;

/// A day is as good as for ever, and keeps the arithmetic of the clock from running over.
std::chrono::milliseconds usable(std::chrono::milliseconds grace) {
  return std::clamp<std::chrono::milliseconds>(grace, std::chrono::milliseconds{0},
                                               std::chrono::hours{24});
}

process_exit failed(error failure) {
  process_exit exit;
  exit.failure = std::move(failure);
  return exit;
}

error nobody_reads() {
  return {errc::process_failed, "the process reads no input any more: it has ended, has closed "
                                "its input or was started with all of it"};
}

} // namespace

process_engine::process_engine(event_loop& loop, engine_options options)
    : loop_(loop),
      options_(std::move(options)),
      reaps_(options_.reaper == ::getpid()),
      launcher_(options_),
      buffer_(buffer_size) {
  if (!reaps() && !options_.mark.empty())
    leftovers_.emplace(loop_, options_.mark, options_.reaper, [this](const std::string& run) {
      return std::ranges::any_of(children_,
                                 [&](const auto& child) { return child.second.run == run; });
    });
}

void process_engine::start(process_handle handle, process_spec spec, exit_callback done) {
  if (ending_) {
    call_back(done,
              failed({errc::shutting_down, "no process is started any more: the server is going "
                                           "down; start it again first"}));
    return;
  }
  if (!spec.run.empty() && !is_run_name(spec.run)) {
    call_back(done, failed({errc::invalid_argument,
                            "'" + spec.run.substr(0, 100) +
                                "' is no name of a run; use no more than 100 letters, digits, '.', "
                                "'_' and '-'"}));
    return;
  }
  auto launched = launcher_.launch(handle, spec);
  if (!launched) {
    call_back(done, failed(launched.error()));
    return;
  }
  entry fresh{.process = std::move(launched->process),
              .run = std::move(spec.run),
              .file_limit = spec.file_limit,
              .grace = usable(spec.grace),
              .done = std::move(done),
              .terminal = std::move(launched->terminal),
              .group = std::move(launched->group),
              .note = std::move(launched->note),
              .ending = {},
              .next_step = {},
              .looked_at = event_loop::clock::now(),
              .end_of_grace = {},
              .awaiting_room = {},
              .listener = {}};
  auto& running = children_.try_emplace(handle, std::move(fresh)).first->second;
  handles_[running.process.pid()] = handle;
  if (watch(handle, running))
    return;
  auto number = errno;
  running.process.kill_group();
  // Without a watch on its exit nothing else would tell: wait here, it has just been killed.
  running.process.wait_for_exit();
  running.process.reap();
  auto exit =
      failed({errc::process_failed, "cannot watch program '" + spec.argv.front() +
                                        "': " + std::generic_category().message(number) +
                                        "; raise fs.epoll.max_user_watches or run fewer at once"});
  add_what_is_left(running, exit);
  call_back(forget(handle), std::move(exit));
}

bool process_engine::watch(process_handle handle, entry& running) {
  auto& process = running.process;
  if (!reaps()) // otherwise reap() tells
    running.exit = loop_.watch(process.exit_fd(), EPOLLIN,
                               [this, handle](std::uint32_t) { note_exit(handle); });
  running.output = loop_.watch(process.output_fd(), EPOLLIN,
                               [this, handle](std::uint32_t) { read(handle, stream::output); });
  if (process.error_fd() >= 0) // a terminal shows all of it as one
    running.error = loop_.watch(process.error_fd(), EPOLLIN,
                                [this, handle](std::uint32_t) { read(handle, stream::error); });
  return (running.exit != 0 || reaps()) && running.output != 0 &&
         (running.error != 0 || process.error_fd() < 0) && feed(handle, running);
}

void process_engine::stop(process_handle handle, std::optional<std::chrono::milliseconds> grace) {
  if (auto found = children_.find(handle); found != children_.end())
    begin_end(handle, found->second, grace ? usable(*grace) : found->second.grace);
}

void process_engine::measure(process_handle handle, std::function<void(std::uint64_t)> done) {
  auto found = children_.find(handle);
  call_back(done, found == children_.end() ? 0 : resident_bytes(found->second.process.pid()));
}

void process_engine::resize(process_handle handle, terminal_size size) {
  auto found = children_.find(handle);
  if (found != children_.end() && found->second.terminal)
    (void)found->second.terminal->resize(size); // one that is too large changes nothing
}

// -- input ---------------------------------------------------------------------------------------

bool process_engine::write_input(process_handle handle, std::string_view bytes, bool last,
                                 std::function<void(result<void>)> done) {
  auto found = children_.find(handle);
  if (found == children_.end() || found->second.process.input_fd() < 0) {
    call_back(done, nobody_reads());
    return false;
  }
  auto& running = found->second;
  if (running.process.waiting_input() + bytes.size() > input_bound) {
    call_back(done, error{errc::invalid_argument,
                          "more than " + std::to_string(input_bound) +
                              " bytes of input would wait for run '" + running.run +
                              "'; give no more before the answer to what was given"});
    return false;
  }
  running.process.add_input(bytes, last);
  if (last && running.terminal)
    running.process.add_input(end_of_input, true);
  running.awaiting_room.push_back(std::move(done));
  feed(handle, running);
  return true;
}

/// Gives the child what its pipe takes. False, with errno set, when the pipe cannot be watched.
bool process_engine::feed(process_handle handle, entry& running) {
  auto& process = running.process;
  if (process.input_fd() < 0)
    return true;
  auto state = process.write_input();
  if (state == child::input_state::blocked && running.input == 0) {
    running.input = loop_.watch(process.input_fd(), EPOLLOUT, [this, handle](std::uint32_t) {
      feed(handle, children_.at(handle));
    });
    if (running.input == 0)
      return false;
  }
  if (state != child::input_state::blocked)
    loop_.unwatch(running.input);
  auto taken = process.waiting_input() == 0;
  if (state == child::input_state::finished)
    process.close_input();
  if (process.waiting_input() <= room_for_input || process.input_fd() < 0)
    for (auto& done : std::exchange(running.awaiting_room, {}))
      call_back(done, taken || process.input_fd() >= 0 ? result<void>{} : nobody_reads());
  return true;
}

// -- output --------------------------------------------------------------------------------------

void process_engine::read(process_handle handle, stream which) {
  auto& running = children_.at(handle);
  auto& process = running.process;
  if (which == stream::output && !process.read_output(buffer_)) {
    loop_.unwatch(running.output);
    process.close_output();
  } else if (which == stream::error && !process.read_error(buffer_)) {
    loop_.unwatch(running.error);
    process.close_error();
  }
  note_growth(handle, running);
}

void process_engine::follow(process_handle handle,
                            std::function<void(const output_growth&)> grown) {
  auto found = children_.find(handle);
  if (found == children_.end())
    return;
  auto& running = found->second;
  if (running.listener)
    loop_.cancel(running.listener->due);
  running.listener.reset();
  if (!grown)
    return;
  running.listener.emplace(std::move(grown));
  note_growth(handle, running);
}

void process_engine::note_growth(process_handle handle, entry& running) {
  if (!running.listener || running.listener->due ||
      (running.process.output_bytes() == running.listener->told_output &&
       running.process.error_bytes() == running.listener->told_error))
    return;
  running.listener->due = loop_.at(running.listener->told_at + between_growths,
                                   [this, handle] { tell_growth(handle); });
}

void process_engine::tell_growth(process_handle handle) {
  auto& running = children_.at(handle);
  auto& listener = *running.listener;
  listener.due = {};
  listener.told_at = event_loop::clock::now();
  auto grown = listener.grown; // it may end the following
  auto limit = options_.output_directory.empty() ? ~std::uint64_t{0} : running.file_limit;
  auto tell = [&](stream which, std::uint64_t bytes, std::uint64_t& told) {
    if (bytes == std::exchange(told, bytes))
      return false;
    call_back(grown,
              output_growth{which, std::min(bytes, limit), launcher_.path_of(running.run, which)});
    return true;
  };
  auto output = running.process.output_bytes();
  auto error_output = running.process.error_bytes();
  tell(stream::output, output, listener.told_output);
  // What was called may have followed anew, but nothing ends a child from in here.
  if (running.listener)
    tell(stream::error, error_output, running.listener->told_error);
}

// -- ends ----------------------------------------------------------------------------------------

void process_engine::end_all(std::chrono::milliseconds longest_grace, std::function<void()> ended) {
  ending_ = longest_grace;
  ended_ = std::move(ended);
  std::vector<process_handle> all;
  for (const auto& [handle, running] : children_)
    all.push_back(handle);
  for (auto handle : all) {
    auto& running = children_.at(handle);
    auto grace = std::min(running.grace, longest_grace);
    if (!running.ending) {
      begin_end(handle, running, grace);
      continue;
    }
    // One that is being stopped already keeps its time, unless that is too long.
    running.end_of_grace = std::min(running.end_of_grace, event_loop::clock::now() + grace);
    running.ending->hurry(running.end_of_grace);
    go_on_ending(handle);
  }
  look_for_the_end();
}

void process_engine::begin_end(process_handle handle, entry& running,
                               std::chrono::milliseconds grace) {
  if (running.ending)
    return;
  auto now = event_loop::clock::now();
  running.end_of_grace = now + grace;
  running.ending.emplace(end_of(running, grace));
  go_on_ending(handle);
}

tree_end process_engine::end_of(const entry& running, std::chrono::milliseconds grace) const {
  return tree_end{process_tree{running.process.pid(), options_.mark + running.run, options_.reaper},
                  end_patience{grace, patience_after_kill}, event_loop::clock::now(),
                  running.group.get()};
}

/// Does what is due to the tree of a run that is being ended, and the rest when that is done.
void process_engine::go_on_ending(process_handle handle) {
  auto& running = children_.at(handle);
  loop_.cancel(running.next_step);
  if (auto next = step(running))
    running.next_step = loop_.at(*next, [this, handle] { go_on_ending(handle); });
  else if (running.has_ended)
    finish(handle);
  else if (!running.process.has_exited()) // otherwise its exit is about to be noted
    give_up(handle);
}

std::optional<event_loop::clock::time_point> process_engine::step(entry& running) {
  const auto* table = look(running);
  if (table == nullptr)
    return step_blindly(running);
  auto next = running.ending->step(event_loop::clock::now(), *table);
  running.looked_at = event_loop::clock::now();
  return next;
}

/// All processes, as they were after the last look for this run; none when the system does not let
/// us see them, for want of descriptors for example.
const process_table* process_engine::look(const entry& running) {
  auto now = event_loop::clock::now();
  if (!table_ || table_read_at_ <= running.looked_at || now - table_read_at_ > look_lasts) {
    table_.reset();
    auto fresh = process_table::read();
    if (!fresh)
      return nullptr;
    table_ = std::move(*fresh);
    table_read_at_ = now;
  }
  return &*table_;
}

/// Its group is what can be ended without seeing anything.
std::optional<event_loop::clock::time_point> process_engine::step_blindly(entry& running) {
  auto now = event_loop::clock::now();
  if (running.has_ended || now >= running.end_of_grace + patience_after_kill)
    return std::nullopt;
  if (now >= running.end_of_grace)
    running.process.kill_group();
  else
    running.process.terminate();
  return now + between_blind_steps;
}

/// Whether a process that has ended may have left others behind.
bool process_engine::has_left_something(const entry& running) {
  if (running.group) // nothing leaves it
    return running.group->populated();
  if (!reaps())
    return running.process.output_is_held();
  auto children = own_children_.list();
  if (!children)
    return true;
  auto mark = options_.mark + running.run;
  return std::ranges::any_of(*children, [&](pid_t child) {
    if (handles_.contains(child))
      return false;
    auto known = orphans_.find(child);
    if (known == orphans_.end())
      known = orphans_.emplace(child, mark_of(child)).first;
    return known->second == mark || known->second.empty();
  });
}

void process_engine::note_exit(process_handle handle) {
  auto& running = children_.at(handle);
  if (running.has_ended)
    return;
  loop_.unwatch(running.exit);
  // Before it is reaped: as long as it is a zombie nobody else can get its group's number.
  running.process.kill_group();
  if (!running.ending && !has_left_something(running)) {
    running.process.reap();
    finish(handle);
    return;
  }
  auto now = event_loop::clock::now();
  if (!running.ending)
    running.ending.emplace(end_of(running, std::chrono::milliseconds{0}));
  // Its end is the end of the grace of all others.
  running.end_of_grace = std::min(running.end_of_grace, now);
  running.ending->hurry(now);
  loop_.cancel(running.next_step);
  auto next = step(running); // the tree is looked at as long as its root is there
  running.process.reap();
  handles_.erase(running.process.pid()); // from now on it may be another's
  running.has_ended = true;
  if (next)
    running.next_step = loop_.at(*next, [this, handle] { go_on_ending(handle); });
  else
    finish(handle);
}

void process_engine::finish(process_handle handle) {
  auto& running = children_.at(handle);
  auto exit = running.process.finish(buffer_);
  add_what_is_left(running, exit);
  call_back(forget(handle), std::move(exit));
  look_for_the_end();
}

void process_engine::reap() {
  for (;;) {
    siginfo_t info{};
    if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0)
      return;
    if (auto known = handles_.find(info.si_pid); known != handles_.end()) {
      note_exit(known->second);
    } else {
      waitpid(info.si_pid, nullptr, WNOHANG);
      orphans_.erase(info.si_pid);
    }
  }
}

/// So that nobody believes of what could not be ended that it does not exist.
void process_engine::add_what_is_left(const entry& running, process_exit& exit) const {
  auto note = [&](const std::string& text) { exit.note += (exit.note.empty() ? "" : "; ") + text; };
  if (!running.note.empty())
    note(running.note);
  if (running.ending && !running.ending->account().survivors.empty()) {
    for (const auto& survivor : running.ending->account().survivors)
      if (survivor.process.pid != 0 && exit.survivors.size() < most_survivors)
        exit.survivors.push_back(survivor.process.pid);
    note(describe_survivors(running.ending->account()));
  }
  if (!running.group)
    return;
  if (auto killed = running.group->out_of_memory_kills(); killed > 0)
    note("the system has killed " + std::to_string(killed) +
         " of its processes because it has used all the memory that it may (memory_max)");
  if (auto removed = running.group->remove(); !removed)
    note(removed.error().message);
}

void process_engine::give_up(process_handle handle) {
  auto& running = children_.at(handle);
  auto exit =
      failed({errc::process_failed, "a process does not end although it was killed: the system "
                                    "holds it, often for a disk or a network drive; look for it "
                                    "with ps (state D)"});
  add_what_is_left(running, exit);
  if (std::ranges::find(exit.survivors, running.process.pid()) == exit.survivors.end())
    exit.survivors.push_back(running.process.pid());
  call_back(forget(handle), std::move(exit));
  look_for_the_end();
}

process_engine::exit_callback process_engine::forget(process_handle handle) {
  auto& running = children_.at(handle);
  loop_.cancel(running.next_step);
  if (running.listener)
    loop_.cancel(running.listener->due);
  for (auto watched : {&running.exit, &running.input, &running.output, &running.error})
    loop_.unwatch(*watched);
  auto done = std::move(running.done);
  auto awaiting_room = std::move(running.awaiting_room);
  if (!running.has_ended)
    handles_.erase(running.process.pid());
  if (leftovers_)
    leftovers_->note_end();
  children_.erase(handle);
  for (auto& waiting : awaiting_room)
    call_back(waiting, nobody_reads());
  return done;
}

void process_engine::look_for_the_end() {
  if (!ending_ || !children_.empty() || !ended_)
    return;
  auto ended = std::exchange(ended_, {});
  if (leftovers_)
    leftovers_->end_all(std::move(ended));
  else
    ended();
}

pid_t process_engine::pid_of(process_handle handle) const {
  auto found = children_.find(handle);
  return found == children_.end() ? -1 : found->second.process.pid();
}

} // namespace mahavishnu::exec
