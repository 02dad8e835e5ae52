// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/error.hpp"
#include "mahavishnu/config/load.hpp"

#include <string>
#include <string_view>

namespace mahavishnu::config {

/// True if a text holds a reference, or the `$${` that stands for a literal `${`.
bool has_reference(std::string_view text);

/// A text in which each `${VAR}` and `${VAR:-default}` has become the value of the variable.
/// Errors name the variable, never a value.
result<std::string> substitute(std::string_view text, const environment& variables);

} // namespace mahavishnu::config
