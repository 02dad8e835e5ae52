// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/patterns/run.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace mahavishnu {

/// A run as `run.json` and `-o json` have it; what is not known is null.
nlohmann::ordered_json to_json(const run_record& run);

/// Reads the text of a `run.json`. Unknown fields are left alone, so that a newer version can add
/// some.
result<run_record> run_from_json(const std::string& text);

} // namespace mahavishnu
