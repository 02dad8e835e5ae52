// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/error.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace mahavishnu::auth {

/// Of a secret for HS256.
inline constexpr std::size_t shortest_secret = 32;

/// Whether HS256 may be done with it; the error says what is wrong and how to make another one.
result<void> check_secret(std::string_view secret);

/// A new secret of 64 letters, digits, `-` and `_`, from the random source of the kernel.
result<std::string> make_secret();

} // namespace mahavishnu::auth
