// SPDX-License-Identifier: MIT
#pragma once

#include "cli/session.hpp"

namespace mahavishnu::cli {

/// The id of the task that an id, or its beginning, names.
result<task_id> find_task(session& server, const std::string& text);

/// The id of the pool that a name, an id, or the beginning of one, names. Where something is to be
/// changed, the beginning of a name is not enough: the pool that had that name may have gone, and
/// another one begin with it.
enum class beginnings { of_ids, of_names_too };
result<std::string> find_pool(session& server, const std::string& text,
                              beginnings accepted = beginnings::of_names_too);

/// Whether an error says that there is no such thing, and not that it could not be looked for.
bool names_nothing(const error& why);

/// The id of the terminal that an id, or its beginning, names.
result<std::string> find_terminal(session& server, const std::string& text);

} // namespace mahavishnu::cli
