// SPDX-License-Identifier: MIT
#include "exec/keeper_runner.hpp"

#include "exec/keeper_directory.hpp"
#include "exec/kept_outputs.hpp"

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
  loop_->post([this] {
    is_ending_ = true;
    look_for_the_end();
  });
  thread_.join();
}

void keeper_thread::close_when_idle(std::shared_ptr<keeper_link> link, std::string directory,
                                    std::chrono::milliseconds limit) {
  auto closing = closings_.emplace(closings_.end(), *loop_, std::move(link), std::move(directory));
  closing->begin(limit, [this, closing] {
    closings_.erase(closing);
    look_for_the_end();
  });
}

void keeper_thread::look_for_the_end() {
  if (is_ending_ && closings_.empty())
    starter_.end_all(std::chrono::milliseconds{0}, [this] { loop_->stop(); });
}

keeper_runner::keeper_runner(std::shared_ptr<keeper_thread> thread, keeper_link_options options)
    : thread_(std::move(thread)),
      link_(std::make_shared<keeper_link>(
          thread_->loop(), thread_->starter(),
          [owner = thread_.get()] { return owner->next_handle(); }, options,
          environment_of_this_process(), directory_of_this_process())),
      made_up_names_("e" + std::to_string(options.epoch) + "-"),
      directory_(std::move(options.directory)) {}

result<std::unique_ptr<keeper_runner>>
keeper_runner::open_later(std::shared_ptr<keeper_thread> thread, keeper_link_options options) {
  if (!options.directory.starts_with('/'))
    return error{errc::invalid_argument, "the keeper's directory '" + options.directory +
                                             "' is no absolute path; give it from / on"};
  return std::unique_ptr<keeper_runner>{new keeper_runner(std::move(thread), std::move(options))};
}

result<std::unique_ptr<keeper_runner>> keeper_runner::open(std::shared_ptr<keeper_thread> thread,
                                                           keeper_link_options options) {
  auto opened = open_later(std::move(thread), std::move(options));
  if (!opened)
    return opened;
  auto& runner = *opened;
  auto connected = std::make_shared<std::promise<result<std::vector<run_state>>>>();
  auto answer = connected->get_future();
  runner->connect(
      [connected](result<std::vector<run_state>> runs) { connected->set_value(std::move(runs)); });
  // It comes: the link has its own patience.
  auto runs = answer.get();
  if (!runs)
    return runs.error();
  runner->adopted_ = std::move(*runs);
  return opened;
}

keeper_runner::~keeper_runner() {
  // The thread outlives what is posted to it, and this object need not.
  thread_->loop().post([owner = thread_.get(), link = std::move(link_), limit = close_within_,
                        if_idle = closes_if_idle_, directory = std::move(directory_)]() mutable {
    if (if_idle && link->is_idle())
      owner->close_when_idle(std::move(link), std::move(directory), std::chrono::milliseconds{0});
    else if (limit)
      owner->close_when_idle(std::move(link), std::move(directory), *limit);
    else
      link->shut_down();
  });
}

void keeper_runner::connect(std::function<void(result<std::vector<run_state>>)> done) {
  thread_->loop().post(
      [link = link_, done = std::move(done)]() mutable { link->connect(std::move(done)); });
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

void keeper_runner::hear_at_once() {
  thread_->loop().post([link = link_] { link->hear_at_once(); });
}

void keeper_runner::settle(std::vector<std::string> runs) {
  thread_->loop().post([link = link_, runs = std::move(runs)] {
    for (const auto& run : runs)
      link->settle(run);
  });
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

std::string keeper_runner::file_of(const std::string& run, output_growth::stream which) const {
  return output_path(keeper_directory::outputs_in(directory_), run, which);
}

} // namespace mahavishnu::exec
