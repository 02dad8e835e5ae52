// SPDX-License-Identifier: MIT
#include "exec/keeper.hpp"

#include "exec/survivors.hpp"

#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <system_error>

namespace mahavishnu::exec {

namespace {

using urgency = frame_socket::urgency;

/// Output of a stream that travels with the end of its run.
constexpr std::size_t inline_limit = 16 * 1024;

/// Runs that are known at a time, those that have ended and that nobody has heard among them.
constexpr std::size_t most_runs = 65536;

/// Connections that have not said hello; with one more the oldest has to go.
constexpr std::size_t most_connections = 16;
constexpr std::chrono::seconds patience_for_hello{5};

/// A server that takes nothing while this much waits for it loses its connection, but none of its
/// runs: it is told of them when it comes back.
constexpr std::size_t most_waiting = std::size_t{16} << 20;
/// With more than this waiting, the server reads even small outputs from their files.
constexpr std::size_t much_waiting = std::size_t{1} << 20;

constexpr std::chrono::milliseconds least_idle_time_at_start{2000};

/// How long the last words may take.
constexpr std::chrono::seconds patience_at_end{2};

constexpr std::chrono::hours own_grace{24};

void warn(const std::string& text) {
  std::fprintf(stderr, "mahavishnu-keeper: %s\n", text.c_str());
}

error system_error(const std::string& what) {
  return {errc::process_failed,
          "the keeper cannot " + what + ": " + std::generic_category().message(errno)};
}

/// Each run takes some descriptors of the keeper. Its processes get the limit that was there
/// before.
resource_limit raise_descriptor_limit() {
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  auto raised = before;
  raised.rlim_cur = raised.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &raised);
  return {"nofile", before.rlim_cur, before.rlim_max};
}

std::uint64_t size_of(const std::string& path) {
  struct stat found {};
  return ::stat(path.c_str(), &found) == 0 ? static_cast<std::uint64_t>(found.st_size) : 0;
}

bool is_our_user(const unique_fd& socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return ::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
         peer.uid == ::geteuid();
}

stream_state state_of(std::string text, std::uint64_t bytes) {
  if (bytes > inline_limit)
    return {bytes, false, {}};
  return {bytes, true, std::move(text)};
}

/// What is kept and written down: whoever hears of it later reads the files.
run_state without_text(run_state state) {
  for (auto* stream : {&state.output, &state.error_output})
    if (stream->bytes > 0)
      *stream = {stream->bytes, false, {}};
  return state;
}

} // namespace

keeper::keeper(const keeper_options& options, const wall_clock& clock, keeper_directory directory,
               run_log log, std::unique_ptr<event_loop> loop)
    : options_(options),
      clock_(clock),
      directory_(std::move(directory)),
      log_(std::move(log)),
      loop_(std::move(loop)),
      engine_(*loop_, {.output_directory = directory_.outputs(),
                       .memory_limit = inline_limit,
                       .mark = directory_.mark() + ".",
                       .ends_with_thread = true,
                       .limits = {raise_descriptor_limit()},
                       .reaper = ::getpid()}),
      epoch_(directory_.read_epoch()) {}

result<std::unique_ptr<keeper>> keeper::open(const keeper_options& options,
                                             const wall_clock& clock) {
  auto directory = keeper_directory::take(options.directory);
  if (!directory)
    return directory.error();
  run_log_contents known;
  auto log = run_log::open(directory->runs(), known);
  if (!log)
    return log.error();
  auto loop = event_loop::open();
  if (!loop)
    return loop.error();
  std::unique_ptr<keeper> opened{
      new keeper(options, clock, std::move(*directory), std::move(*log), std::move(*loop))};
  opened->adopt(std::move(known));
  if (auto doors = opened->open_doors(); !doors)
    return doors.error();
  return opened;
}

/// What another keeper has left behind: its processes are ended, its runs are lost, and ends that
/// nobody has heard are still to be told.
void keeper::adopt(run_log_contents known) {
  knows_all_ = !known.is_damaged;
  for (const auto& warning : known.warnings)
    warnings_.push_back(directory_.runs() + ": " + warning);
  std::map<std::string, std::vector<pid_t>> survivors;
  for (auto pid : end_survivors(directory_.mark() + ".")) {
    warnings_.push_back("process " + std::to_string(pid) + " of a keeper that died does not end");
    survivors[mark_of(pid)].push_back(pid);
  }
  engine_.end_left_groups();
  for (auto& [name, state] : known.runs) {
    if (!state.has_ended()) {
      state.ended_at = now();
      state.failure =
          error{errc::lost, "run '" + name +
                                "' is lost: the keeper that ran it was killed or crashed, and its "
                                "processes were ended; run it again if that does no harm"};
      if (auto left = survivors.find(directory_.mark() + "." + name); left != survivors.end()) {
        state.survivors = std::move(left->second);
        state.note = "processes of it were killed and do not end";
      }
      auto path = directory_.outputs() + "/" + name;
      state.output = {size_of(path + ".out"), false, {}};
      state.error_output = {size_of(path + ".err"), false, {}};
      if (auto written = log_.ended(state); !written)
        warnings_.push_back(written.error().message);
    }
    runs_.emplace(name, kept_run{.state = std::move(state)});
  }
  unheard_ = runs_.size();
}

result<void> keeper::open_doors() {
  // What escapes from its parent becomes our child, so nothing leaves the tree of its run.
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0)
    return system_error("become the parent of orphans");

  sigset_t wanted;
  sigemptyset(&wanted);
  for (int signal : {SIGCHLD, SIGTERM, SIGINT})
    sigaddset(&wanted, signal);
  signals_ = unique_fd{::signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK)};
  if (!signals_ || !loop_->watch(signals_.get(), EPOLLIN, [this](auto) { handle_signals(); }))
    return system_error("watch signals");

  watcher_ = unique_fd{::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)};
  if (!watcher_ ||
      ::inotify_add_watch(watcher_.get(), directory_.path().c_str(),
                          IN_DELETE | IN_MOVED_FROM | IN_DELETE_SELF | IN_MOVE_SELF) < 0 ||
      !loop_->watch(watcher_.get(), EPOLLIN, [this](auto) { handle_directory(); }))
    return system_error("watch its directory (raise fs.inotify.max_user_instances)");

  auto listener = directory_.listen();
  if (!listener)
    return listener.error();
  listener_ = std::move(*listener);
  if (!loop_->watch(listener_.get(), EPOLLIN, [this](auto) { accept_all(); }))
    return system_error("listen");
  // Who has started it gets the time to come.
  rest_ = loop_->after(std::max(options_.idle_time, least_idle_time_at_start),
                       [this] { loop_->stop(); });
  return {};
}

void keeper::run() {
  for (const auto& warning : std::exchange(warnings_, {}))
    warn(warning);
  loop_->run();
  if (directory_.is_there())
    directory_.remove_socket();
}

// -- connections ---------------------------------------------------------------------------------

void keeper::accept_all() {
  for (;;) {
    unique_fd socket{::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
    if (!socket)
      return;
    if (!is_our_user(socket))
      continue;
    // Who says nothing makes room for who comes later.
    if (connections_.size() > most_connections)
      drop(connections_.begin() == server_ ? std::next(server_) : connections_.begin());
    auto fresh = connections_.emplace(connections_.end());
    fresh->socket = std::make_unique<frame_socket>(
        *loop_, std::move(socket),
        frame_socket::callbacks{
            [this, fresh](std::string_view frame) { handle_frame(fresh, frame); },
            [this, fresh] { drop(fresh); }});
    fresh->patience = loop_->after(patience_for_hello, [this, fresh] {
      fresh->patience = {};
      drop(fresh);
    });
    if (!fresh->socket->is_watched())
      drop(fresh);
  }
}

void keeper::handle_frame(connections::iterator from, std::string_view frame) {
  auto said = keeper_wire::decode_command(frame);
  if (!said) {
    refuse(from, {errc::incompatible, "the keeper in '" + directory_.path() +
                                          "' does not understand what it was sent; end it and let "
                                          "a server of the same version start another"});
    return;
  }
  if (auto* greeting = std::get_if<keeper_wire::hello>(&*said)) {
    greet(from, *greeting);
  } else if (from == server_) {
    std::visit([this](auto& what) { carry_out(what); }, *said);
  } else {
    refuse(from, {errc::invalid_argument, "the first word to a keeper is hello"});
  }
}

void keeper::greet(connections::iterator from, keeper_wire::hello& said) {
  if (said.version != keeper_wire::version) {
    refuse(from, {errc::incompatible,
                  "the keeper in '" + directory_.path() + "' speaks version " +
                      std::to_string(keeper_wire::version) + " and the server version " +
                      std::to_string(said.version) +
                      "; let its runs end and close it, then the server starts its own"});
    return;
  }
  bool is_the_same = said.epoch == epoch_.number && said.server == epoch_.server;
  if (said.epoch <= epoch_.number && !is_the_same) {
    refuse(from, {errc::already_exists,
                  "the keeper in '" + directory_.path() + "' obeys a server with epoch " +
                      std::to_string(epoch_.number) + ", and this one came with " +
                      std::to_string(said.epoch) +
                      "; end this server, or start it with a greater epoch"});
    return;
  }
  if (!is_the_same) {
    epoch_ = {said.epoch, said.server};
    if (auto written = directory_.write_epoch(epoch_); !written)
      warn(written.error().message);
  }
  if (server_ != connections_.end() && server_ != from) {
    tell(keeper_wire::superseded{epoch_.number});
    drop(server_);
  }
  for (auto& [name, run] : runs_) // who follows is asked anew
    if (std::exchange(run.is_followed, false))
      engine_.follow(run.handle, {});
  server_ = from;
  ++server_number_;
  loop_->cancel(from->patience);
  engine_.inherit(std::move(said.environment), std::move(said.working_directory));
  tell(keeper_wire::welcome{keeper_wire::version, ::getpid(), directory_.mark(), knows_all_,
                            runs_.size()},
       urgency::soon);
  for (const auto& [name, run] : runs_)
    tell(keeper_wire::state{run.state}, urgency::soon);
  tell(keeper_wire::pong{}); // sends all of it
  look_at_rest();
}

void keeper::refuse(connections::iterator from, error why) {
  if (auto frame = keeper_wire::encode(keeper_wire::refused{std::move(why)}))
    from->socket->send(*frame, urgency::now);
  drop(from);
}

void keeper::drop(connections::iterator which) {
  loop_->cancel(which->patience);
  if (which == server_) {
    server_ = connections_.end();
    for (auto& [name, run] : runs_)
      if (std::exchange(run.is_followed, false))
        engine_.follow(run.handle, {});
  }
  connections_.erase(which);
  look_at_rest();
}

void keeper::tell(const keeper_wire::notice& what, urgency when) {
  if (server_ == connections_.end())
    return;
  if (auto frame = keeper_wire::encode(what))
    server_->socket->send(*frame, when);
  else
    warn(frame.error().message);
  // Not here: whoever calls this is in the middle of something.
  if (server_->socket->waiting() > most_waiting && !std::exchange(is_asking_whether_deaf_, true))
    loop_->post([this] { drop_if_deaf(); });
}

void keeper::drop_if_deaf() {
  is_asking_whether_deaf_ = false;
  if (server_ != connections_.end() && server_->socket->waiting() > most_waiting)
    drop(server_);
}

// -- what the server wants -----------------------------------------------------------------------

void keeper::carry_out(keeper_wire::start& what) {
  auto name = what.spec.run;
  if (auto known = runs_.find(name); known != runs_.end()) {
    tell(keeper_wire::state{known->second.state});
    return;
  }
  run_state state;
  state.run = name;
  state.started_at = now();
  state.input_bytes = what.spec.stdin_text.size();
  auto refuse_run = [&](error why) {
    state.ended_at = state.started_at;
    state.failure = std::move(why);
    tell(keeper_wire::state{state});
  };
  if (!is_run_name(name))
    return refuse_run({errc::invalid_argument, "'" + name.substr(0, 100) +
                                                   "' is no name of a run; use no more than 100 "
                                                   "letters, digits, '.', '_' and '-'"});
  if (runs_.size() >= most_runs)
    return refuse_run({errc::pool_full, "the keeper in '" + directory_.path() + "' knows " +
                                            std::to_string(runs_.size()) +
                                            " runs already; say of ended ones that they were "
                                            "heard"});
  if (auto written = log_.started(state); !written)
    return refuse_run(written.error());

  auto& run = runs_.emplace(name, kept_run{state, ++last_handle_}).first->second;
  auto handle = run.handle;
  engine_.start(handle, std::move(what.spec),
                [this, name](process_exit exit) { note_end(name, std::move(exit)); });
  // One that could not be started has ended already.
  if (auto pid = engine_.pid_of(handle); pid > 0) {
    run.state.pid = pid;
    tell(keeper_wire::state{run.state}, urgency::soon);
  }
  look_at_rest();
}

void keeper::carry_out(keeper_wire::stop& what) {
  if (auto* run = find_running(what.run)) {
    std::optional<std::chrono::milliseconds> grace;
    if (what.grace_ms >= 0)
      grace = std::chrono::milliseconds{what.grace_ms};
    engine_.stop(run->handle, grace);
  }
}

void keeper::carry_out(keeper_wire::write_input& what) {
  auto answer = [this, request = what.request, number = server_number_](result<void> taken) {
    if (number != server_number_)
      return;
    std::optional<error> failure;
    if (!taken)
      failure = taken.error();
    tell(keeper_wire::input_taken{request, std::move(failure)});
  };
  auto* run = find_running(what.run);
  auto given = run ? run->state.input_bytes : 0;
  if (run && what.position > given)
    return answer(error{errc::invalid_argument,
                        "input for run '" + what.run + "' begins at byte " +
                            std::to_string(what.position) + ", but only " + std::to_string(given) +
                            " bytes came before it; give what is missing first"});
  if (run && run->has_all_input)
    return answer({}); // it was said once more
  auto again = run ? std::min<std::uint64_t>(given - what.position, what.bytes.size()) : 0;
  auto fresh = std::string_view{what.bytes}.substr(again);
  if (again > 0 && fresh.empty() && !what.last)
    return answer({});
  if (engine_.write_input(run ? run->handle : 0, fresh, what.last, answer))
    run->state.input_bytes += fresh.size();
  if (run)
    run->has_all_input = what.last;
}

void keeper::carry_out(keeper_wire::resize& what) {
  if (auto* run = find_running(what.run))
    engine_.resize(run->handle, what.size);
}

void keeper::carry_out(keeper_wire::measure& what) {
  auto* run = find_running(what.run);
  engine_.measure(run ? run->handle : 0, [this, request = what.request](std::uint64_t bytes) {
    tell(keeper_wire::measured{request, bytes});
  });
}

void keeper::carry_out(keeper_wire::follow& what) {
  if (auto* run = find_running(what.run)) {
    run->is_followed = true;
    engine_.follow(run->handle, [this, name = what.run](const output_growth& growth) {
      tell(keeper_wire::grown{name, growth.which, growth.bytes});
    });
  }
}

void keeper::carry_out(keeper_wire::unfollow& what) {
  if (auto* run = find_running(what.run)) {
    run->is_followed = false;
    engine_.follow(run->handle, {});
  }
}

void keeper::carry_out(keeper_wire::heard& what) {
  auto found = runs_.find(what.run);
  if (found == runs_.end() || !found->second.state.has_ended())
    return;
  if (auto written = log_.heard(what.run); !written)
    warn(written.error().message);
  const auto& run = found->second;
  if (run.is_forgotten && run.state.output.bytes + run.state.error_output.bytes > 0)
    remove_files(what.run);
  runs_.erase(found);
  --unheard_;
  look_at_rest();
}

void keeper::carry_out(keeper_wire::forget& what) {
  if (auto found = runs_.find(what.run); found != runs_.end())
    found->second.is_forgotten = true; // the files go together with the record
  else if (is_run_name(what.run))
    remove_files(what.run);
}

void keeper::carry_out(keeper_wire::close& what) {
  end_everything(std::chrono::milliseconds{std::max<std::int64_t>(what.longest_grace_ms, 0)});
}

void keeper::carry_out(keeper_wire::ping& what) {
  tell(keeper_wire::pong{what.request});
}

keeper::kept_run* keeper::find_running(const std::string& run) {
  auto found = runs_.find(run);
  return found == runs_.end() || found->second.state.has_ended() ? nullptr : &found->second;
}

void keeper::note_end(const std::string& name, process_exit exit) {
  auto& run = runs_.at(name);
  run.state.ended_at = now();
  run.state.failure = std::move(exit.failure);
  run.state.exit_code = exit.exit_code;
  run.state.signal = exit.signal;
  run.state.survivors = std::move(exit.survivors);
  run.state.note = std::move(exit.note);
  run.state.output = state_of(std::move(exit.standard_output), exit.output_bytes);
  run.state.error_output = state_of(std::move(exit.standard_error), exit.error_bytes);
  auto told = std::exchange(run.state, without_text(run.state));
  ++unheard_;
  // Written before it is told: what a server has heard of is never unknown to the next keeper.
  if (auto written = log_.ended(run.state); !written)
    warn(written.error().message);
  bool hurried = server_ != connections_.end() && server_->socket->waiting() > much_waiting;
  tell(keeper_wire::state{hurried ? run.state : std::move(told)});
  look_at_rest();
}

void keeper::remove_files(const std::string& run) const {
  for (const char* ending : {".out", ".err"})
    ::unlink((directory_.outputs() + "/" + run + ending).c_str());
}

std::int64_t keeper::now() const {
  using namespace std::chrono;
  return duration_cast<milliseconds>(clock_.now().time_since_epoch()).count();
}

// -- ends ----------------------------------------------------------------------------------------

void keeper::handle_signals() {
  std::array<signalfd_siginfo, 8> some;
  bool told_to_end = false;
  // What is left over makes the descriptor ready once more.
  auto bytes = ::read(signals_.get(), some.data(), sizeof some);
  for (std::size_t i = 0; bytes > 0 && i < static_cast<std::size_t>(bytes) / sizeof some[0]; ++i)
    told_to_end = told_to_end || some[i].ssi_signo != SIGCHLD;
  engine_.reap();
  if (told_to_end)
    end_everything(own_grace);
}

void keeper::handle_directory() {
  alignas(inotify_event) char events[4096];
  while (::read(watcher_.get(), events, sizeof events) > 0) {
  }
  if (!directory_.is_there())
    end_everything(own_grace);
}

void keeper::end_everything(std::chrono::milliseconds longest_grace) {
  ending_ = true;
  engine_.end_all(longest_grace, [this] { leave_when_told(); });
}

/// The last ends are still to reach the server, if it listens.
void keeper::leave_when_told() {
  auto give_up_at = event_loop::clock::now() + patience_at_end;
  auto look = [this, give_up_at](auto& again) -> void {
    bool nobody_listens = server_ == connections_.end();
    if (nobody_listens || (unheard_ == 0 && server_->socket->waiting() == 0) ||
        event_loop::clock::now() >= give_up_at)
      loop_->stop();
    else
      loop_->after(std::chrono::milliseconds{5}, [again] { again(again); });
  };
  look(look);
}

/// Sets the alarm that ends a keeper nobody needs, or takes it back.
void keeper::look_at_rest() {
  bool at_rest = server_ == connections_.end() && engine_.running() == 0 &&
                 (unheard_ == 0 || options_.leaves_when_done);
  if (!at_rest || ending_)
    loop_->cancel(rest_);
  else if (!rest_)
    rest_ = loop_->after(options_.idle_time, [this] { loop_->stop(); });
}

} // namespace mahavishnu::exec
