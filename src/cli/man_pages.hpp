// SPDX-License-Identifier: MIT
#pragma once

#include "cli/command_page.hpp"

namespace mahavishnu::cli {

struct man_page {
  /// `mahavishnu-pool.1`
  std::string file;
  std::string text;
};

/// One of the program, and one of each command below it with all that is below that.
std::vector<man_page> render_man_pages(const command_page& program, const std::string& version);

} // namespace mahavishnu::cli
