// SPDX-License-Identifier: MIT
#pragma once

// Wrong on purpose: the layer check must find this.
#include "config/innocent.hpp"
