// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/messages/batch.hpp"
#include "mahavishnu/messages/bus.hpp"
#include "mahavishnu/messages/mcp.hpp"
#include "mahavishnu/messages/memory.hpp"
#include "mahavishnu/messages/output.hpp"
#include "mahavishnu/messages/periodic.hpp"
#include "mahavishnu/messages/pool.hpp"
#include "mahavishnu/messages/retry.hpp"
#include "mahavishnu/messages/server.hpp"
#include "mahavishnu/messages/task.hpp"
#include "mahavishnu/messages/terminal.hpp"
#include "mahavishnu/messages/type_ids.hpp"
#include "mahavishnu/messages/worker.hpp"
