// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/error.hpp"

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mahavishnu::auth {

/// What a caller may do.
enum class scope : std::uint8_t {
  /// Look at everything.
  read = 1,
  /// Change what there is; implies read.
  write = 2,
  /// Run something; implies read.
  execute = 4,
  /// All of it.
  admin = 8,
};

/// In the order in which they are always written.
inline constexpr std::array all_scopes{scope::read, scope::write, scope::execute, scope::admin};

std::string_view to_string(scope one);

/// The scope of that name. Names are exact: `Read` is none.
std::optional<scope> scope_of(std::string_view name);

/// Scopes as somebody has given them, and what follows from them.
class scope_set {
public:
  constexpr scope_set() = default;
  constexpr scope_set(scope one) : bits_(bit(one)) {} // NOLINT: one scope is a set as well
  constexpr scope_set(std::initializer_list<scope> some) {
    for (auto each : some)
      add(each);
  }

  /// Names with commas or spaces between them; a name that is none is an error.
  static result<scope_set> parse(std::string_view text);

  constexpr void add(scope one) { bits_ |= bit(one); }
  constexpr void add(scope_set more) { bits_ |= more.bits_; }

  constexpr bool empty() const { return bits_ == 0; }
  /// As it was given, without what follows from broader ones.
  constexpr bool has(scope one) const { return (bits_ & bit(one)) != 0; }

  /// With every narrower scope that a broader one implies.
  constexpr scope_set implied() const {
    if (has(scope::admin))
      return {scope::read, scope::write, scope::execute, scope::admin};
    auto all = *this;
    if (has(scope::write) || has(scope::execute))
      all.add(scope::read);
    return all;
  }

  /// Whether who has these may do what needs those.
  constexpr bool covers(scope_set needed) const {
    return (implied().bits_ & needed.bits_) == needed.bits_;
  }

  /// In the fixed order.
  std::vector<std::string_view> names() const;
  /// `read execute`: in the fixed order with spaces between, as `WWW-Authenticate` has it.
  std::string text() const;

  friend constexpr bool operator==(scope_set, scope_set) = default;

private:
  static constexpr std::uint8_t bit(scope one) { return static_cast<std::uint8_t>(one); }

  std::uint8_t bits_ = 0;
};

} // namespace mahavishnu::auth
