// SPDX-License-Identifier: MIT
#pragma once

#include <compare>
#include <functional>
#include <string>
#include <utility>

namespace mahavishnu {

/// An id that cannot be mistaken for an id of another kind, nor for any other text.
template <class Kind>
struct id {
  std::string value;

  id() = default;
  explicit id(std::string text) : value(std::move(text)) {}

  bool empty() const { return value.empty(); }

  friend bool operator==(const id&, const id&) = default;
  friend auto operator<=>(const id&, const id&) = default;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, id& x) {
    return f(x.value);
  }
};

/// `pool_` and 8 hex digits.
using pool_id = id<struct pool_kind>;
/// `worker_` and 8 hex digits.
using worker_id = id<struct worker_kind>;
/// `task_` and 26 characters that sort by the time of submission.
using task_id = id<struct task_kind>;

} // namespace mahavishnu

template <class Kind>
struct std::hash<mahavishnu::id<Kind>> {
  std::size_t operator()(const mahavishnu::id<Kind>& x) const noexcept {
    return std::hash<std::string>{}(x.value);
  }
};
