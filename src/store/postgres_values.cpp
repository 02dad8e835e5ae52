// SPDX-License-Identifier: MIT
#include "store/postgres_values.hpp"

#include "store/task_key.hpp"

#include <concepts>

namespace mahavishnu::store {

namespace {

/// The highest byte first, as everything that PostgreSQL says.
template <std::integral Number>
void put(std::string& to, Number value) {
  for (std::size_t i = sizeof(Number); i-- > 0;)
    to += static_cast<char>(static_cast<std::uint64_t>(value) >> 8 * i & 0xFF);
}

template <std::integral Number>
void put_sized(std::string& to, Number value) {
  put(to, static_cast<std::uint32_t>(sizeof(Number)));
  put(to, value);
}

} // namespace

void postgres_array::add(bool value) {
  ++count_;
  put_sized(elements_, static_cast<std::uint8_t>(value));
}
void postgres_array::add(std::int16_t value) {
  ++count_;
  put_sized(elements_, value);
}
void postgres_array::add(std::int32_t value) {
  ++count_;
  put_sized(elements_, value);
}
void postgres_array::add(std::int64_t value) {
  ++count_;
  put_sized(elements_, value);
}
void postgres_array::add(std::string_view value) {
  ++count_;
  put(elements_, static_cast<std::uint32_t>(value.size()));
  elements_ += value;
}
void postgres_array::add(const task_id& value) {
  add(task_key{value}.bytes());
}
void postgres_array::add_null() {
  ++count_;
  has_null_ = true;
  put(elements_, std::int32_t{-1});
}

std::string postgres_array::take() {
  std::string made;
  made.reserve(20 + elements_.size());
  put(made, std::uint32_t{count_ > 0 ? 1u : 0u}); // dimensions
  put(made, std::uint32_t{has_null_});
  put(made, static_cast<std::uint32_t>(type_));
  if (count_ > 0) {
    put(made, count_);
    put(made, std::uint32_t{1}); // where it begins to count
  }
  made += elements_;
  *this = postgres_array{type_};
  return made;
}

void postgres_values::add(std::int64_t value) {
  put(values_.emplace_back(), value);
}

void postgres_values::add(const task_id& value) {
  values_.emplace_back(task_key{value}.bytes());
}

std::vector<const char*> postgres_values::pointers() const {
  std::vector<const char*> all;
  for (const auto& each : values_)
    all.push_back(each.data());
  return all;
}

std::vector<int> postgres_values::lengths() const {
  std::vector<int> all;
  for (const auto& each : values_)
    all.push_back(static_cast<int>(each.size()));
  return all;
}

} // namespace mahavishnu::store
