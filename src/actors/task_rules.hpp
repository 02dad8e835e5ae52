// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/messages/task.hpp"

namespace mahavishnu {

/// An error that names what cannot be about the task, before anybody runs it.
result<void> check(const task_spec& spec);

} // namespace mahavishnu
