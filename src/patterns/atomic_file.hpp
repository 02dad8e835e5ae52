// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/error.hpp"

#include <filesystem>
#include <string_view>

namespace mahavishnu {

/// Puts the text in the place of a file: whoever reads, and whoever comes after a crash, finds the
/// old text or the new one, whole. Only its owner may read it.
result<void> replace_file(const std::filesystem::path& path, std::string_view text);

/// Takes a file away, for good when it returns.
result<void> remove_file(const std::filesystem::path& path);

} // namespace mahavishnu
