// SPDX-License-Identifier: MIT
#pragma once

#include "config/worker_type_fields.hpp"
#include "mahavishnu/config/load.hpp"

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace mahavishnu::config {

/// True for 1 to 64 letters, digits, '.', '_' and '-', the last of which cannot be the first.
bool is_worker_type_name(std::string_view name);

/// What is wrong with a value that has the right kind, to stand after the key: "must ...". Never
/// holds the value of a variable, which may be a secret.
std::optional<std::string> check_content(content wanted, const value& given);

/// Everything that is wrong with worker types although each field is good for itself; nothing
/// about those in `bad`, which are not known completely.
std::vector<problem> check_worker_types(const std::vector<worker_type_entry>& all,
                                        const std::set<std::string>& bad);

} // namespace mahavishnu::config
