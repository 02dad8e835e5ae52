// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/error.hpp"

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace mahavishnu::config {

/// No settings file is anywhere near this size; what is larger was not meant to be one.
inline constexpr std::size_t largest_file = 1024 * 1024;

/// The content of a regular file; not_found when there is nothing of that name.
/// Never waits: pipes, devices and directories are refused.
result<std::string> read_file(const std::filesystem::path& file);

/// Replaces a file as a whole or not at all. An existing file keeps its mode, a new one gets
/// `new_mode`; a symbolic link stays, and what it points to is replaced.
std::optional<error> write_file(const std::filesystem::path& file, std::string_view text,
                                mode_t new_mode);

} // namespace mahavishnu::config
