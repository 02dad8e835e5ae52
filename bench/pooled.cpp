// SPDX-License-Identifier: MIT
/// Python scripts that do nothing: by a pool of interpreters, beside one process each.
#include "exec/local_runner.hpp"
#include "patterns/interpreter_pool.hpp"
#include "report.hpp"

#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <mutex>

using namespace mahavishnu;
using namespace mahavishnu::bench;

namespace {

constexpr const char* python = "/usr/bin/python3";

[[noreturn]] void die(const std::string& why) {
  std::cerr << "pooled: " << why << "\n";
  std::_Exit(1);
}

/// A file without a line in it.
class empty_script {
public:
  empty_script()
      : path_(std::filesystem::temp_directory_path() /
              ("mahavishnu-bench-" + std::to_string(::getpid()) + ".py")) {
    std::ofstream{path_};
  }
  ~empty_script() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  empty_script(const empty_script&) = delete;
  empty_script& operator=(const empty_script&) = delete;

  std::string path() const { return path_.string(); }

private:
  std::filesystem::path path_;
};

/// Has them run, so many at a time, and waits for the last. `start` gets what to call at the end.
void run_all(std::int64_t count, std::int64_t at_once,
             const std::function<void(std::function<void(const exec::process_exit&)>)>& start) {
  std::mutex mutex;
  std::condition_variable over;
  std::int64_t started = at_once;
  std::int64_t ended = 0;
  std::function<void(const exec::process_exit&)> done = [&](const exec::process_exit& exit) {
    if (exit.failure || exit.exit_code != 0)
      die(exit.failure ? exit.failure->message : "an empty script fails");
    bool more = false;
    {
      const std::lock_guard guard{mutex};
      more = started < count;
      started += more ? 1 : 0;
      if (++ended == count)
        over.notify_one();
    }
    if (more)
      start(done);
  };
  for (std::int64_t i = 0; i < at_once; ++i)
    start(done);
  std::unique_lock lock{mutex};
  over.wait(lock, [&] { return ended == count; });
}

/// Scripts per second and milliseconds of CPU for each.
std::vector<double> speed(std::int64_t count, double seconds, double cpu) {
  auto all = static_cast<double>(count);
  return {all / seconds, cpu / all * 1e3};
}

std::vector<double> measure_alone(const std::string& script, std::int64_t count,
                                  std::int64_t at_once) {
  auto cpu = all_cpu_seconds();
  auto begin = clock::now();
  {
    auto runner = exec::local_runner::open().value();
    run_all(count, at_once, [&](auto done) {
      exec::process_spec spec;
      spec.argv = {python, script};
      runner->start(std::move(spec), done);
    });
  }
  return speed(count, seconds_since(begin), all_cpu_seconds() - cpu);
}

/// The start of the interpreters and their end are part of it.
std::vector<double> measure_pooled(const std::string& script, std::int64_t count,
                                   std::int64_t at_once) {
  auto cpu = all_cpu_seconds();
  auto begin = clock::now();
  {
    auto runner = exec::local_runner::open().value();
    interpreter_pool_options options;
    options.command = {python};
    options.most_interpreters = static_cast<std::size_t>(at_once);
    auto pool = interpreter_pool::open(*runner, options).value();
    run_all(count, at_once, [&](auto done) {
      script_request request;
      request.script = script;
      auto taken =
          pool->run(std::move(request), [done](const script_outcome& end) { done(end.exit); });
      if (!taken)
        die(taken.error().message);
    });
  }
  return speed(count, seconds_since(begin), all_cpu_seconds() - cpu);
}

} // namespace

int main(int argc, char** argv) {
  auto how = parse(argc, argv);
  report results{"pooled", how};
  const empty_script script;
  auto count = how.scaled(1000);
  for (std::int64_t at_once : {1, 2}) {
    auto name = "empty Python scripts, " + std::to_string(at_once) + " at a time";
    auto& per_second = results.number(name + ", beside one process each", "scripts/s");
    auto& cpu = results.number(name + ", CPU of each", "ms");
    per_second.ratio_at_least(5);
    cpu.ratio_at_most(0.2);
    run_beside_floor(
        how, [&] { return measure_alone(script.path(), count, at_once); },
        [&] { return measure_pooled(script.path(), count, at_once); }, per_second, cpu);
  }
  return results.exit_code();
}
