// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/config/load.hpp"

#include <set>
#include <string>
#include <vector>

namespace mahavishnu::config {

/// Everything that is wrong although each value is good for itself. A rule says nothing about a
/// setting in `bad`, whose value is only the one of a lower layer.
std::vector<problem> check_rules(const settings& all, const std::set<row_index>& bad);

/// What a user should know about settings that are right.
std::vector<std::string> advice(const settings& all);

} // namespace mahavishnu::config
