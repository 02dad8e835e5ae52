// SPDX-License-Identifier: MIT
#include "exec/run_state.hpp"

#include <algorithm>

namespace mahavishnu::exec {

bool is_run_name(std::string_view name) {
  return !name.empty() && name.size() <= 100 && name.front() != '.' &&
         std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '_' || c == '-';
         });
}

} // namespace mahavishnu::exec
