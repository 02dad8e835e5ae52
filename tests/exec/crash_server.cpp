// SPDX-License-Identifier: MIT
/// A server for the tests to kill: keeps processes running in a keeper and writes down what it
/// hears.
///
///   crash_server DIRECTORY KEEPER EPOCH PLACE (go-on | finish)
///
/// PLACE/journal gets a line for each end that was heard: name, exit code, bytes of output, output,
/// END.
/// Each process adds its name to PLACE/ran. With `finish` it starts nothing, hears all that is left
/// and closes the keeper.
#include "exec/keeper_runner.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <string>

using namespace mahavishnu::exec;

namespace {

constexpr int at_once = 6;

class crash_server {
public:
  crash_server(std::unique_ptr<keeper_runner> runner, std::string epoch, std::string place)
      : runner_(std::move(runner)), epoch_(std::move(epoch)), place_(std::move(place)) {
    journal_ = ::open((place_ + "/journal").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  }

  void adopt() {
    waiting_ = runner_->adopted().size();
    for (const auto& state : runner_->adopted())
      runner_->attach(state.run, [this, run = state.run](const process_exit& exit) {
        note(run, exit);
        if (--waiting_ == 0)
          all_adopted_.set_value();
      });
    if (runner_->adopted().empty())
      all_adopted_.set_value();
  }

  void start_next() {
    auto run = "e" + epoch_ + "-" + std::to_string(++started_);
    process_spec spec;
    spec.run = run;
    // Some write much, some write late, some start a process of their own that writes.
    spec.argv = {"/bin/sh", "-c",
                 "echo " + run + " >> " + place_ + "/ran; echo first " + run +
                     "; [ $(($1 % 3)) = 0 ] && head -c 40000 /dev/zero | tr '\\0' x; "
                     "sleep 0.0$(($1 % 7)); (echo last " +
                     run + "); exit $(($1 % 5))",
                 "sh", std::to_string(started_)};
    runner_->start(spec, [this, run](const process_exit& exit) {
      note(run, exit);
      start_next();
    });
  }

  void finish() {
    all_adopted_.get_future().wait();
    std::promise<void> closed;
    runner_->close(std::chrono::milliseconds{0}, [&] { closed.set_value(); });
    closed.get_future().wait();
  }

private:
  /// First it is written, then it counts as heard: so a kill in between tells it twice and loses
  /// nothing.
  void note(const std::string& run, const process_exit& exit) {
    auto text = exit.failure ? exit.failure->message : exit.standard_output;
    std::replace(text.begin(), text.end(), '\n', ' ');
    // A kill may tear a long line: then it has no end, and the next one begins on its own.
    auto line = "\n" + run + " " + std::to_string(exit.failure ? -1 : exit.exit_code) + " " +
                std::to_string(exit.output_bytes) + " " + text + "END\n";
    if (::write(journal_, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
      std::abort();
    runner_->forget(run);
    runner_->heard(run);
  }

  std::unique_ptr<keeper_runner> runner_;
  std::string epoch_;
  std::string place_;
  int journal_ = -1;
  int started_ = 0;
  std::size_t waiting_ = 0;
  std::promise<void> all_adopted_;
};

} // namespace

int main(int argc, char** argv) {
  if (argc != 6)
    return 2;
  auto thread = keeper_thread::open();
  if (!thread)
    return 1;
  keeper_link_options how;
  how.directory = argv[1];
  how.keeper_program = argv[2];
  how.epoch = std::strtoull(argv[3], nullptr, 10);
  how.hears_at_once = false;
  auto runner = keeper_runner::open(*thread, how);
  if (!runner) {
    std::fprintf(stderr, "%s\n", runner.error().message.c_str());
    return 1;
  }
  crash_server server{std::move(*runner), argv[3], argv[4]};
  server.adopt();
  if (std::string(argv[5]) == "finish") {
    server.finish();
    return 0;
  }
  for (int i = 0; i < at_once; ++i)
    server.start_next();
  ::pause();
}
