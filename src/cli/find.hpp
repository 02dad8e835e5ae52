// SPDX-License-Identifier: MIT
#pragma once

#include "cli/session.hpp"

namespace mahavishnu::cli {

/// The id of the task that an id, or its beginning, names.
result<task_id> find_task(session& server, const std::string& text);

/// The id of the pool that a name, an id, or the beginning of one, names.
result<std::string> find_pool(session& server, const std::string& text);

/// The id of the terminal that an id, or its beginning, names.
result<std::string> find_terminal(session& server, const std::string& text);

} // namespace mahavishnu::cli
