// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/config/settings.hpp"

#include <filesystem>

namespace mahavishnu::cli {

/// What an invocation is about.
struct instance {
  config::settings settings;
  std::filesystem::path state_directory;
};

} // namespace mahavishnu::cli
