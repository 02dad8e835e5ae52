// SPDX-License-Identifier: MIT
#pragma once

#include "cli/each/halt.hpp"
#include "cli/each/job_template.hpp"
#include "cli/each/joblog.hpp"
#include "cli/each/words.hpp"
#include "mahavishnu/messages/task.hpp"

#include <chrono>
#include <memory>

namespace mahavishnu::cli::each {

/// Where jobs run.
struct job_place {
  std::string pool;
  std::string selector;
  std::string affinity;
};

/// What has to be done, read from the command line.
struct each_plan {
  std::shared_ptr<job_input> input;
  job_template command;
  /// The arguments are the command.
  bool is_script = false;
  std::optional<job_template> tag;
  /// Of every job, but for its script.
  task_spec spec;
  /// At a time; none: as many as there are workers.
  std::optional<std::size_t> jobs;
  job_place where;
  /// A selector finds a pool for each job; else, without a pool, one is made for this command.
  bool is_routed = false;
  bool keep_order = false;
  std::string joblog;
  bool adds_to_joblog = false;
  bool resume = false;
  bool resume_failed = false;
  halt_policy halt;
  std::chrono::milliseconds delay{0};
  bool with_bar = false;
  double reconnect = 30;
};

struct numbered_job {
  std::uint64_t seq = 0;
  value_list arguments;
  /// As the joblog and --dry-run have it.
  std::string command;
};

/// The jobs that are left to do.
class numbered_jobs {
public:
  /// Reads the joblog, if it is asked for.
  static result<numbered_jobs> open(const each_plan& plan);

  /// `later` also when many jobs in a row were done already, so that something else has its turn.
  result<taken<numbered_job>> take(std::uint64_t slot = 1);
  /// What `take` waits for, for poll(2); -1 when it need not wait.
  int descriptor() const { return waits_ ? input_->descriptor() : -1; }
  void wait() const;

  const done_jobs& before() const { return before_; }
  std::uint64_t skipped() const { return skipped_; }

private:
  std::shared_ptr<job_input> input_;
  job_template command_;
  done_jobs before_;
  std::uint64_t seq_ = 0;
  std::uint64_t skipped_ = 0;
  bool waits_ = false;
};

} // namespace mahavishnu::cli::each
