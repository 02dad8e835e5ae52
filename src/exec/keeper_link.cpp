// SPDX-License-Identifier: MIT
#include "exec/keeper_link.hpp"

#include "exec/call_back.hpp"
#include "exec/keeper_directory.hpp"
#include "exec/kept_outputs.hpp"
#include "exec/output_capture.hpp"
#include "exec/output_file.hpp"

#include <sys/random.h>

#include <algorithm>
#include <utility>

namespace mahavishnu::exec {

namespace {

using stream = output_growth::stream;
using urgency = frame_socket::urgency;

/// Between two looks for a keeper that is just starting or ending.
constexpr std::chrono::milliseconds between_looks{10};

/// Input that goes in one frame.
constexpr std::size_t input_piece = 256 * 1024;

/// Input that is known from the beginning and travels with the start.
constexpr std::size_t input_with_start = std::size_t{1} << 20;

constexpr std::size_t most_recently_heard = 8192;

process_exit failed(error failure) {
  process_exit exit;
  exit.failure = std::move(failure);
  return exit;
}

error not_running() {
  return {errc::process_failed, "the process reads no input any more: it has ended"};
}

std::string name_by_chance() {
  std::uint64_t random[2] = {};
  (void)!::getrandom(random, sizeof random, 0);
  return std::to_string(random[0]) + "." + std::to_string(random[1]);
}

/// What is kept of a stream that is in a file: as if it had been kept from its start.
std::string read_kept(const std::string& path, std::uint64_t bytes, std::size_t limit) {
  output_capture kept{limit};
  auto first = read_output(path, 0, limit);
  if (!first)
    return {};
  if (first->file_size <= limit) {
    kept.append(first->bytes);
    return kept.take();
  }
  auto tail = limit / 2;
  auto last = read_output(path, first->file_size - tail, tail);
  kept.append(std::string_view{first->bytes}.substr(0, limit - tail));
  kept.skip(std::max(bytes, first->file_size) - limit);
  if (last)
    kept.append(last->bytes);
  return kept.take();
}

} // namespace

keeper_link::keeper_link(event_loop& loop, process_engine& starter,
                         std::function<process_handle()> next_handle, keeper_link_options options,
                         std::vector<std::string> environment, std::string working_directory)
    : loop_(loop),
      starter_(starter),
      next_handle_(std::move(next_handle)),
      options_(std::move(options)),
      environment_(std::move(environment)),
      working_directory_(std::move(working_directory)),
      server_(name_by_chance()) {}

keeper_link::~keeper_link() {
  *alive_ = false;
}

// -- reaching the keeper -------------------------------------------------------------------------

void keeper_link::connect(std::function<void(result<std::vector<run_state>>)> done) {
  if (over_because_) {
    call_back(done, *over_because_);
    return;
  }
  if (phase_ == phase::obeyed) {
    std::vector<run_state> adopted;
    for (const auto& [name, state] : adoptable_)
      adopted.push_back(state);
    call_back(done, std::move(adopted));
    return;
  }
  connecting_.push_back(std::move(done));
  if (phase_ == phase::apart)
    reach();
}

void keeper_link::reach() {
  phase_ = phase::reaching;
  give_up_at_ = event_loop::clock::now() + options_.patience;
  try_to_reach();
}

void keeper_link::try_to_reach() {
  if (phase_ != phase::reaching)
    return;
  if (auto socket = keeper_directory::connect(options_.directory))
    greet(std::move(socket));
  else if (event_loop::clock::now() >= give_up_at_)
    give_up({errc::unreachable, "the keeper in '" + options_.directory +
                                    "' does not answer; look at the process that holds '" +
                                    options_.directory + "/lock' and at its log"});
  else if (is_starting_ || keeper_directory::is_served(options_.directory))
    try_again_soon();
  else
    start_keeper();
}

void keeper_link::try_again_soon() {
  loop_.cancel(retry_);
  retry_ = loop_.after(between_looks, [this] {
    retry_ = {};
    try_to_reach();
  });
}

void keeper_link::start_keeper() {
  process_spec spec;
  spec.argv = {options_.keeper_program, "--dir", options_.directory, "--idle-ms",
               std::to_string(options_.idle_time.count())};
  if (options_.leaves_when_done)
    spec.argv.emplace_back("--leaves-when-done");
  is_starting_ = true;
  starter_.start(next_handle_(), std::move(spec), [this, alive = alive_](process_exit exit) {
    constexpr int served_already = 3;
    if (!*alive)
      return;
    is_starting_ = false;
    if (phase_ != phase::reaching) // another one was there first
      return;
    if (exit.failure)
      give_up(*exit.failure);
    else if (exit.exit_code == 0)
      try_to_reach();
    else if (exit.exit_code == served_already ||
             exit.signal != 0) // somebody was faster, or killed it
      try_again_soon();
    else
      give_up({errc::process_failed,
               "the keeper '" + options_.keeper_program + "' does not start (exit code " +
                   std::to_string(exit.exit_code) + "): " + exit.standard_error});
  });
}

void keeper_link::greet(unique_fd socket) {
  phase_ = phase::greeting;
  socket_ = std::make_unique<frame_socket>(
      loop_, std::move(socket),
      frame_socket::callbacks{[this](std::string_view frame) { handle_frame(frame); },
                              [this] { connection_lost(); }});
  if (!socket_->is_watched()) {
    give_up({errc::process_failed, "the connection to a keeper cannot be watched; raise "
                                   "fs.epoll.max_user_watches"});
    return;
  }
  loop_.cancel(patience_);
  patience_ = loop_.at(give_up_at_, [this] {
    patience_ = {};
    give_up({errc::unreachable, "the keeper in '" + options_.directory +
                                    "' has accepted a connection, but says nothing; is it "
                                    "stopped?"});
  });
  states_to_come_ = ~std::uint64_t{0};
  listed_.clear();
  send(keeper_wire::hello{keeper_wire::version, options_.epoch, server_, working_directory_,
                          environment_});
}

void keeper_link::connection_lost() {
  socket_.reset();
  loop_.cancel(patience_);
  feeding_.clear();
  for (auto& [request, done] : std::exchange(measuring_, {}))
    call_back(done, 0);
  if (!closing_.empty()) {
    end_for_good({errc::shutting_down, "the keeper in '" + options_.directory +
                                           "' has been closed; open it again first"});
  } else if (phase_ == phase::greeting) { // it was just about to go
    phase_ = phase::reaching;
    try_again_soon();
  } else if (phase_ == phase::obeyed) {
    pid_ = -1;
    phase_ = phase::apart;
    if (!runs_.empty())
      reach();
  }
}

/// No keeper can be reached now; the next run tries again.
void keeper_link::give_up(const error& why) {
  if (phase_ == phase::over)
    return;
  phase_ = phase::apart;
  pid_ = -1;
  socket_.reset();
  loop_.cancel(patience_);
  loop_.cancel(retry_);
  for (auto& done : std::exchange(connecting_, {}))
    call_back(done, why);
  for (auto& done : std::exchange(closing_, {}))
    call_back(done);
  fail_all(why);
}

void keeper_link::end_for_good(const error& why) {
  over_because_ = why;
  give_up(why);
  phase_ = phase::over;
}

void keeper_link::shut_down() {
  end_for_good({errc::shutting_down, "this server has let go of its keeper, which goes on with "
                                     "what it runs; the next server hears of it"});
  *alive_ = false;
}

void keeper_link::complete_greeting() {
  phase_ = phase::obeyed;
  loop_.cancel(patience_);
  auto listed = std::exchange(listed_, {});
  adoptable_.clear();
  std::vector<run_state> adopted;
  for (const auto& [name, state] : listed) {
    if (handles_.contains(name))
      continue;
    if (state.has_ended() && std::ranges::find(recently_heard_, name) != recently_heard_.end()) {
      send(keeper_wire::heard{name}, urgency::soon);
      continue;
    }
    adoptable_.emplace(name, state);
    adopted.push_back(state);
  }
  for (auto& done : std::exchange(connecting_, {}))
    call_back(done, adopted);

  std::vector<process_handle> waited;
  for (const auto& [handle, run] : runs_)
    waited.push_back(handle);
  std::ranges::sort(waited); // in the order in which they were asked for
  for (auto handle : waited)
    if (auto found = runs_.find(handle); found != runs_.end()) {
      auto known = listed.find(found->second.run);
      resume(handle, found->second, known == listed.end() ? nullptr : &known->second);
    }
  if (!closing_.empty())
    send(keeper_wire::close{longest_grace_.count()});
  look_whether_idle();
}

/// Goes on with a run where it is after a connection was made: perhaps in another keeper.
void keeper_link::resume(process_handle handle, waited_run& run, const run_state* known) {
  run.input_request = 0;
  if (known && known->has_ended()) {
    finish(handle, *known);
    return;
  }
  if (known) {
    run.is_known = true;
    run.start_frame.clear();
  } else if (run.is_known || !may_be_sent(run)) {
    fail(handle,
         {errc::lost,
          "run '" + run.run + "' is lost: the keeper that was to run it is gone, and the one in '" +
              options_.directory + "' does not know it; run it again if that does no harm"});
    return;
  } else {
    send_start(run);
  }
  send_wishes(handle, run);
}

/// A keeper writes down what it starts before it does. So what it does not know has not begun,
/// unless it is another keeper which cannot know all.
bool keeper_link::may_be_sent(const waited_run& run) const {
  return run.sent_to.empty() || run.sent_to_pid == pid_ || (run.sent_to == mark_ && knows_all_);
}

void keeper_link::send_start(waited_run& run) {
  socket_->send(run.start_frame, urgency::now);
  run.sent_to = mark_;
  run.sent_to_pid = pid_;
}

/// What was asked for besides the start.
void keeper_link::send_wishes(process_handle handle, waited_run& run) {
  if (run.stop_wanted)
    send(keeper_wire::stop{run.run, -1});
  if (run.grown)
    send(keeper_wire::follow{run.run});
  send_input(handle, run);
}

// -- what is asked for ---------------------------------------------------------------------------

void keeper_link::start(process_handle handle, process_spec spec, exit_callback done) {
  auto refuse = [&](error why) { call_back(done, failed(std::move(why))); };
  if (over_because_)
    return refuse(*over_because_);
  if (!is_run_name(spec.run))
    return refuse({errc::invalid_argument, "'" + spec.run.substr(0, 100) +
                                               "' is no name of a run; use no more than 100 "
                                               "letters, digits, '.', '_' and '-'"});
  if (handles_.contains(spec.run))
    return refuse({errc::already_exists,
                   "run '" + spec.run + "' runs already; give each run a name of its own"});
  waited_run run;
  run.run = spec.run;
  run.output_limit = spec.output_limit;
  if (spec.stdin_text.size() > input_with_start) {
    auto rest = spec.stdin_text.substr(input_with_start);
    run.input.push_back({std::move(rest), 0, !spec.input_stays_open, {}});
    spec.stdin_text.resize(input_with_start);
    spec.input_stays_open = true;
  }
  run.input_position = spec.stdin_text.size();
  auto frame = keeper_wire::encode(keeper_wire::start{std::move(spec)});
  if (!frame)
    return refuse({errc::invalid_argument,
                   "the arguments and the environment of run '" + run.run +
                       "' are too long for the system; pass the data by stdin or in a file"});
  run.start_frame = std::move(*frame);
  run.done = std::move(done);
  adoptable_.erase(run.run);
  handles_[run.run] = handle;
  auto& kept = runs_.emplace(handle, std::move(run)).first->second;
  if (phase_ == phase::obeyed) {
    send_start(kept);
    send_wishes(handle, kept);
  } else if (phase_ == phase::apart) {
    reach();
  }
}

void keeper_link::attach(process_handle handle, const std::string& name, std::size_t output_limit,
                         exit_callback done) {
  if (phase_ != phase::obeyed && phase_ != phase::over) {
    connect([this, handle, name, output_limit, done = std::move(done)](const auto& reached) {
      if (reached)
        attach(handle, name, output_limit, done);
      else
        call_back(done, failed(reached.error()));
    });
    return;
  }
  auto found = adoptable_.find(name);
  if (found == adoptable_.end()) {
    call_back(done,
              failed(over_because_.value_or(error{
                  errc::lost, "the keeper in '" + options_.directory + "' has no run '" + name +
                                  "' that nobody waits for; look at what it had when "
                                  "it was opened"})));
    return;
  }
  auto state = std::move(found->second);
  adoptable_.erase(found);
  waited_run run;
  run.run = name;
  run.output_limit = output_limit;
  run.done = std::move(done);
  run.is_known = true;
  run.input_position = state.input_bytes;
  handles_[name] = handle;
  runs_.emplace(handle, std::move(run));
  if (state.has_ended())
    finish(handle, state);
}

void keeper_link::stop(process_handle handle) {
  auto found = runs_.find(handle);
  if (found == runs_.end() || std::exchange(found->second.stop_wanted, true))
    return;
  send(keeper_wire::stop{found->second.run, -1});
}

void keeper_link::measure(process_handle handle, std::function<void(std::uint64_t)> done) {
  auto found = runs_.find(handle);
  if (found == runs_.end() || phase_ != phase::obeyed) {
    call_back(done, 0);
    return;
  }
  measuring_[++last_request_] = std::move(done);
  send(keeper_wire::measure{last_request_, found->second.run});
}

void keeper_link::write_input(process_handle handle, std::string bytes, bool last,
                              std::function<void(result<void>)> done) {
  auto found = runs_.find(handle);
  if (found == runs_.end()) {
    call_back(done, not_running());
    return;
  }
  auto& run = found->second;
  if (run.input_bytes_waiting + bytes.size() > input_bound) {
    call_back(done, error{errc::invalid_argument,
                          "more than " + std::to_string(input_bound) +
                              " bytes of input would wait for run '" + run.run +
                              "'; give no more before the answer to what was given"});
    return;
  }
  run.input_bytes_waiting += bytes.size();
  run.input.push_back({std::move(bytes), 0, last, std::move(done)});
  send_input(handle, run);
}

/// The next piece, when the keeper has taken the one before.
void keeper_link::send_input(process_handle handle, waited_run& run) {
  if (phase_ != phase::obeyed || run.input.empty() || run.input_request != 0)
    return;
  const auto& next = run.input.front();
  auto piece = next.bytes.substr(next.sent, input_piece);
  run.input_request = ++last_request_;
  run.input_piece = piece.size();
  feeding_[run.input_request] = handle;
  bool last = next.last && next.sent + piece.size() == next.bytes.size();
  send(keeper_wire::write_input{run.input_request, run.run, run.input_position, std::move(piece),
                                last});
}

void keeper_link::resize(process_handle handle, terminal_size size) {
  if (auto found = runs_.find(handle); found != runs_.end())
    send(keeper_wire::resize{found->second.run, size});
}

void keeper_link::follow(process_handle handle, std::function<void(const output_growth&)> grown) {
  auto found = runs_.find(handle);
  if (found == runs_.end())
    return;
  found->second.grown = std::move(grown);
  if (found->second.grown)
    send(keeper_wire::follow{found->second.run});
  else
    send(keeper_wire::unfollow{found->second.run});
}

void keeper_link::heard(const std::string& run) {
  recently_heard_.push_back(run);
  if (recently_heard_.size() > most_recently_heard)
    recently_heard_.pop_front();
  adoptable_.erase(run);
  send(keeper_wire::heard{run}, urgency::soon);
}

void keeper_link::forget(const std::string& run) {
  send(keeper_wire::forget{run}, urgency::soon);
}

void keeper_link::settle(const std::string& run) {
  if (auto ours = handles_.find(run); ours != handles_.end()) {
    runs_.at(ours->second).is_settled = true;
    return;
  }
  forget(run);
  heard(run);
}

void keeper_link::close(std::chrono::milliseconds longest_grace, std::function<void()> done) {
  if (phase_ == phase::over) {
    call_back(done);
    return;
  }
  closing_.push_back(std::move(done));
  longest_grace_ = longest_grace;
  if (phase_ == phase::obeyed)
    send(keeper_wire::close{longest_grace.count()});
  else if (phase_ == phase::apart && keeper_directory::is_served(options_.directory))
    reach();
  else if (phase_ == phase::apart)
    connection_lost();
}

void keeper_link::send(const keeper_wire::command& what, urgency when) {
  if (!socket_ || (phase_ != phase::obeyed && !std::holds_alternative<keeper_wire::hello>(what)))
    return; // what still counts is said again when the keeper has been reached
  if (auto frame = keeper_wire::encode(what))
    socket_->send(*frame, when);
}

// -- what the keeper says ------------------------------------------------------------------------

void keeper_link::handle_frame(std::string_view frame) {
  if (auto said = keeper_wire::decode_notice(frame))
    std::visit([this](auto& one) { handle(one); }, *said);
  else
    end_for_good({errc::incompatible, "the keeper in '" + options_.directory +
                                          "' says what this version does not understand; use the "
                                          "mahavishnu-keeper that belongs to it"});
}

void keeper_link::handle(keeper_wire::welcome& said) {
  pid_ = said.pid;
  mark_ = std::move(said.mark);
  knows_all_ = said.knows_all;
  states_to_come_ = said.runs;
  if (states_to_come_ == 0)
    complete_greeting();
}

void keeper_link::handle(keeper_wire::refused& said) {
  end_for_good(said.why);
}

void keeper_link::handle(keeper_wire::superseded& said) {
  end_for_good({errc::unreachable, "another server, with epoch " + std::to_string(said.epoch) +
                                       ", has taken over the keeper in '" + options_.directory +
                                       "' and its runs; ask that server"});
}

void keeper_link::handle(keeper_wire::state& said) {
  if (phase_ == phase::greeting) {
    auto name = said.of.run;
    listed_[name] = std::move(said.of);
    if (listed_.size() >= states_to_come_)
      complete_greeting();
    return;
  }
  auto ours = handles_.find(said.of.run);
  if (ours == handles_.end()) {
    auto name = said.of.run;
    adoptable_[name] = std::move(said.of);
    look_whether_idle();
    return;
  }
  auto& run = runs_.at(ours->second);
  run.is_known = true;
  run.start_frame.clear();
  if (said.of.has_ended())
    finish(ours->second, said.of);
}

void keeper_link::handle(keeper_wire::input_taken& said) {
  auto found = feeding_.find(said.request);
  if (found == feeding_.end())
    return;
  auto handle = found->second;
  feeding_.erase(found);
  auto& run = runs_.at(handle);
  run.input_request = 0;
  if (said.failure) {
    run.input_bytes_waiting = 0;
    for (auto& waiting : std::exchange(run.input, {}))
      call_back(waiting.done, *said.failure);
    return;
  }
  auto& front = run.input.front();
  front.sent += run.input_piece;
  run.input_position += run.input_piece;
  std::function<void(result<void>)> done;
  if (front.sent == front.bytes.size()) {
    done = std::move(front.done);
    if (done)
      run.input_bytes_waiting -= front.bytes.size();
    run.input.pop_front();
  }
  send_input(handle, run);
  call_back(done, result<void>{});
}

void keeper_link::handle(keeper_wire::measured& said) {
  if (auto found = measuring_.extract(said.request))
    call_back(found.mapped(), said.bytes);
}

void keeper_link::handle(keeper_wire::grown& said) {
  auto found = handles_.find(said.run);
  if (found == handles_.end())
    return;
  auto grown = runs_.at(found->second).grown; // it may follow anew
  call_back(grown, output_growth{said.which, said.bytes, path_of(said.run, said.which)});
}

// -- ends ----------------------------------------------------------------------------------------

keeper_link::waited_run keeper_link::take(process_handle handle) {
  auto run = std::move(runs_.extract(handle).mapped());
  handles_.erase(run.run);
  feeding_.erase(run.input_request);
  return run;
}

void keeper_link::finish(process_handle handle, const run_state& state) {
  auto run = take(handle);
  for (auto& waiting : run.input)
    call_back(waiting.done, not_running());
  auto exit = exit_of(state, run.output_limit);
  if (run.output_limit > 0) // somebody wants to know what it wrote
    keep_long_outputs(run.run, exit);
  call_back(run.done, std::move(exit));
  if (options_.hears_at_once || run.is_settled) {
    forget(run.run);
    heard(run.run);
  }
  look_whether_idle();
}

void keeper_link::fail(process_handle handle, const error& why) {
  auto run = take(handle);
  for (auto& waiting : run.input)
    call_back(waiting.done, why);
  call_back(run.done, failed(why));
  look_whether_idle();
}

bool keeper_link::is_idle() const {
  return runs_.empty() &&
         std::ranges::all_of(adoptable_, [](const auto& one) { return one.second.has_ended(); });
}

void keeper_link::when_idle(std::function<void()> idle) {
  idle_ = std::move(idle);
  look_whether_idle();
}

void keeper_link::look_whether_idle() {
  if (idle_ && is_idle())
    std::exchange(idle_, {})();
}

void keeper_link::fail_all(const error& why) {
  std::vector<process_handle> all;
  for (const auto& [handle, run] : runs_)
    all.push_back(handle);
  for (auto handle : all)
    fail(handle, why);
}

process_exit keeper_link::exit_of(const run_state& state, std::size_t output_limit) const {
  process_exit exit;
  exit.failure = state.failure;
  exit.exit_code = state.exit_code;
  exit.signal = state.signal;
  exit.survivors = state.survivors;
  exit.note = state.note;
  auto read = [&](const stream_state& from, stream which, std::string& text, bool& truncated) {
    if (from.is_inline) {
      output_capture kept{output_limit};
      kept.append(from.text);
      text = kept.take();
    } else if (from.bytes > 0) {
      text = read_kept(path_of(state.run, which), from.bytes, output_limit);
    }
    truncated = from.bytes > output_limit || text.size() < from.bytes;
    return from.bytes;
  };
  exit.output_bytes =
      read(state.output, stream::output, exit.standard_output, exit.output_truncated);
  exit.error_bytes =
      read(state.error_output, stream::error, exit.standard_error, exit.error_truncated);
  return exit;
}

/// Before anybody hears of the end, which is when the files may go.
void keeper_link::keep_long_outputs(const std::string& run, process_exit& exit) const {
  const kept_outputs kept{options_.kept_outputs};
  auto keep = [&](stream which) {
    if (auto done = kept.keep(path_of(run, which)); !done)
      exit.note += (exit.note.empty() ? "" : "; ") + done.error().message;
  };
  if (exit.output_truncated)
    keep(stream::output);
  if (exit.error_truncated)
    keep(stream::error);
}

std::string keeper_link::path_of(const std::string& run, stream which) const {
  return output_path(keeper_directory::outputs_in(options_.directory), run, which);
}

} // namespace mahavishnu::exec
