// SPDX-License-Identifier: MIT
#include "exec/output_ring.hpp"

#include <algorithm>

namespace mahavishnu::exec {

output_ring::output_ring(std::size_t capacity, std::uint64_t first)
    : capacity_(capacity), end_(first) {}

void output_ring::append(std::string_view bytes) {
  end_ += bytes.size();
  if (bytes.size() >= capacity_) {
    kept_.assign(bytes.substr(bytes.size() - capacity_));
    start_ = 0;
    return;
  }
  auto to_grow = std::min(bytes.size(), capacity_ - kept_.size());
  if (auto wanted = kept_.size() + to_grow; wanted > kept_.capacity())
    kept_.reserve(std::min(capacity_, std::max(wanted, 2 * kept_.capacity())));
  kept_.append(bytes.substr(0, to_grow));
  bytes.remove_prefix(to_grow);
  while (!bytes.empty()) {
    auto count = std::min(bytes.size(), kept_.size() - start_);
    bytes.copy(kept_.data() + start_, count);
    start_ = (start_ + count) % kept_.size();
    bytes.remove_prefix(count);
  }
}

output_ring::part output_ring::read(std::uint64_t offset, std::size_t most) const {
  part found;
  found.offset = std::max(offset, begin());
  if (found.offset >= end_) {
    found.missed = found.offset - offset;
    return found;
  }
  found.missed = found.offset - offset;
  auto count = static_cast<std::size_t>(std::min<std::uint64_t>(end_ - found.offset, most));
  auto from = (start_ + static_cast<std::size_t>(found.offset - begin())) % kept_.size();
  auto to_edge = std::min(count, kept_.size() - from);
  found.bytes.reserve(count);
  found.bytes.append(kept_, from, to_edge);
  found.bytes.append(kept_, 0, count - to_edge);
  return found;
}

} // namespace mahavishnu::exec
