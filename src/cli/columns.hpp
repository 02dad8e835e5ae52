// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// How much room text takes on a terminal. All of it is valid UTF-8 without control characters,
/// as `harmless` leaves it.
namespace mahavishnu::cli {

/// Wide characters take two columns, and those that join the one before them none.
std::size_t columns_of(std::string_view text);

/// What is left when so many columns are taken away from the front.
std::string_view behind(std::string_view text, std::size_t columns);

/// As much as fits, without a mark.
std::string_view within(std::string_view text, std::size_t columns);

/// As much as fits, with `..` where something is left out: at the end, or at the front.
std::string cut_end(std::string_view text, std::size_t columns);
std::string cut_front(std::string_view text, std::size_t columns);

/// With spaces, to so many columns.
std::string padded(std::string text, std::size_t columns, bool to_the_right = false);

/// The same with `?` for all that is no ASCII, for terminals that know nothing else.
std::string in_ascii(std::string_view text);

} // namespace mahavishnu::cli
