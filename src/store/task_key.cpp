// SPDX-License-Identifier: MIT
#include "store/task_key.hpp"

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

std::uint64_t task_mark(const task_id& task) {
  auto mix = [](std::uint64_t value) {
    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9u;
    value = (value ^ value >> 27) * 0x94d049bb133111ebu;
    return value ^ value >> 31;
  };
  return mix(mix(task.high() + 0x9e3779b97f4a7c15u) ^ task.low());
}

} // namespace mahavishnu::store
