// SPDX-License-Identifier: MIT
#include "patterns/script_run.hpp"

#include "exec/output_file.hpp"

#include <fcntl.h>

#include <cerrno>
#include <condition_variable>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <future>
#include <mutex>
#include <optional>
#include <system_error>

namespace mahavishnu {

namespace {

using namespace std::chrono_literals;

constexpr auto longest_grace_at_end = 5s;
/// Between two questions whether it is cancelled.
constexpr auto between_questions = 250ms;
constexpr std::size_t piece_size = 64 * 1024;

constexpr exec::process_handle only_one = 1;

/// Reads a file on while it grows.
class growing_file {
public:
  growing_file(std::string path, script_stream which, bool frees)
      : path_(std::move(path)), which_(which), frees_(frees) {}

  void read(const std::function<void(script_stream, std::string_view)>& take) {
    for (;;) {
      auto piece = exec::read_output(path_, offset_, piece_size);
      if (!piece || piece->bytes.empty())
        return;
      offset_ += piece->bytes.size();
      take(which_, piece->bytes);
      if (frees_)
        free();
    }
  }

private:
  /// A script that writes for hours does not fill the disk. Where the file system cannot do it, it
  /// stays until the end.
  void free() {
    exec::unique_fd file{::open(path_.c_str(), O_WRONLY | O_CLOEXEC)};
    if (file)
      ::fallocate(file.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
                  static_cast<off_t>(offset_));
  }

  std::string path_;
  script_stream which_;
  bool frees_;
  std::uint64_t offset_ = 0;
};

/// What the thread of the engine tells the one that waits.
class news {
public:
  void grown() {
    change([this] { has_grown_ = true; });
  }
  void ended(exec::process_exit exit) {
    change([&] { exit_ = std::move(exit); });
  }

  /// Until there is some, or that long.
  void wait(std::chrono::milliseconds longest) {
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, longest, [this] { return has_grown_ || exit_; });
    has_grown_ = false;
  }
  std::optional<exec::process_exit> exit() {
    std::lock_guard guard{mutex_};
    return std::exchange(exit_, std::nullopt);
  }

private:
  void change(const auto& how) {
    std::lock_guard guard{mutex_};
    how();
    changed_.notify_one();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool has_grown_ = false;
  std::optional<exec::process_exit> exit_;
};

} // namespace

// -- script_engine -------------------------------------------------------------------------------

script_engine::script_engine(std::unique_ptr<exec::event_loop> loop, exec::engine_options options)
    : loop_(std::move(loop)), processes_(*loop_, std::move(options)) {}

result<std::unique_ptr<script_engine>> script_engine::open(exec::engine_options options) {
  auto loop = exec::event_loop::open();
  if (!loop)
    return loop.error();
  options.ends_with_thread = true;
  std::unique_ptr<script_engine> opened{new script_engine(std::move(*loop), std::move(options))};
  if (auto started = opened->thread_.start(*opened->loop_); !started)
    return started.error();
  return opened;
}

script_engine::~script_engine() {
  if (!thread_.runs())
    return;
  loop_->post([this] { processes_.end_all(longest_grace_at_end, [this] { loop_->stop(); }); });
  thread_.join();
}

// -- output_place --------------------------------------------------------------------------------

result<output_place> output_place::make() {
  std::error_code failure;
  auto folder = std::filesystem::temp_directory_path(failure);
  auto path = (folder / "mahavishnu-exec-XXXXXX").string();
  if (failure || ::mkdtemp(path.data()) == nullptr)
    return error{errc::io_failed,
                 "cannot make '" + path + "' for the output: " +
                     std::generic_category().message(failure ? failure.value() : errno) +
                     "; set TMPDIR to a directory that can be written to"};
  return output_place{std::move(path)};
}

output_place::~output_place() {
  std::error_code ignored;
  if (!path_.empty())
    std::filesystem::remove_all(path_, ignored);
}

// -- run_script ----------------------------------------------------------------------------------

ended_script run_script(script_engine& engine, waited_script what) {
  news told;
  // Belongs to the thread of the engine.
  auto end = script_end::exited;
  exec::event_loop::timer due;
  auto& loop = engine.loop();
  auto& processes = engine.processes();
  auto stop_as = [&](script_end why) {
    if (processes.pid_of(only_one) < 0)
      return; // it has ended by itself
    if (end == script_end::exited)
      end = why;
    processes.stop(only_one);
  };
  std::vector<growing_file> files;
  if (what.on_output) {
    files.emplace_back(what.output_directory + "/" + what.spec.run + ".out",
                       script_stream::standard_output, what.frees_output);
    files.emplace_back(what.output_directory + "/" + what.spec.run + ".err",
                       script_stream::standard_error, what.frees_output);
  }
  loop.post([&, spec = std::move(what.spec)]() mutable {
    processes.start(only_one, std::move(spec), [&](exec::process_exit exit) {
      loop.cancel(due);
      told.ended(std::move(exit));
    });
    if (processes.pid_of(only_one) < 0)
      return; // it could not be started
    if (what.on_output)
      processes.follow(only_one, [&](const exec::output_growth&) { told.grown(); });
    if (what.timeout.count() > 0)
      due = loop.after(what.timeout, [&] {
        due = {};
        stop_as(script_end::timed_out);
      });
  });
  ended_script ended;
  std::exception_ptr thrown;
  {
    std::stop_callback on_stop{what.cancel,
                               [&] { loop.post([&] { stop_as(script_end::cancelled); }); }};
    std::optional<exec::process_exit> exit;
    while (!exit) {
      told.wait(between_questions);
      exit = told.exit();
      try {
        for (auto& file : files)
          file.read(what.on_output);
      } catch (...) {
        thrown = std::current_exception();
        files.clear();
      }
      if (!exit && (thrown || (what.is_cancelled && what.is_cancelled())))
        loop.post([&] { stop_as(script_end::cancelled); });
    }
    ended.exit = std::move(*exit);
  }
  // What was posted refers to this call, so it is let pass.
  std::promise<script_end> passed;
  loop.post([&] { passed.set_value(end); });
  ended.end = passed.get_future().get();
  if (thrown)
    std::rethrow_exception(thrown);
  return ended;
}

result<exec::process_spec> spec_of(found_script script, const script_options& how) {
  exec::process_spec spec;
  spec.argv = std::move(script.argv);
  spec.working_directory = std::move(script.folder);
  if (!how.cwd.empty()) {
    std::error_code failure;
    spec.working_directory = std::filesystem::absolute(how.cwd, failure).lexically_normal();
    if (failure || !std::filesystem::is_directory(spec.working_directory, failure))
      return error{errc::invalid_argument, "working directory '" + spec.working_directory +
                                               "' does not exist or is none; create it or name "
                                               "another one"};
  }
  spec.environment.assign(how.environment.begin(), how.environment.end());
  spec.grace = script_grace;
  spec.file_limit = ~std::uint64_t{0};
  return spec;
}

} // namespace mahavishnu
