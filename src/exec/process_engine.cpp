// SPDX-License-Identifier: MIT
#include "exec/process_engine.hpp"

#include "exec/memory.hpp"
#include "exec/program.hpp"
#include "exec/run_state.hpp"
#include "exec/secret_files.hpp"
#include "exec/survivors.hpp"

#include <fcntl.h>
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

/// Survivors that an exit names.
constexpr std::size_t most_survivors_told = 64;

/// What is typed at the end of the input of a terminal: Ctrl-D.
constexpr std::string_view end_of_input = "\x04";

/// A day is as good as for ever, and keeps the arithmetic of the clock from running over.
std::chrono::milliseconds usable(std::chrono::milliseconds grace) {
  return std::clamp<std::chrono::milliseconds>(grace, std::chrono::milliseconds{0},
                                               std::chrono::hours{24});
}

/// One faulty caller must not end the processes of all others.
template <class Callback, class... Arguments>
void call(const Callback& done, Arguments&&... arguments) {
  try {
    if (done)
      done(std::forward<Arguments>(arguments)...);
  } catch (...) {
  }
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
      groups_("mahavishnu-" + options_.mark),
      buffer_(buffer_size) {
  // Copied once: another thread that calls setenv() later would be a race.
  for (auto line = environ; line != nullptr && *line != nullptr; ++line)
    inherited_.emplace_back(*line);
}

void process_engine::inherit(std::vector<std::string> environment, std::string working_directory) {
  inherited_ = std::move(environment);
  working_directory_ = std::move(working_directory);
}

void process_engine::complete(process_spec& spec) const {
  if (spec.working_directory.empty())
    spec.working_directory = working_directory_;
  if (!spec.run.empty())
    spec.environment.emplace_back("MAHAVISHNU_RUN", options_.mark + spec.run);
}

void process_engine::start(process_handle handle, process_spec spec, exit_callback done) {
  if (ending_) {
    call(done, failed({errc::shutting_down, "no process is started any more: the server is going "
                                            "down; start it again first"}));
    return;
  }
  if (!spec.run.empty() && !is_run_name(spec.run)) {
    call(done, failed({errc::invalid_argument,
                       "'" + spec.run.substr(0, 100) +
                           "' is no name of a run; use no more than 100 letters, digits, '.', "
                           "'_' and '-'"}));
    return;
  }
  complete(spec);
  auto outputs = open_outputs(spec);
  if (!outputs) {
    call(done, failed(outputs.error()));
    return;
  }
  auto launched = launch(handle, spec);
  if (!launched) {
    call(done, failed(launched.error()));
    return;
  }
  entry fresh{.process = child{std::move(launched->process), std::move(launched->input),
                               spec.input_stays_open, std::move(outputs->output),
                               std::move(outputs->error)},
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
  call(forget(handle), failed({errc::process_failed,
                               "cannot watch program '" + spec.argv.front() +
                                   "': " + std::generic_category().message(number) +
                                   "; raise fs.epoll.max_user_watches or run fewer at once"}));
}

result<process_engine::run_outputs> process_engine::open_outputs(const process_spec& spec) const {
  std::optional<output_file> output;
  std::optional<output_file> error_output;
  if (!options_.output_directory.empty())
    for (auto which : {stream::output, stream::error}) {
      auto file = output_file::open(path_of(spec.run, which), spec.file_limit);
      if (!file)
        return file.error();
      (which == stream::output ? output : error_output) = std::move(*file);
    }
  auto limit = options_.memory_limit.value_or(spec.output_limit);
  return run_outputs{run_output{limit, std::move(output)},
                     run_output{limit, std::move(error_output)}};
}

result<process_engine::launched_process> process_engine::launch(process_handle handle,
                                                                process_spec& spec) {
  spawn_options how;
  how.limits = spec.limits;
  for (const auto& limit : options_.limits)
    if (std::ranges::find(spec.limits, limit.name, &resource_limit::name) == spec.limits.end())
      how.limits.push_back(limit);
  how.nice = spec.nice;
  how.umask = spec.umask;
  if (options_.ends_with_thread)
    how.parent_death_signal = SIGKILL;
  auto secrets = secret_files::make(spec);
  if (!secrets)
    return secrets.error();
  secrets->give(spec, how);
  std::unique_ptr<cgroup> group;
  std::string note;
  if (spec.cgroup) {
    auto name = spec.run.empty() ? "process-" + std::to_string(handle) : spec.run;
    auto made = groups_.make(name, *spec.cgroup, note);
    if (!made)
      return made.error();
    group = std::move(*made);
    how.cgroup = group ? group->descriptor() : -1;
  }
  auto launched = spec.terminal ? launch_with_terminal(spec, how) : launch_with_pipes(spec, how);
  if (!launched) {
    if (group)
      (void)group->remove();
    return launched;
  }
  launched->group = std::move(group);
  launched->note = std::move(note);
  return launched;
}

result<process_engine::launched_process>
process_engine::launch_with_pipes(process_spec& spec, const spawn_options& how) const {
  auto process = spawn(spec, inherited_, how);
  if (!process)
    return process.error();
  return launched_process{
      std::move(*process), std::move(spec.stdin_text), std::nullopt, nullptr, {}};
}

result<process_engine::launched_process>
process_engine::launch_with_terminal(process_spec& spec, spawn_options& how) const {
  auto terminal = pseudo_terminal::open(*spec.terminal);
  if (!terminal)
    return terminal.error();
  how.terminal = terminal->path();
  auto typed = std::exchange(spec.stdin_text, {});
  if (!spec.input_stays_open)
    typed += end_of_input;
  auto process = spawn(spec, inherited_, how);
  if (!process)
    return process.error();
  // Both ends of the child's streams are the terminal, each with a descriptor of its own.
  for (auto* end : {&process->input, &process->output}) {
    *end = unique_fd{::fcntl(terminal->descriptor(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1)};
    if (!*end) {
      auto why = explain_spawn_failure(errno, spec, spec.argv.front());
      child failed_one{std::move(*process), {}, false, run_output{0, {}}, run_output{0, {}}};
      failed_one.kill_group();
      failed_one.wait_for_exit();
      failed_one.reap();
      return why;
    }
  }
  return launched_process{std::move(*process), std::move(typed), std::move(*terminal), nullptr, {}};
}

bool process_engine::watch(process_handle handle, entry& running) {
  auto& process = running.process;
  running.exit =
      loop_.watch(process.exit_fd(), EPOLLIN, [this, handle](std::uint32_t) { note_exit(handle); });
  running.output = loop_.watch(process.output_fd(), EPOLLIN,
                               [this, handle](std::uint32_t) { read(handle, stream::output); });
  if (process.error_fd() >= 0) // a terminal shows all of it as one
    running.error = loop_.watch(process.error_fd(), EPOLLIN,
                                [this, handle](std::uint32_t) { read(handle, stream::error); });
  return running.exit != 0 && running.output != 0 &&
         (running.error != 0 || process.error_fd() < 0) && feed(handle, running);
}

void process_engine::stop(process_handle handle, std::optional<std::chrono::milliseconds> grace) {
  if (auto found = children_.find(handle); found != children_.end())
    begin_end(handle, found->second, grace ? usable(*grace) : found->second.grace);
}

void process_engine::measure(process_handle handle, std::function<void(std::uint64_t)> done) {
  auto found = children_.find(handle);
  call(done, found == children_.end() ? 0 : resident_bytes(found->second.process.pid()));
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
    call(done, nobody_reads());
    return false;
  }
  auto& running = found->second;
  if (running.process.waiting_input() + bytes.size() > input_bound) {
    call(done,
         error{errc::invalid_argument, "more than " + std::to_string(input_bound) +
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
      call(done, taken || process.input_fd() >= 0 ? result<void>{} : nobody_reads());
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
    call(grown, output_growth{which, std::min(bytes, limit), path_of(running.run, which)});
    return true;
  };
  auto output = running.process.output_bytes();
  auto error_output = running.process.error_bytes();
  tell(stream::output, output, listener.told_output);
  // What was called may have followed anew, but nothing ends a child from in here.
  if (running.listener)
    tell(stream::error, error_output, running.listener->told_error);
}

std::string process_engine::path_of(const std::string& run, stream which) const {
  if (options_.output_directory.empty())
    return {};
  return options_.output_directory + '/' + run + (which == stream::output ? ".out" : ".err");
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
  if (options_.reaper != ::getpid())
    return running.process.output_is_held();
  auto children = list_children(options_.reaper);
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
  call(forget(handle), std::move(exit));
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
    const auto& survivors = running.ending->account().survivors;
    std::string text = std::to_string(survivors.size()) + " of its processes could not be ended:";
    for (std::size_t i = 0; i < survivors.size() && i < most_survivors_told; ++i) {
      const auto& [process, reason] = survivors[i];
      text += process.pid == 0 ? " " + reason
                               : " " + std::to_string(process.pid) + " (" + process.command + ": " +
                                     reason + ")";
      if (process.pid != 0)
        exit.survivors.push_back(process.pid);
    }
    note(text);
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
  call(forget(handle), std::move(exit));
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
  children_.erase(handle);
  for (auto& waiting : awaiting_room)
    call(waiting, nobody_reads());
  return done;
}

void process_engine::look_for_the_end() {
  if (ending_ && children_.empty() && ended_)
    std::exchange(ended_, {})();
}

pid_t process_engine::pid_of(process_handle handle) const {
  auto found = children_.find(handle);
  return found == children_.end() ? -1 : found->second.process.pid();
}

} // namespace mahavishnu::exec
