// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/messages/task.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace mahavishnu::cli::each {

struct job_task {
  std::uint64_t seq = 0;
  shared_spec spec;
};

/// About what a job takes in a message.
inline std::size_t size_in_message(const task_spec& spec) {
  constexpr std::size_t overhead = 512;
  constexpr std::size_t pair_overhead = 16;
  auto size = overhead + spec.prompt.str().size() + spec.working_directory.size() +
              spec.idempotency_key.size();
  for (const auto* pairs : {&spec.environment, &spec.metadata, &spec.labels})
    for (const auto& [name, value] : *pairs)
      size += pair_overhead + name.size() + value.size();
  return size;
}

/// Jobs that go out together, as many as one message may have.
class job_message {
public:
  /// @param longest that anybody reads
  explicit job_message(std::size_t longest) : longest_(longest) {}

  /// Whether it can be sent at all, by itself or behind others.
  bool may_have(const task_spec& spec) const { return size_in_message(spec) <= longest_ / 2; }

  /// One more still fits before that, whichever it is.
  bool is_full() const {
    return jobs_.size() >= most_jobs || bytes_ >= std::min(most_bytes, longest_ / 4);
  }

  void add(job_task job) {
    bytes_ += size_in_message(*job.spec);
    jobs_.push_back(std::move(job));
  }

  bool empty() const { return jobs_.empty(); }
  std::vector<job_task> take() { return std::move(jobs_); }

private:
  static constexpr std::size_t most_jobs = 500;
  static constexpr std::size_t most_bytes = std::size_t{1} << 20;

  std::size_t longest_;
  std::size_t bytes_ = 0;
  std::vector<job_task> jobs_;
};

} // namespace mahavishnu::cli::each
