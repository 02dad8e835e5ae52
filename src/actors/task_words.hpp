// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/messages/task.hpp"

#include <string>

namespace mahavishnu {

/// In the metadata of a task that does again what another one was to do: that one.
inline constexpr const char* retry_of = "retry_of";

/// The first characters of what a task runs, for a list.
std::string first_words(const task_spec& spec);

/// Says in the first step of the history how the task found its pool.
void explain_route(task_info& about);

} // namespace mahavishnu
