// SPDX-License-Identifier: MIT
#include "cli/each/plan.hpp"

#include <poll.h>

namespace mahavishnu::cli::each {

namespace {

/// Jobs in a row that were done before, until something else has its turn.
constexpr std::uint64_t most_skipped = 100'000;

} // namespace

result<numbered_jobs> numbered_jobs::open(const each_plan& plan) {
  numbered_jobs jobs;
  jobs.input_ = plan.input;
  jobs.command_ = plan.command;
  jobs.before_ = done_jobs{plan.resume_failed};
  if (plan.resume || plan.resume_failed)
    if (auto good = jobs.before_.read(plan.joblog); !good)
      return good.error();
  return jobs;
}

result<taken<numbered_job>> numbered_jobs::take(std::uint64_t slot) {
  using job = taken<numbered_job>;
  waits_ = false;
  for (std::uint64_t skipped = 0; skipped < most_skipped; ++skipped) {
    auto arguments = input_->take();
    if (!arguments)
      return arguments.error();
    if (!*arguments) {
      waits_ = arguments->state == taken<value_list>::how::later;
      return waits_ ? job::later() : job{};
    }
    auto seq = ++seq_;
    if (before_.contains(seq)) {
      ++skipped_;
      continue;
    }
    for (const auto& each : arguments->value)
      if (each.find('\0') != std::string::npos)
        return error{errc::invalid_argument,
                     "an argument of job " + std::to_string(seq) +
                         " contains a zero byte, which no command can; give -0 if arguments end "
                         "with it"};
    job_values values{seq, slot, std::move(arguments->value)};
    auto command = command_.command_line(values);
    return job::of({seq, std::move(values.arguments), std::move(command)});
  }
  return job::later();
}

void numbered_jobs::wait() const {
  pollfd watched{descriptor(), POLLIN, 0};
  if (watched.fd >= 0)
    ::poll(&watched, 1, -1);
}

} // namespace mahavishnu::cli::each
