// SPDX-License-Identifier: MIT
#include "exec/keeper_runner.hpp"

#include <unistd.h>

#include <future>
#include <system_error>

namespace mahavishnu::exec {

namespace {

std::vector<std::string> environment_of_this_process() {
  std::vector<std::string> lines;
  for (auto line = environ; line != nullptr && *line != nullptr; ++line)
    lines.emplace_back(*line);
  return lines;
}

/// Empty when it has none any more; a run that names none then says so itself.
std::string directory_of_this_process() {
  char path[4096];
  return ::getcwd(path, sizeof path) != nullptr ? path : "";
}

} // namespace

result<std::shared_ptr<keeper_thread>> keeper_thread::open() {
  auto loop = event_loop::open();
  if (!loop)
    return loop.error();
  std::shared_ptr<keeper_thread> opened{new keeper_thread(std::move(*loop))};
  if (auto started = opened->thread_.start(*opened->loop_); !started)
    return started.error();
  return opened;
}

keeper_thread::~keeper_thread() {
  if (!thread_.runs())
    return;
  loop_->post(
      [this] { starter_.end_all(std::chrono::milliseconds{0}, [this] { loop_->stop(); }); });
  thread_.join();
}

keeper_runner::keeper_runner(std::shared_ptr<keeper_thread> thread, keeper_link_options options)
    : thread_(std::move(thread)),
      link_(std::make_shared<keeper_link>(
          thread_->loop(), thread_->starter(),
          [owner = thread_.get()] { return owner->next_handle(); }, options,
          environment_of_this_process(), directory_of_this_process())),
      made_up_names_("e" + std::to_string(options.epoch) + "-") {}

result<std::unique_ptr<keeper_runner>> keeper_runner::open(std::shared_ptr<keeper_thread> thread,
                                                           keeper_link_options options) {
  if (!options.directory.starts_with('/'))
    return error{errc::invalid_argument, "the keeper's directory '" + options.directory +
                                             "' is no absolute path; give it from / on"};
  std::unique_ptr<keeper_runner> runner{new keeper_runner(std::move(thread), std::move(options))};
  auto connected = std::make_shared<std::promise<result<std::vector<run_state>>>>();
  auto answer = connected->get_future();
  runner->thread_->loop().post([link = runner->link_, connected] {
    link->connect([connected](result<std::vector<run_state>> runs) {
      connected->set_value(std::move(runs));
    });
  });
  // It comes: the link has its own patience.
  auto runs = answer.get();
  if (!runs)
    return runs.error();
  runner->adopted_ = std::move(*runs);
  return runner;
}

keeper_runner::~keeper_runner() {
  std::promise<void> gone;
  thread_->loop().post([this, &gone] {
    link_->shut_down();
    gone.set_value();
  });
  gone.get_future().wait();
}

process_handle keeper_runner::start(process_spec spec, std::function<void(process_exit)> done) {
  auto handle = ++last_handle_;
  if (spec.run.empty())
    spec.run = made_up_names_ + std::to_string(handle);
  thread_->loop().post(
      [link = link_, handle, spec = std::move(spec), done = std::move(done)]() mutable {
        link->start(handle, std::move(spec), std::move(done));
      });
  return handle;
}

process_handle keeper_runner::attach(const std::string& run, std::function<void(process_exit)> done,
                                     std::size_t output_limit) {
  auto handle = ++last_handle_;
  thread_->loop().post([link = link_, handle, run, output_limit, done = std::move(done)] {
    link->attach(handle, run, output_limit, done);
  });
  return handle;
}

void keeper_runner::heard(const std::string& run) {
  thread_->loop().post([link = link_, run] { link->heard(run); });
}

void keeper_runner::forget(const std::string& run) {
  thread_->loop().post([link = link_, run] { link->forget(run); });
}

void keeper_runner::close(std::chrono::milliseconds longest_grace, std::function<void()> done) {
  thread_->loop().post(
      [link = link_, longest_grace, done = std::move(done)] { link->close(longest_grace, done); });
}

void keeper_runner::stop(process_handle handle) {
  thread_->loop().post([link = link_, handle] { link->stop(handle); });
}

void keeper_runner::measure(process_handle handle, std::function<void(std::uint64_t)> done) {
  thread_->loop().post(
      [link = link_, handle, done = std::move(done)] { link->measure(handle, done); });
}

void keeper_runner::write_input(process_handle handle, std::string bytes, bool last,
                                std::function<void(result<void>)> done) {
  thread_->loop().post(
      [link = link_, handle, bytes = std::move(bytes), last, done = std::move(done)]() mutable {
        link->write_input(handle, std::move(bytes), last, std::move(done));
      });
}

void keeper_runner::resize(process_handle handle, terminal_size size) {
  thread_->loop().post([link = link_, handle, size] { link->resize(handle, size); });
}

void keeper_runner::follow(process_handle handle, std::function<void(const output_growth&)> grown) {
  thread_->loop().post([link = link_, handle, grown = std::move(grown)]() mutable {
    link->follow(handle, std::move(grown));
  });
}

} // namespace mahavishnu::exec
