// SPDX-License-Identifier: MIT
#include "cli/each/outcome.hpp"

#include "base/checksum.hpp"

#include <csignal>

namespace mahavishnu::cli::each {

namespace {

constexpr int above_signals = 128;

} // namespace

job_exit job_exit_of(const task_result& how) {
  switch (how.status) {
  case task_status::completed: return {0, 0};
  case task_status::timed_out:
  case task_status::cancelled: return {-1, SIGTERM};
  case task_status::failed: break;
  default: return {-1, 0};
  }
  // A process may also end with such a code by itself.
  if (how.exit_code > above_signals && how.error.starts_with("ended by signal"))
    return {0, how.exit_code - above_signals};
  return {how.exit_code == 0 ? -1 : how.exit_code, 0};
}

bool was_refused(const task_result& how) {
  return how.task.empty() && how.status != task_status::completed;
}

joblog_line joblog_line_of(std::uint64_t seq, std::string command, const task_result& how,
                           std::chrono::system_clock::time_point ended) {
  using seconds = std::chrono::duration<double>;
  joblog_line line;
  line.seq = seq;
  line.runtime = seconds{how.duration}.count();
  line.start = seconds{ended.time_since_epoch()}.count() - line.runtime;
  line.received = how.output.str().size();
  auto exit = job_exit_of(how);
  line.exit_code = exit.code;
  line.signal = exit.signal;
  line.command = std::move(command);
  return line;
}

std::string job_key(const std::string& id, std::uint64_t seq, std::uint32_t tries,
                    const task_spec& spec, std::uint32_t cancelled) {
  checksum all;
  auto add = [&all](std::string_view part) {
    all.add(part);
    all.add({"\0", 1});
  };
  add(spec.prompt.str());
  add(spec.working_directory);
  for (const auto& [name, value] : spec.environment) {
    add(name);
    add(value);
  }
  for (const auto& [name, value] : spec.labels) {
    add(name);
    add(value);
  }
  add(std::to_string(spec.timeout.count()));
  add(std::to_string(spec.retry.max_attempts));
  return "each-" + id + "-" + std::to_string(seq) + "-" + std::to_string(tries) + "-" +
         std::to_string(all.value()) +
         (cancelled == 0 ? std::string{} : "-" + std::to_string(cancelled));
}

} // namespace mahavishnu::cli::each
