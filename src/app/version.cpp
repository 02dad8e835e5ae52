// SPDX-License-Identifier: MIT
#include "mahavishnu/app/orchestrator.hpp"

const char* mahavishnu::version() {
  return MAHAVISHNU_VERSION;
}
