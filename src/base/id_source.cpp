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

/// Crockford's alphabet: no letter looks like a digit, and it sorts like its values.
void append_base32(std::string& text, std::uint64_t bits, int digits) {
  for (int shift = 5 * (digits - 1); shift >= 0; shift -= 5)
    text += "0123456789abcdefghjkmnpqrstvwxyz"[bits >> shift & 31];
}

} // namespace

pool_id id_source::next_pool() {
  return pool_id{"pool_" + hex8(random_())};
}

worker_id id_source::next_worker() {
  return worker_id{"worker_" + hex8(random_())};
}

task_id id_source::next_task() {
  auto since = clock_->now().time_since_epoch();
  auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
  std::string text = "task_";
  append_base32(text, static_cast<std::uint64_t>(ms), 10); // 50 bits: good until the year 37,000
  append_base32(text, random_(), 8);
  append_base32(text, random_(), 8);
  return task_id{std::move(text)};
}

} // namespace mahavishnu
