// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/error.hpp"
#include "store/postgres_result.hpp"

#include <string>
#include <string_view>

namespace mahavishnu::store {

/// "cannot WHAT the journal 'NAME': what PostgreSQL says; the fix".
error postgres_failure(std::string_view what, const std::string& name,
                       const postgres_result& given);

/// The same when no connection came about, with what the library says then.
error connect_failure(const std::string& name, const std::string& said);

std::string in_one_line(std::string text);

} // namespace mahavishnu::store
