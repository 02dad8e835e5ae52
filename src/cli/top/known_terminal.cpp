// SPDX-License-Identifier: MIT
#include "cli/top/known_terminal.hpp"

#include <curses.h>
#include <term.h> // has macros for all that terminals can, and names such as `lines` with them

namespace mahavishnu::cli::top {

bool is_known_terminal(int descriptor) {
  int found = 0;
  if (setupterm(nullptr, descriptor, &found) != OK)
    return false;
  del_curterm(cur_term);
  return true;
}

} // namespace mahavishnu::cli::top
