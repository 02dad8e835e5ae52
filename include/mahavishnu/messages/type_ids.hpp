// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/messages/fwd.hpp"

#include <caf/type_id.hpp>

// Every type that travels between actors. A type is known on the wire by its name, so renaming one
// breaks the wire; add a new message instead of changing an old one.
CAF_BEGIN_TYPE_ID_BLOCK(mahavishnu, first_custom_type_id)

// tasks
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::execute_task))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::cancel_task))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::task_result))

// pools
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::spawn_pool))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::pool_spawned))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::describe_pool))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::pool_info))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::list_pools))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::pool_list))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::execute_on_pool))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::route_task))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::close_pool))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::pool_closed))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::close_all_pools))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::pools_closed))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::task_left_pool))

// the server
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::get_status))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::server_status))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::shut_down))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::server_stopping))

CAF_END_TYPE_ID_BLOCK(mahavishnu)
