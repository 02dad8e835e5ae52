// SPDX-License-Identifier: MIT
#include "patterns/interpreter_pool.hpp"

#include "patterns/python_driver.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

namespace mahavishnu {

namespace {

/// After an interpreter that did not start, before the next one is tried.
constexpr std::chrono::seconds pause_after_failure{1};

result<void> check(const interpreter_pool_options& options) {
  auto refuse = [](const std::string& why) -> result<void> {
    return error{errc::invalid_argument, "a pool of interpreters " + why};
  };
  if (options.command.empty() || options.command.front().empty())
    return refuse("needs a program; name one, python3 for example");
  if (options.most_interpreters < 1 || options.most_interpreters > 1000)
    return refuse("can have 1 to 1000 processes, not " + std::to_string(options.most_interpreters));
  if (options.most_scripts < 1)
    return refuse("has to let a process run one script at least");
  if (options.idle_limit.count() < 0 || options.start_limit.count() <= 0 ||
      options.grace.count() < 0)
    return refuse("has times that are below zero, or none to start in");
  return {};
}

} // namespace

result<std::unique_ptr<interpreter_pool>> interpreter_pool::open(exec::process_runner& runner,
                                                                 interpreter_pool_options options) {
  if (auto good = check(options); !good)
    return good.error();
  auto loop = exec::event_loop::open();
  if (!loop)
    return loop.error();
  std::error_code failure;
  auto directory = std::filesystem::temp_directory_path(failure) / "mahavishnu-pool-XXXXXX";
  auto path = directory.string();
  // Mode 0700, so nobody else reaches the sockets in it.
  if (failure || ::mkdtemp(path.data()) == nullptr)
    return error{errc::io_failed, "cannot make a directory '" + directory.string() +
                                      "' for the sockets of interpreters: " +
                                      std::generic_category().message(errno) +
                                      "; let TMPDIR name one where that is possible"};
  std::unique_ptr<interpreter_pool> pool{
      new interpreter_pool{runner, std::move(options), std::move(*loop), path}};
  if (auto started = pool->thread_.start(*pool->loop_); !started)
    return started.error();
  return pool;
}

interpreter_pool::interpreter_pool(exec::process_runner& runner, interpreter_pool_options options,
                                   std::unique_ptr<exec::event_loop> loop,
                                   std::filesystem::path directory)
    : runner_(runner),
      options_(std::move(options)),
      loop_(std::move(loop)),
      directory_(std::move(directory)) {}

interpreter_pool::~interpreter_pool() {
  refusing_ = true;
  if (thread_.runs()) {
    loop_->post([this] { close(); });
    thread_.join();
  }
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

result<interpreter_pool::run_number> interpreter_pool::run(script_request request,
                                                           done_callback done) {
  if (auto good = interpreter_wire::check(request); !good)
    return good.error();
  if (refusing_) // a `done` may ask for more while we go
    return error{errc::shutting_down, "the pool of interpreters is ending"};
  if (unfinished_.fetch_add(1) >= options_.most_waiting + options_.most_interpreters) {
    --unfinished_;
    return error{errc::pool_full, "the pool of '" + options_.command.front() + "' is full (" +
                                      std::to_string(options_.most_waiting) +
                                      " scripts wait); try again later or let more wait"};
  }
  auto number = ++last_number_;
  loop_->post([this, number, request = std::move(request), done = std::move(done)]() mutable {
    waiting_.push_back({number, std::move(request), counted(std::move(done))});
    serve();
  });
  return number;
}

void interpreter_pool::cancel(run_number number) {
  loop_->post([this, number] { cancel_now(number); });
}

interpreter_pool::counts interpreter_pool::now() const {
  return {started_, recycled_, interpreters_, unfinished_};
}

interpreter_pool::done_callback interpreter_pool::counted(done_callback done) {
  return [this, done = std::move(done)](script_outcome end) {
    --unfinished_;
    try {
      if (done)
        done(std::move(end));
    } catch (...) { // NOLINT(bugprone-empty-catch): as promised
    }
  };
}

void interpreter_pool::serve() {
  if (closing_)
    return fail_all_waiting({errc::shutting_down, "the pool of interpreters is ending"});
  for (auto at = seats_.begin(); at != seats_.end() && !waiting_.empty(); ++at)
    if (at->process->state() == interpreter::phase::idle)
      give_work(at);
  while (!next_try_ && seats_.size() < options_.most_interpreters && starting() < waiting_.size())
    start_one();
}

std::size_t interpreter_pool::starting() const {
  return static_cast<std::size_t>(std::ranges::count_if(seats_, [](const seat& each) {
    return each.process->state() == interpreter::phase::starting;
  }));
}

void interpreter_pool::start_one() {
  auto where = seats_.emplace(seats_.end());
  where->process =
      std::make_unique<interpreter>(*loop_, runner_,
                                    interpreter::options{options_.command, python_driver,
                                                         directory_ / std::to_string(++last_seat_),
                                                         options_.start_limit, options_.grace},
                                    interpreter::callbacks{[this, where] { note_idle(where); },
                                                           [this, where] { note_gone(where); }});
  if (auto started = where->process->start(); !started) {
    seats_.erase(where);
    return note_start_failure(started.error());
  }
  ++started_;
  interpreters_ = seats_.size();
}

void interpreter_pool::give_work(seats::iterator where) {
  auto script = std::move(waiting_.front());
  waiting_.pop_front();
  loop_->cancel(where->idle_end);
  where->process->run(script.number, script.request, std::move(script.done));
}

bool interpreter_pool::has_outlived(const interpreter& process) const {
  return process.scripts() >= options_.most_scripts ||
         process.resident_bytes() > options_.most_bytes;
}

void interpreter_pool::note_idle(seats::iterator where) {
  if (closing_ || has_outlived(*where->process)) {
    recycled_ += closing_ ? 0 : 1;
    return where->process->end();
  }
  if (!waiting_.empty())
    return give_work(where);
  where->idle_end = loop_->after(options_.idle_limit, [where] {
    where->idle_end = {};
    where->process->end();
  });
}

void interpreter_pool::note_gone(seats::iterator where) {
  auto failure = where->process->failure();
  bool has_worked = where->process->scripts() > 0;
  loop_->cancel(where->idle_end);
  seats_.erase(where);
  interpreters_ = seats_.size();
  if (closing_) {
    if (seats_.empty())
      loop_->stop();
    return;
  }
  if (failure && !has_worked)
    return note_start_failure(*failure);
  serve();
}

void interpreter_pool::note_start_failure(const error& why) {
  bool others_work = std::ranges::any_of(
      seats_, [](const seat& each) { return each.process->state() != interpreter::phase::ending; });
  if (!others_work)
    fail_all_waiting(why);
  if (!next_try_)
    next_try_ = loop_->after(pause_after_failure, [this] {
      next_try_ = {};
      serve();
    });
}

void interpreter_pool::cancel_now(run_number number) {
  auto found = std::ranges::find(waiting_, number, &waiting_script::number);
  if (found != waiting_.end()) {
    auto script = std::move(*found);
    waiting_.erase(found);
    script_outcome end;
    end.cancelled = true;
    end.exit.failure = error{errc::cancelled, "the script was cancelled before it started"};
    return script.done(std::move(end));
  }
  for (auto& each : seats_)
    each.process->cancel(number);
}

void interpreter_pool::fail_all_waiting(const error& why) {
  // Whoever is told may give more, which waits for the next time.
  for (auto& script : std::exchange(waiting_, {})) {
    script_outcome end;
    end.exit.failure = why;
    script.done(std::move(end));
  }
}

void interpreter_pool::close() {
  closing_ = true;
  loop_->cancel(next_try_);
  fail_all_waiting({errc::shutting_down, "the pool of interpreters is ending"});
  for (auto& each : seats_) {
    loop_->cancel(each.idle_end);
    each.process->end();
  }
  if (seats_.empty())
    loop_->stop();
}

} // namespace mahavishnu
