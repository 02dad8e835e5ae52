// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/messages/periodic.hpp"
#include "mahavishnu/patterns/periodic_table.hpp"

namespace mahavishnu {

/// What a message says, as the table takes it. An error names the field.
result<periodic_task> task_of(const add_periodic& wish);

/// The other way; what is known of the run that ended last is left out.
periodic_info info_of(const periodic_table::entry& known);

} // namespace mahavishnu
