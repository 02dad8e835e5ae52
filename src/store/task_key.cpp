// SPDX-License-Identifier: MIT
#include "store/task_key.hpp"

#include "base/checksum.hpp"

namespace mahavishnu::store {

task_key::task_key(const task_id& task) {
  for (std::size_t i = 0; i < 8; ++i) {
    bytes_[i] = static_cast<char>(task.high() >> (56 - 8 * i) & 0xFF);
    bytes_[8 + i] = static_cast<char>(task.low() >> (56 - 8 * i) & 0xFF);
  }
}

std::optional<task_id> task_key::read(std::string_view bytes) {
  if (bytes.size() != 16)
    return std::nullopt;
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    high = high << 8 | static_cast<unsigned char>(bytes[i]);
    low = low << 8 | static_cast<unsigned char>(bytes[8 + i]);
  }
  return task_id{high, low};
}

namespace {

std::uint64_t scattered(std::uint64_t high, std::uint64_t low) {
  auto mix = [](std::uint64_t value) {
    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9u;
    value = (value ^ value >> 27) * 0x94d049bb133111ebu;
    return value ^ value >> 31;
  };
  return mix(mix(high + 0x9e3779b97f4a7c15u) ^ low);
}

} // namespace

std::uint64_t task_mark(const task_id& task) {
  return scattered(task.high(), task.low());
}

std::uint64_t pool_mark(const pool_id& pool) {
  checksum sum;
  sum.add(pool.value);
  return scattered(sum.value(), pool.value.size());
}

} // namespace mahavishnu::store
