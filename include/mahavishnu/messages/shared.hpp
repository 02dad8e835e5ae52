// SPDX-License-Identifier: MIT
#pragma once

#include <caf/error.hpp>
#include <caf/meta/load_callback.hpp>

#include <memory>
#include <utility>

namespace mahavishnu {

/// An immutable value that messages of one process share instead of copying.
template <class T>
class shared {
public:
  shared() = default;
  shared(T value) : value_(std::make_shared<const T>(std::move(value))) {}

  const T& operator*() const {
    static const T nothing{};
    return value_ ? *value_ : nothing;
  }
  const T* operator->() const { return &**this; }

  friend bool operator==(const shared& a, const shared& b) {
    return a.value_ == b.value_ || *a == *b;
  }

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, shared& x) {
    if constexpr (Inspector::reads_state) {
      return f(const_cast<T&>(*x)); // inspectors that read do not write
    } else {
      auto loaded = std::make_shared<T>();
      return f(*loaded, caf::meta::load_callback([&] {
        x.value_ = std::move(loaded);
        return caf::error{};
      }));
    }
  }

private:
  std::shared_ptr<const T> value_;
};

} // namespace mahavishnu
