// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/messages/bus.hpp"

#include <cstdint>

namespace mahavishnu {

/// A set of notice types, one bit each.
using notice_mask = std::uint32_t;

constexpr notice_mask mask_of(notice_type type) {
  return notice_mask{1} << static_cast<unsigned>(type);
}

inline constexpr notice_mask every_notice =
    (notice_mask{1} << enum_names<notice_type>::values.size()) - 1;

} // namespace mahavishnu
