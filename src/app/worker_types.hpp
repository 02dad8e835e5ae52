// SPDX-License-Identifier: MIT
#pragma once

#include "actors/worker.hpp"
#include "mahavishnu/config/settings.hpp"

namespace mahavishnu {

/// The kinds of workers there are: those that are built in, as the settings change them, and those
/// that the settings add.
worker_types worker_types_of(const config::settings& settings);

} // namespace mahavishnu
