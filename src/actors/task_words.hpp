// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/messages/task.hpp"

#include <string>

namespace mahavishnu {

/// The first characters of what a task runs, for a list.
std::string first_words(const task_spec& spec);

/// Says in the first step of the history how the task found its pool.
void explain_route(task_info& about);

} // namespace mahavishnu
