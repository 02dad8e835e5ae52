// SPDX-License-Identifier: MIT
#include "base/id_source.hpp"

namespace mahavishnu {

namespace {

std::string hex8(std::uint64_t bits) {
  std::string text;
  for (int shift = 28; shift >= 0; shift -= 4)
    text += "0123456789abcdef"[bits >> shift & 15];
  return text;
}

} // namespace

pool_id id_source::next_pool() {
  return pool_id{"pool_" + hex8(random_())};
}

worker_id id_source::next_worker() {
  return worker_id{"worker_" + hex8(random_())};
}

batch_id id_source::next_batch() {
  return batch_id{"batch_" + hex8(random_())};
}

task_id id_source::next_tasks(std::uint64_t count) {
  auto since = clock_->now().time_since_epoch();
  auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
  auto now = static_cast<std::uint64_t>(ms);
  // In the same millisecond (or when the clock went back) we count on, so that ids sort by age.
  auto first = last_task_.high() >> task_id::bits_below_time >= now
                   ? last_task_.after(1 + (random_() & 0xffff))
                   : task_id{now << task_id::bits_below_time | (random_() & 0x7fff), random_()};
  last_task_ = first.after(count - 1);
  return first;
}

} // namespace mahavishnu
