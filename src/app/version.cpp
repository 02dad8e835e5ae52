// SPDX-License-Identifier: MIT
#include "mahavishnu/app/embedded.hpp"

const char* mahavishnu::version() {
  return MAHAVISHNU_VERSION;
}
