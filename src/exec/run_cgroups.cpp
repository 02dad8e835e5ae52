// SPDX-License-Identifier: MIT
#include "exec/run_cgroups.hpp"

#include <chrono>
#include <filesystem>
#include <system_error>
#include <thread>
#include <utility>

namespace mahavishnu::exec {

namespace {

using clock = std::chrono::steady_clock;

/// For all groups together that a dead program has left.
constexpr std::chrono::seconds patience{2};
constexpr std::chrono::milliseconds between_looks{2};

} // namespace

run_cgroups::run_cgroups(std::string prefix, probe look)
    : prefix_(std::move(prefix)), look_(std::move(look)) {}

result<std::unique_ptr<cgroup>> run_cgroups::make(const std::string& run,
                                                  const cgroup_limits& limits, std::string& note) {
  auto without = [&](const error& why) -> result<std::unique_ptr<cgroup>> {
    if (!limits.optional)
      return why;
    note = "it ran without its limits: " + why.message;
    return nullptr;
  };
  if (!support_) {
    auto found = look_();
    if (!found)
      return without(found.error());
    support_ = std::move(*found);
  }
  auto group = cgroup::create(*support_, prefix_ + run, limits);
  if (!group)
    return without(group.error());
  return std::make_unique<cgroup>(std::move(*group));
}

void run_cgroups::end_left() const {
  auto own = own_cgroup();
  if (!own)
    return;
  auto give_up_at = clock::now() + patience;
  std::error_code gone;
  std::filesystem::directory_iterator at{*own, gone};
  for (std::filesystem::directory_iterator end; !gone && at != end; at.increment(gone)) {
    if (!at->path().filename().string().starts_with(prefix_))
      continue;
    auto group = cgroup::open(at->path());
    if (!group)
      continue;
    (void)group->kill();
    while (group->populated() && clock::now() < give_up_at)
      std::this_thread::sleep_for(between_looks);
    (void)group->remove();
  }
}

} // namespace mahavishnu::exec
