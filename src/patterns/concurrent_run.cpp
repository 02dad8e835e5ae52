// SPDX-License-Identifier: MIT
#include "patterns/concurrent_run.hpp"

#include "base/text.hpp"
#include "exec/output_capture.hpp"
#include "exec/output_file.hpp"
#include "patterns/run_judgement.hpp"
#include "patterns/script_run.hpp"

#include <unistd.h>

#include <condition_variable>
#include <deque>
#include <exception>
#include <future>
#include <mutex>
#include <optional>

namespace mahavishnu {

namespace {

/// Of each stream of a task that waits for those before it; what is longer waits on the disk.
constexpr std::size_t kept_in_memory = 4096;

struct ended_task {
  exec::process_exit exit;
  script_end end = script_end::exited;
};

/// Starts the tasks and keeps what came of them, on the thread of an engine.
class task_line {
public:
  task_line(const concurrent_options& how, script_engine& engine)
      : how_(how), engine_(engine), ended_(how.tasks.size()) {}

  /// Everything from here on to next() belongs to the thread of the engine.
  void start_more() {
    // A task that cannot be started ends at once, and must not start the next from in there.
    if (std::exchange(is_starting_, true))
      return;
    while (next_ < how_.tasks.size() && running_ < how_.max_concurrent && !is_cancelled_)
      start(next_++);
    is_starting_ = false;
    if (is_cancelled_)
      for (; next_ < how_.tasks.size(); ++next_)
        note(next_,
             {failure({errc::cancelled, "cancelled before it began"}), script_end::cancelled});
  }
  void cancel() {
    is_cancelled_ = true;
    for (std::size_t i = 0; i < next_; ++i)
      stop(i, script_end::cancelled);
    start_more();
  }

  /// How a task ended, when it has; from the thread of the caller.
  ended_task wait_for(std::size_t index) {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return ended_[index].has_value(); });
    return std::move(*std::exchange(ended_[index], std::nullopt));
  }

  static std::string name_of(std::size_t index) { return "task-" + std::to_string(index); }

private:
  static exec::process_exit failure(error why) {
    exec::process_exit exit;
    exit.failure = std::move(why);
    return exit;
  }

  void start(std::size_t index) {
    auto script = find_script(how_.tasks[index]);
    if (!script)
      return note(index, {failure(script.error()), script_end::exited});
    auto spec = spec_of(std::move(*script), how_);
    if (!spec)
      return note(index, {failure(spec.error()), script_end::exited});
    spec->run = name_of(index);
    ++running_;
    auto& processes = engine_.processes();
    auto handle = index + 1;
    processes.start(handle, std::move(*spec), [this, index](exec::process_exit exit) {
      --running_;
      auto end = script_end::exited;
      if (auto stopped = stopped_.extract(index))
        end = stopped.mapped();
      if (auto timer = due_.extract(index))
        engine_.loop().cancel(timer.mapped());
      note(index, {std::move(exit), end});
      start_more();
    });
    if (how_.timeout.count() > 0 && processes.pid_of(handle) > 0)
      due_[index] = engine_.loop().after(how_.timeout, [this, index] {
        due_.erase(index);
        stop(index, script_end::timed_out);
      });
  }

  void stop(std::size_t index, script_end why) {
    if (engine_.processes().pid_of(index + 1) < 0)
      return;
    stopped_.emplace(index, why);
    engine_.processes().stop(index + 1);
  }

  void note(std::size_t index, ended_task how) {
    std::lock_guard guard{mutex_};
    ended_[index] = std::move(how);
    changed_.notify_one();
  }

  const concurrent_options& how_;
  script_engine& engine_;
  std::size_t next_ = 0;
  std::size_t running_ = 0;
  bool is_starting_ = false;
  bool is_cancelled_ = false;
  std::map<std::size_t, script_end> stopped_;
  std::map<std::size_t, exec::event_loop::timer> due_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::optional<ended_task>> ended_;
};

/// The text of a stream, within the limit, and where all of it is if it is longer.
struct stream_text {
  std::string text;
  bool is_truncated = false;
  std::string file;
};

stream_text read_stream(std::string in_memory, std::uint64_t bytes, const std::string& file,
                        std::size_t limit) {
  if (bytes <= kept_in_memory && bytes <= limit)
    return {std::move(in_memory), false, {}};
  auto head = exec::read_output(file, 0, bytes > limit ? limit - limit / 2 : limit);
  if (!head) // the disk: what was kept in memory is better than nothing
    return {std::move(in_memory), true, {}};
  if (head->file_size <= limit)
    return {std::move(head->bytes), head->file_size < bytes, {}};
  auto half = limit / 2;
  exec::output_capture kept{limit};
  kept.append(std::string_view{head->bytes}.substr(0, limit - half));
  kept.skip(head->file_size - limit);
  if (auto tail = exec::read_output(file, head->file_size - half, half))
    kept.append(tail->bytes);
  return {kept.take(), true, file};
}

module_result result_of(const concurrent_options& how, std::size_t index, ended_task ended,
                        const std::string& outputs) {
  module_result result;
  result.index = index;
  result.module_id = stem_of(how.tasks[index].script);
  auto& exit = ended.exit;
  if (exit.failure) {
    result.error = exit.failure->message;
    return result;
  }
  result.exit_code = exit.exit_code;
  result.success = exit.exit_code == 0 && ended.end == script_end::exited;
  if (ended.end == script_end::timed_out)
    result.error = "timed out after " + seconds_text(how.timeout);
  else if (ended.end == script_end::cancelled)
    result.error = "cancelled";
  else
    result.error = words_for_exit(exit.exit_code);
  auto path = outputs + "/" + task_line::name_of(index);
  auto output = read_stream(std::move(exit.standard_output), exit.output_bytes, path + ".out",
                            how.output_limit);
  auto error_output = read_stream(std::move(exit.standard_error), exit.error_bytes, path + ".err",
                                  how.output_limit);
  result.standard_output = std::move(output.text);
  result.output_truncated = output.is_truncated;
  result.output_file = std::move(output.file);
  result.standard_error = std::move(error_output.text);
  result.error_truncated = error_output.is_truncated;
  result.error_file = std::move(error_output.file);
  return result;
}

} // namespace

result<std::vector<module_result>> run_concurrently(const concurrent_options& how,
                                                    const std::string& mark) {
  if (how.max_concurrent == 0)
    return error{errc::invalid_argument, "no task could run: at least one has to run at a time"};
  auto outputs = output_place::make();
  if (!outputs)
    return outputs.error();
  auto engine = script_engine::open(
      {.output_directory = outputs->path(), .memory_limit = kept_in_memory, .mark = mark});
  if (!engine)
    return engine.error();
  task_line tasks{how, **engine};
  auto& loop = (*engine)->loop();
  loop.post([&] { tasks.start_more(); });
  std::vector<module_result> results;
  std::exception_ptr thrown;
  {
    std::stop_callback on_stop{how.cancel, [&] { loop.post([&] { tasks.cancel(); }); }};
    for (std::size_t i = 0; i < how.tasks.size(); ++i) {
      auto ended = tasks.wait_for(i);
      bool has_files = ended.exit.output_bytes + ended.exit.error_bytes > 0;
      if (!thrown) {
        auto one = result_of(how, i, std::move(ended), outputs->path());
        if (!how.on_result) {
          one.output_file.clear();
          one.error_file.clear();
          results.push_back(std::move(one));
        } else {
          try {
            how.on_result(one);
          } catch (...) {
            thrown = std::current_exception();
            loop.post([&] { tasks.cancel(); });
          }
        }
      }
      if (has_files)
        for (const char* ending : {".out", ".err"})
          ::unlink((outputs->path() + "/" + task_line::name_of(i) + ending).c_str());
    }
  }
  // What was posted refers to this call, so it is let pass.
  std::promise<void> passed;
  loop.post([&] { passed.set_value(); });
  passed.get_future().wait();
  if (thrown)
    std::rethrow_exception(thrown);
  return results;
}

} // namespace mahavishnu
