// SPDX-License-Identifier: MIT
#include "exec/local_runner.hpp"

#include "exec/child_loop.hpp"

#include <pthread.h>

#include <csignal>
#include <system_error>

namespace mahavishnu::exec {

namespace {

constexpr std::chrono::seconds longest_grace_at_end{5};

/// Blocks all signals for the calling thread while it lives: a thread that is started meanwhile
/// inherits that. So the handlers of the program run elsewhere, and SIGPIPE harms nobody.
class blocked_signals {
public:
  blocked_signals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  blocked_signals(const blocked_signals&) = delete;
  ~blocked_signals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

private:
  sigset_t before_;
};

} // namespace

local_runner::local_runner(std::unique_ptr<child_loop> loop) : loop_(std::move(loop)) {}

result<std::unique_ptr<local_runner>> local_runner::open() {
  auto loop = child_loop::open();
  if (!loop)
    return loop.error();
  std::unique_ptr<local_runner> runner{new local_runner(std::move(*loop))};
  try {
    blocked_signals guard;
    runner->thread_ = std::thread([&loop = *runner->loop_] { loop.run(); });
  } catch (const std::system_error& failure) {
    return error{errc::process_failed, std::string("cannot start a thread to watch processes: ") +
                                           failure.what() + "; raise the limit (ulimit -u)"};
  }
  return runner;
}

local_runner::~local_runner() {
  if (!thread_.joinable())
    return;
  loop_->post(child_loop::end_command{longest_grace_at_end});
  thread_.join();
}

process_handle local_runner::start(process_spec spec, std::function<void(process_exit)> done) {
  auto handle = ++last_handle_;
  loop_->post(child_loop::start_command{handle, std::move(spec), std::move(done)});
  return handle;
}

void local_runner::stop(process_handle handle) {
  loop_->post(child_loop::stop_command{handle});
}

void local_runner::measure(process_handle handle, std::function<void(std::uint64_t)> done) {
  loop_->post(child_loop::measure_command{handle, std::move(done)});
}

} // namespace mahavishnu::exec
