// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/error.hpp"

#include <filesystem>
#include <string>

namespace mahavishnu {

/// The secret in that file, which only its user can read; made when it is not there.
result<std::string> kept_secret(const std::filesystem::path& file);

} // namespace mahavishnu
