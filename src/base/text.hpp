// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace mahavishnu {

/// Edits (insert, delete, replace, swap of neighbours) from one word to the other.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The candidate that somebody who typed `word` most likely meant; nothing when none is close.
std::optional<std::string_view> nearest(std::string_view word,
                                        std::span<const std::string_view> candidates);

/// Offset of the first byte that is not part of valid UTF-8, if there is one.
std::optional<std::size_t> first_invalid_utf8(std::string_view bytes);

/// At most so many bytes of valid UTF-8, and no part of a character.
std::string_view first_bytes(std::string_view text, std::size_t most);

/// As people write it: "1.5 s".
std::string seconds_text(std::chrono::milliseconds time);

/// `text` in lower or upper case; ASCII only.
std::string to_lower(std::string_view text);
std::string to_upper(std::string_view text);

} // namespace mahavishnu
