// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/ids.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mahavishnu::store {

/// A type that arrays are made of, by the number that it has in every PostgreSQL.
enum class postgres_type : std::uint32_t {
  boolean = 16,
  bytea = 17,
  int8 = 20,
  int2 = 21,
  int4 = 23,
  uuid = 2950,
};

/// An array of one dimension as it goes over the wire.
class postgres_array {
public:
  explicit postgres_array(postgres_type type) : type_(type) {}

  void add(bool value);
  void add(std::int16_t value);
  void add(std::int32_t value);
  void add(std::int64_t value);
  void add(std::string_view value);
  void add(const task_id& value);
  void add_null();
  template <class Value>
  void add(const std::optional<Value>& value) {
    if (value)
      add(*value);
    else
      add_null();
  }

  std::size_t bytes() const { return elements_.size(); }
  std::string take();

private:
  postgres_type type_;
  std::uint32_t count_ = 0;
  bool has_null_ = false;
  std::string elements_;
};

/// The parameters of one statement, in order and in binary. Their types are those that the
/// statement says.
class postgres_values {
public:
  template <class... Value>
  static postgres_values of(Value&&... values) {
    postgres_values made;
    (made.add(std::forward<Value>(values)), ...);
    return made;
  }

  void add(std::int64_t value);
  void add(std::string_view value) { values_.emplace_back(value); }
  void add(const task_id& value);
  void add(postgres_array&& value) { values_.push_back(value.take()); }

  std::size_t size() const { return values_.size(); }
  std::vector<const char*> pointers() const;
  std::vector<int> lengths() const;

private:
  std::vector<std::string> values_;
};

} // namespace mahavishnu::store
