// SPDX-License-Identifier: MIT
#include "patterns/pooled_run.hpp"

#include "base/text.hpp"
#include "patterns/run_judgement.hpp"
#include "patterns/script.hpp"

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>

namespace mahavishnu {

namespace {

result<script_request> request_for(const script_call& call, const concurrent_options& how) {
  auto found = find_script(call);
  if (!found)
    return found.error();
  if (found->argv.size() < 2 || std::filesystem::path{found->argv[1]}.extension() != ".py")
    return error{errc::unsupported, "'" + call.script +
                                        "' is no Python script, and only these share "
                                        "interpreters; use the pattern simple or concurrent"};
  script_request made;
  made.script = found->argv[1];
  made.arguments.assign(found->argv.begin() + 2, found->argv.end());
  made.working_directory = how.cwd.empty() ? found->folder : how.cwd;
  made.environment.assign(how.environment.begin(), how.environment.end());
  made.output_limit = how.output_limit;
  made.timeout = how.timeout;
  return made;
}

/// The tasks of one call: no more of them are given to the pool than may run at a time.
class pooled_tasks {
public:
  pooled_tasks(const concurrent_options& how, interpreter_pool& pool)
      : how_(how), pool_(pool), results_(how.tasks.size()) {}

  std::vector<module_result> run() {
    std::vector<module_result> all;
    std::stop_callback when_cancelled{how_.cancel, [this] { cancel(); }};
    for (std::size_t i = 0; i < how_.tasks.size(); ++i) {
      start_until(i);
      auto next = wait_for(i);
      if (how_.on_result)
        how_.on_result(next);
      else
        all.push_back(std::move(next));
    }
    return all;
  }

  /// Whatever happens, nothing of this call is left in the pool: its ends come here.
  ~pooled_tasks() {
    cancel();
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return in_pool_.empty(); });
  }

private:
  /// Gives tasks to the pool as long as there is room and until that one has come to its turn.
  void start_until(std::size_t wanted) {
    for (;;) {
      std::size_t index = 0;
      {
        std::unique_lock lock{mutex_};
        changed_.wait(lock,
                      [&] { return in_pool_.size() < how_.max_concurrent || next_ > wanted; });
        if (in_pool_.size() >= how_.max_concurrent || next_ == how_.tasks.size())
          return;
        index = next_++;
        in_pool_[index] = 0;
      }
      start(index);
    }
  }

  void start(std::size_t index) {
    auto request = request_for(how_.tasks[index], how_);
    if (!request)
      return note_failure(index, request.error());
    if (how_.cancel.stop_requested())
      return note_failure(index, {errc::cancelled, "cancelled before it began"});
    auto number = pool_.run(std::move(*request), [this, index](script_outcome ended) {
      note(index, result_of(index, std::move(ended)));
    });
    if (!number)
      return note_failure(index, number.error());
    {
      std::lock_guard guard{mutex_};
      if (auto found = in_pool_.find(index); found != in_pool_.end())
        found->second = *number;
    }
    if (how_.cancel.stop_requested()) // it may have come before the number was known
      pool_.cancel(*number);
  }

  module_result named(std::size_t index) const {
    module_result made;
    made.index = index;
    made.module_id = stem_of(how_.tasks[index].script);
    return made;
  }

  void note_failure(std::size_t index, const error& why) {
    auto failed = named(index);
    failed.error = why.message;
    note(index, std::move(failed));
  }

  module_result result_of(std::size_t index, script_outcome ended) const {
    auto made = named(index);
    auto& exit = ended.exit;
    made.standard_output = std::move(exit.standard_output);
    made.standard_error = std::move(exit.standard_error);
    made.output_truncated = exit.output_truncated;
    made.error_truncated = exit.error_truncated;
    if (exit.failure) {
      made.error = exit.failure->message;
      return made;
    }
    made.exit_code = exit.exit_code;
    made.success = exit.exit_code == 0 && !ended.timed_out && !ended.cancelled;
    if (ended.timed_out)
      made.error = "timed out after " + seconds_text(how_.timeout);
    else if (ended.cancelled)
      made.error = "cancelled";
    else
      made.error = words_for_exit(exit.exit_code);
    return made;
  }

  void note(std::size_t index, module_result ended) {
    std::lock_guard guard{mutex_};
    results_[index] = std::move(ended);
    in_pool_.erase(index);
    changed_.notify_all();
  }

  module_result wait_for(std::size_t index) {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return results_[index].has_value(); });
    return std::move(*std::exchange(results_[index], std::nullopt));
  }

  void cancel() {
    std::vector<interpreter_pool::run_number> running;
    {
      std::lock_guard guard{mutex_};
      for (const auto& [index, number] : in_pool_)
        running.push_back(number);
    }
    for (auto number : running)
      pool_.cancel(number);
  }

  const concurrent_options& how_;
  interpreter_pool& pool_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t next_ = 0;
  /// By the place of the task; 0 until the pool has said its number.
  std::map<std::size_t, interpreter_pool::run_number> in_pool_;
  std::deque<std::optional<module_result>> results_;
};

} // namespace

result<std::unique_ptr<shared_interpreters>>
shared_interpreters::open(std::size_t most_interpreters) {
  auto runner = exec::local_runner::open();
  if (!runner)
    return runner.error();
  interpreter_pool_options options;
  options.most_interpreters = most_interpreters;
  auto pool = interpreter_pool::open(**runner, options);
  if (!pool)
    return pool.error();
  return std::unique_ptr<shared_interpreters>{
      new shared_interpreters{std::move(*runner), std::move(*pool)}};
}

result<std::vector<module_result>> shared_interpreters::run(const concurrent_options& how) {
  if (how.max_concurrent == 0)
    return error{errc::invalid_argument, "no task could run: at least one has to run at a time"};
  return pooled_tasks{how, *pool_}.run();
}

} // namespace mahavishnu
