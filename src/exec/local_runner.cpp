// SPDX-License-Identifier: MIT
#include "exec/local_runner.hpp"

#include "exec/call_back.hpp"
#include "exec/kept_outputs.hpp"
#include "exec/process_engine.hpp"

#include <sys/random.h>
#include <unistd.h>

namespace mahavishnu::exec {

namespace {

constexpr std::chrono::seconds longest_grace_at_end{5};

/// Of this runner and of no other: what bears it is ended.
std::string mark_by_chance() {
  std::uint64_t random = 0;
  (void)!::getrandom(&random, sizeof random, 0);
  return "local." + std::to_string(::getpid()) + "-" + std::to_string(random) + ".";
}

} // namespace

local_runner::local_runner(std::unique_ptr<event_loop> loop, std::string output_directory)
    : output_directory_(std::move(output_directory)),
      loop_(std::move(loop)),
      engine_(std::make_unique<process_engine>(*loop_,
                                               engine_options{.output_directory = output_directory_,
                                                              .memory_limit = {},
                                                              .mark = mark_by_chance(),
                                                              .ends_with_thread = true})) {}

result<std::unique_ptr<local_runner>> local_runner::open(std::string output_directory) {
  auto loop = event_loop::open();
  if (!loop)
    return loop.error();
  std::unique_ptr<local_runner> runner{
      new local_runner(std::move(*loop), std::move(output_directory))};
  if (auto started = runner->thread_.start(*runner->loop_); !started)
    return started.error();
  return runner;
}

local_runner::~local_runner() {
  if (!thread_.runs())
    return;
  loop_->post([this] { engine_->end_all(longest_grace_at_end, [this] { loop_->stop(); }); });
  thread_.join();
}

process_handle local_runner::start(process_spec spec, std::function<void(process_exit)> done) {
  auto handle = ++last_handle_;
  if (spec.run.empty())
    spec.run = "local-" + std::to_string(::getpid()) + "-" + std::to_string(handle);
  loop_->post([this, handle, spec = std::move(spec), done = std::move(done)]() mutable {
    engine_->start(handle, std::move(spec), std::move(done));
  });
  return handle;
}

process_handle local_runner::attach(const std::string& run, std::function<void(process_exit)> done,
                                    std::size_t) {
  process_exit exit;
  exit.failure = error{errc::lost, "run '" + run +
                                       "' is lost: processes end with the server where "
                                       "exec.keepers is false; run it again if that does no harm"};
  loop_->post([exit = std::move(exit), done = std::move(done)] { call_back(done, exit); });
  return ++last_handle_;
}

void local_runner::stop(process_handle handle) {
  loop_->post([this, handle] { engine_->stop(handle); });
}

void local_runner::measure(process_handle handle, std::function<void(std::uint64_t)> done) {
  loop_->post([this, handle, done = std::move(done)] { engine_->measure(handle, done); });
}

void local_runner::write_input(process_handle handle, std::string bytes, bool last,
                               std::function<void(result<void>)> done) {
  loop_->post([this, handle, bytes = std::move(bytes), last, done = std::move(done)] {
    engine_->write_input(handle, bytes, last, done);
  });
}

void local_runner::resize(process_handle handle, terminal_size size) {
  loop_->post([this, handle, size] { engine_->resize(handle, size); });
}

void local_runner::follow(process_handle handle, std::function<void(const output_growth&)> grown) {
  loop_->post([this, handle, grown = std::move(grown)] { engine_->follow(handle, grown); });
}

std::string local_runner::file_of(const std::string& run, output_growth::stream which) const {
  return output_directory_.empty() ? std::string{} : output_path(output_directory_, run, which);
}

} // namespace mahavishnu::exec
