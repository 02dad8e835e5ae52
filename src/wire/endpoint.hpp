// SPDX-License-Identifier: MIT
#pragma once

// All that a server or a command needs to speak to the other: `acceptor::start` and `dial`.

#include "wire/acceptor.hpp"
#include "wire/connector.hpp"
