// SPDX-License-Identifier: MIT
#pragma once

#include "cli/each/joblog.hpp"
#include "mahavishnu/messages/task.hpp"

#include <chrono>

namespace mahavishnu::cli::each {

/// Exit code and signal as GNU parallel has them: one of the two is 0, and -1 says that no process
/// ran to its end.
struct job_exit {
  int code = 0;
  int signal = 0;

  bool is_good() const { return code == 0 && signal == 0; }
  friend bool operator==(const job_exit&, const job_exit&) = default;
};
job_exit job_exit_of(const task_result& how);

/// Whether it never became a task: nobody has run it, and it may be sent again.
bool was_refused(const task_result& how);

joblog_line joblog_line_of(std::uint64_t seq, std::string command, const task_result& how,
                           std::chrono::system_clock::time_point ended);

/// A key of the task of a job: the same for the same work in the same joblog, so that whoever asks
/// a second time gets the answer of the first one.
/// @param cancelled how often that answer was that an earlier run has cancelled it
std::string job_key(const std::string& id, std::uint64_t seq, std::uint32_t tries,
                    const task_spec& spec, std::uint32_t cancelled = 0);

} // namespace mahavishnu::cli::each
