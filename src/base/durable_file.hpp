// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/error.hpp"

#include <filesystem>
#include <string_view>

namespace mahavishnu {

/// Gives a file this content for good: whoever reads it sees the old or the new one and never a
/// part, also after a power cut. The file is ours alone.
result<void> replace_file(const std::filesystem::path& file, std::string_view text);

/// The bytes of a file, or the entries of a directory, are on disk when it returns.
result<void> sync_to_disk(const std::filesystem::path& path);

/// Takes a file away, for good when it returns. One that is not there is fine.
result<void> remove_file(const std::filesystem::path& file);

} // namespace mahavishnu
