// SPDX-License-Identifier: MIT
/// Short processes per second with their output captured, and much output: through the runner of
/// this process, through a keeper and through a pool, beside the least that starting them costs.
#include "exec/keeper_runner.hpp"
#include "exec/local_runner.hpp"
#include "mahavishnu/app/orchestrator.hpp"
#include "mahavishnu/config/load.hpp"
#include "must.hpp"
#include "report.hpp"
#include "scratch.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <sstream>

using namespace mahavishnu;
using namespace mahavishnu::bench;

namespace {

/// The same of another process as `all_cpu_seconds()` of this one.
double cpu_seconds_of(pid_t pid) {
  std::ifstream file{"/proc/" + std::to_string(pid) + "/stat"};
  std::stringstream text;
  text << file.rdbuf();
  std::istringstream fields{text.str().substr(text.str().rfind(')') + 2)};
  std::string skipped;
  for (int i = 0; i < 11; ++i)
    fields >> skipped;
  double sum = 0;
  for (int i = 0; i < 4; ++i) {
    double ticks = 0;
    fields >> ticks;
    sum += ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
  }
  return sum;
}

/// Tasks per second and microseconds of CPU for each.
std::vector<double> speed(std::int64_t tasks, double seconds, double cpu) {
  auto count = static_cast<double>(tasks);
  return {count / seconds, cpu / count * 1e6};
}

exec::process_spec command(std::vector<std::string> argv) {
  exec::process_spec spec;
  spec.argv = std::move(argv);
  return spec;
}

/// Starts them one after the other, so many at a time, and waits for the last.
void run_all(exec::process_runner& runner, std::int64_t tasks, std::int64_t at_once) {
  std::mutex mutex;
  std::condition_variable over;
  std::int64_t started = 0;
  std::int64_t ended = 0;
  std::function<void()> next = [&] {
    runner.start(command({"/bin/true"}), [&](const exec::process_exit& exit) {
      if (exit.failure || exit.exit_code != 0)
        die(exit.failure ? exit.failure->message : "/bin/true fails");
      bool more = false;
      {
        std::lock_guard guard{mutex};
        more = started < tasks;
        started += more;
        if (++ended == tasks)
          over.notify_one();
      }
      if (more)
        next();
    });
  };
  started = at_once;
  for (std::int64_t i = 0; i < at_once; ++i)
    next();
  std::unique_lock lock{mutex};
  over.wait(lock, [&] { return ended == tasks; });
}

std::vector<double> measure_local(std::int64_t tasks, std::int64_t at_once) {
  auto runner = exec::local_runner::open();
  if (!runner)
    die(runner.error().message);
  run_all(**runner, tasks / 20, at_once);
  auto start = clock::now();
  auto cpu = all_cpu_seconds();
  run_all(**runner, tasks, at_once);
  return speed(tasks, seconds_since(start), all_cpu_seconds() - cpu);
}

std::unique_ptr<exec::keeper_runner> open_keeper(const std::string& directory) {
  auto thread = exec::keeper_thread::open();
  if (!thread)
    die(thread.error().message);
  exec::keeper_link_options how;
  how.directory = directory;
  how.keeper_program = MAHAVISHNU_KEEPER;
  auto runner = exec::keeper_runner::open(*thread, how);
  if (!runner)
    die(runner.error().message);
  return std::move(*runner);
}

std::vector<double> measure_keeper(std::int64_t tasks, std::int64_t at_once) {
  auto place = scratch::anywhere();
  auto runner = open_keeper(place / "keeper");
  run_all(*runner, tasks / 20, at_once);
  auto start = clock::now();
  auto cpu = all_cpu_seconds() + cpu_seconds_of(runner->keeper_pid().value());
  run_all(*runner, tasks, at_once);
  return speed(tasks, seconds_since(start),
               all_cpu_seconds() + cpu_seconds_of(runner->keeper_pid().value()) - cpu);
}

/// From the call of the library to its results, through a pool whose processes have a keeper.
std::vector<double> measure_pool(std::int64_t tasks, std::int64_t at_once) {
  auto place = scratch::anywhere();
  ::setenv("MAHAVISHNU_KEEPER", MAHAVISHNU_KEEPER, 1);
  config::sources from;
  from.settings_dir = "/nonexistent";
  from.flags.push_back({"state_dir", place / "state", "--set"});
  auto settings = config::load(from).settings;
  auto inside = orchestrator::start(settings.value());
  if (!inside)
    die(inside.error().message);
  pool_config pool;
  pool.name = "bench";
  pool.worker_type = "process";
  pool.min_workers = pool.max_workers = static_cast<std::int32_t>(at_once);
  if (auto spawned = (*inside)->spawn_pool(pool).get(); !spawned)
    die(spawned.error().message);
  auto run = [&](std::int64_t count) {
    execute_batch batch;
    batch.pool = "bench";
    task_spec task;
    task.prompt = shared_text{"/bin/true"};
    batch.tasks.assign(static_cast<std::size_t>(count), shared_spec{task});
    auto done = (*inside)->execute_batch(batch).get();
    if (!done)
      die(done.error().message);
    for (const auto& each : done->results)
      if (each.status != task_status::completed)
        die("/bin/true fails in a pool: " + each.error);
  };
  task_spec who;
  who.prompt = shared_text{"/bin/sh -c 'echo $PPID'"};
  auto keeper = (*inside)->execute("bench", who).get();
  if (!keeper)
    die(keeper.error().message);
  auto pid = std::stoi(keeper->output.str());
  run(tasks / 20);
  auto start = clock::now();
  auto cpu = all_cpu_seconds() + cpu_seconds_of(pid);
  run(tasks);
  return speed(tasks, seconds_since(start), all_cpu_seconds() + cpu_seconds_of(pid) - cpu);
}

/// The floor: a pipe for both streams, posix_spawn, read to the end, wait; nothing else.
std::vector<double> measure_spawn(std::int64_t tasks, std::int64_t at_once) {
  struct slot {
    pid_t pid = -1;
    int output = -1;
  };
  std::vector<slot> slots(static_cast<std::size_t>(at_once));
  std::vector<pollfd> watched(slots.size());
  std::vector<char> buffer(64 * 1024);
  std::string program = "/bin/true";
  char* argv[] = {program.data(), nullptr};
  auto start = clock::now();
  auto cpu = all_cpu_seconds();
  for (std::int64_t started = 0, ended = 0; ended < tasks;) {
    for (auto& each : slots) {
      if (each.output >= 0 || started == tasks)
        continue;
      int ends[2];
      posix_spawn_file_actions_t actions;
      if (::pipe2(ends, O_CLOEXEC) != 0 || posix_spawn_file_actions_init(&actions) != 0)
        die("no pipe");
      posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
      posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
      if (posix_spawn(&each.pid, program.c_str(), &actions, nullptr, argv, environ) != 0)
        die("cannot start /bin/true");
      posix_spawn_file_actions_destroy(&actions);
      ::close(ends[1]);
      each.output = ends[0];
      ++started;
    }
    for (std::size_t i = 0; i < slots.size(); ++i)
      watched[i] = {slots[i].output, POLLIN, 0};
    ::poll(watched.data(), watched.size(), -1);
    for (std::size_t i = 0; i < slots.size(); ++i) {
      if (watched[i].revents == 0 || ::read(slots[i].output, buffer.data(), buffer.size()) > 0)
        continue;
      siginfo_t info{};
      ::waitid(P_PID, static_cast<id_t>(slots[i].pid), &info, WEXITED);
      ::close(std::exchange(slots[i].output, -1));
      ++ended;
    }
  }
  return speed(tasks, seconds_since(start), all_cpu_seconds() - cpu);
}

void run_shell(const std::string& script) {
  if (std::system(script.c_str()) != 0)
    die("this fails: " + script);
}

std::vector<double> measure_xargs(std::int64_t tasks, std::int64_t at_once) {
  auto start = clock::now();
  auto cpu = all_cpu_seconds();
  run_shell("yes | head -n " + std::to_string(tasks) + " | xargs -P " + std::to_string(at_once) +
            " -n 1 /bin/true");
  return speed(tasks, seconds_since(start), all_cpu_seconds() - cpu);
}

std::string writer_of(std::int64_t bytes) {
  return "head -c " + std::to_string(bytes) + " /dev/zero";
}

double megabytes_per_second(std::int64_t bytes, double seconds) {
  return static_cast<double>(bytes) / 1e6 / seconds;
}

std::vector<double> measure_cat(std::int64_t bytes) {
  auto place = scratch::anywhere();
  auto start = clock::now();
  run_shell(writer_of(bytes) + " | cat > " + (place / "file"));
  return {megabytes_per_second(bytes, seconds_since(start))};
}

std::vector<double> measure_output(std::int64_t bytes) {
  auto place = scratch::anywhere();
  auto runner = open_keeper(place / "keeper");
  auto spec = command({"/bin/sh", "-c", writer_of(bytes)});
  spec.file_limit = static_cast<std::uint64_t>(bytes) * 2;
  std::mutex mutex;
  std::condition_variable over;
  std::optional<std::uint64_t> written;
  auto start = clock::now();
  runner->start(spec, [&](const exec::process_exit& exit) {
    std::lock_guard guard{mutex};
    written = exit.output_bytes;
    over.notify_one();
  });
  std::unique_lock lock{mutex};
  over.wait(lock, [&] { return written.has_value(); });
  if (*written != static_cast<std::uint64_t>(bytes))
    die("output is lost");
  return {megabytes_per_second(bytes, seconds_since(start))};
}

} // namespace

int main(int argc, char** argv) {
  auto how = parse(argc, argv);
  report results{"processes", how};
  auto tasks = how.scaled(5000);
  for (std::int64_t at_once : {2, 10}) {
    auto what = [&](const std::string& by, const std::string& beside) {
      return "/bin/true, " + std::to_string(at_once) + " at a time, " + by + ", beside " + beside;
    };
    auto& local = results.number(what("this process", "posix_spawn"), "tasks/s");
    auto& local_cpu = results.number(what("this process", "xargs -P") + ", CPU", "us/task");
    auto& keeper = results.number(what("a keeper", "posix_spawn"), "tasks/s");
    auto& keeper_cpu = results.number(what("a keeper", "xargs -P") + ", CPU", "us/task");
    auto& pool = results.number(what("a pool and its keeper", "posix_spawn"), "tasks/s");
    auto& pool_cpu = results.number(what("a pool and its keeper", "xargs -P") + ", CPU", "us/task");
    for (auto* each : {&local, &keeper, &pool})
      each->ratio_at_least(0.85);
    for (auto* each : {&local_cpu, &keeper_cpu, &pool_cpu})
      each->ratio_at_most(1.3);
    for (std::size_t i = 0; i < how.runs; ++i) {
      if (how.floor) {
        auto spawned = in_child([&] { return measure_spawn(tasks, at_once); });
        auto xargs = in_child([&] { return measure_xargs(tasks, at_once); });
        for (auto* each : {&local, &keeper, &pool})
          each->add_floor(spawned[0]);
        for (auto* each : {&local_cpu, &keeper_cpu, &pool_cpu})
          each->add_floor(xargs[1]);
      }
      add(in_child([&] { return measure_local(tasks, at_once); }), local, local_cpu);
      add(in_child([&] { return measure_keeper(tasks, at_once); }), keeper, keeper_cpu);
      add(in_child([&] { return measure_pool(tasks, at_once); }), pool, pool_cpu);
    }
  }
  auto bytes = how.scaled(std::int64_t{1} << 30);
  auto& output = results.number("1 GiB of output to a file by a keeper, beside cat", "MB/s");
  for (std::size_t i = 0; i < how.runs; ++i) {
    if (how.floor)
      add_floor(in_child([&] { return measure_cat(bytes); }), output);
    add(in_child([&] { return measure_output(bytes); }), output);
  }
}
